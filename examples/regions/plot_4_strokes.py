"""
Strokes
=======

Green strokes on what to keep, red ones on what to drop: here painted by code, usually a picture
file, ``scribble(strokes.png)``.
"""

import cv2
import numpy as np
from _shared import photo, show

from sfumato import regions

cup = photo("coffee")
height, width = cup.shape[:2]
keep, drop = np.zeros((2, height, width), np.float32)
cv2.line(keep, (round(0.35 * width), round(0.3 * height)), (round(0.6 * width), round(0.6 * height)), 1, 3)
cv2.line(drop, (round(0.05 * width), round(0.9 * height)), (round(0.95 * width), round(0.93 * height)), 1, 3)
cv2.line(drop, (round(0.05 * width), round(0.05 * height)), (round(0.08 * width), round(0.8 * height)), 1, 3)
mask = regions.scribble(keep, photo=cup, drop=drop)
marked = cup.copy()
marked[keep > 0], marked[drop > 0] = (0, 255, 0), (255, 0, 0)
show(marked, np.uint8(cup * (0.25 + 0.75 * mask[..., None])), titles=("strokes", "region"))
