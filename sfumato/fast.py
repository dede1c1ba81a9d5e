"""Painting of pictures and frames in one pass, with networks that stay in memory.

For use inside a running process, such as a camera, a server or a video. The first frame loads the network; later ones
only run it. Complete recipes, with regions, blends and colors, are run by ``sfumato.stylize(...,
method="fast")``.

>>> import cv2
>>> from sfumato import fast
>>> styler = fast.Styler(cv2.imread("starry_night.jpg")[..., ::-1])  # doctest: +SKIP
>>> camera = cv2.VideoCapture(0)  # doctest: +SKIP
>>> while (frame := camera.read()[1]) is not None:  # doctest: +SKIP
...     cv2.imshow("painted", styler(frame[..., ::-1])[..., ::-1])
...     cv2.waitKey(1)
"""

from sfumato.feedforward import Painter, Styler

__all__ = ["Painter", "Styler"]
