"""
A style for each region
=======================

Layers of a recipe are optimized together: a person in one style before a background in another.
"""

from _shared import etching, painting, photo, show

import sfumato

recipe = sfumato.Recipe.from_mapping(
    {
        "version": 1,
        "preset": "draft",
        "layers": [
            {"region": "subject", "styles": [{"image": "<one>"}]},
            {"region": "~subject", "styles": [{"image": "<other>"}]},
        ],
    }
)
portrait = photo("astronaut", 360)
run = sfumato.steps(recipe, portrait, pictures={"<one>": painting(), "<other>": etching()})
for _ in run:
    pass
show(portrait, run.result().array, titles=("photo", "two styles"))
