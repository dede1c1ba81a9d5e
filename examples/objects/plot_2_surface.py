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
corners = np.array([(0.7, 0.03), (0.9, 0.03), (0.99, 0.45), (0.82, 0.45)]) * (width, height)
result = sfumato.surface(cup, painting(5), corners=[float(value) for value in corners.ravel()], preset="draft")
show(cup, result.array, titles=("photo", "a part of the table"))
