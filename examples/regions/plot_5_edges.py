"""
Edges that follow the photo
===========================

A rough mask is aligned with the photo: by a guided filter (``refine``), or by a dense conditional
random field (``crf``).
"""

from _shared import photo, show

from sfumato import regions

cat = photo("chelsea")
rough = regions.evaluate("feather(ellipse(45%, 55%, 42%, 45%), 6%)", cat)
show(
    rough,
    regions.refine(rough, photo=cat, width=20),
    regions.evaluate("grabcut(ellipse(45%, 55%, 42%, 45%))", cat),
    titles=("rough", "refine", "grabcut"),
)
