"""
A flat surface in perspective
=============================

A surface, given by its four corners, is restyled as seen from the front, and put back.
"""

import numpy as np
from _shared import painting, photo, show

import sfumato

cup = photo("coffee", 360)
height, width = cup.shape[:2]
corners = np.array([(0.02, 0.62), (0.4, 0.98), (0.98, 0.9), (0.75, 0.55)]) * (width, height)
result = sfumato.surface(cup, painting(5), corners=[float(value) for value in corners.ravel()], preset="draft")
show(cup, result.array, titles=("photo", "a part of the table"))
