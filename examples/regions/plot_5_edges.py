"""
Edges that follow the photo
===========================

A mask of low resolution is aligned with the photo: by a guided filter (``refine``), or by a dense
conditional random field (``crf``).
"""

import cv2
from _shared import photo, show

from sfumato import regions

cup = photo("coffee")
height, width = cup.shape[:2]
small = cv2.resize(regions.subject(cup), (width // 16, height // 16), interpolation=cv2.INTER_AREA)
rough = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
show(rough, regions.refine(rough, photo=cup), regions.crf(rough, photo=cup), titles=("rough", "refine", "crf"))
