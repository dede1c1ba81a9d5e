"""
Four ways to meet the photo
===========================

A soft edge; a seam where photo and result agree (``mrf``); its convex form (``smooth``); colors
that meet at the edge (``poisson``).
"""

from _shared import painting, photo, show

import sfumato

cup, style = photo("coffee", 300), painting()
blends = ("feather", "mrf", "smooth", "poisson")
region = "ellipse(50%, 45%, 38%, 45%)"
pictures = [sfumato.stylize(cup, style, region=region, preset="draft", blend=blend).array for blend in blends]
show(*pictures, titles=blends, columns=2)
