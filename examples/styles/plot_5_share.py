"""
What part of a style a region gets
==================================

As published, a region carries the whole painting; by default it gets what it would get if the whole
photo were restyled.
"""

from _shared import painting, photo, show

import sfumato

portrait, style = photo("astronaut", 320), painting()
pictures = [
    sfumato.stylize(portrait, style, region="subject", preset="draft", style_share=share).array
    for share in ("matched", "whole")
]
show(*pictures, titles=("its share", "the whole style"))
