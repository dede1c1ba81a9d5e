"""The strip of pictures at the top of the README: writes docs/images/strip.jpg.

The photos come with scikit-image. Needs the paintings of the research pictures beside the project, the network files,
and the figures and screenshots that are there already::

    python -m experiments.strip
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image
from skimage import data

import sfumato
from experiments.figures import IMAGES, painting

HEIGHT, GAP = 330, 8


def panel(picture: np.ndarray, box: tuple[float, float, float, float] = (0, 0, 1, 1)) -> np.ndarray:
    """Return a part of a picture, by fractions of its left, top, right and bottom, at the height of the strip."""
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    part = picture[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    size = round(part.shape[1] * HEIGHT / part.shape[0]), HEIGHT
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA))


def shown(name: str) -> np.ndarray:
    """Return a picture of the documentation."""
    return np.asarray(Image.open(IMAGES / name).convert("RGB"))


def rows() -> list[list[np.ndarray]]:
    """Return the panels."""
    rocket = sfumato.stylize(data.rocket(), painting("starry_night"), region="click(45%, 20%)")
    portrait = sfumato.stylize(data.astronaut(), painting("grande_jatte"), region="~subject")
    cat = sfumato.stylize(data.chelsea(), painting("starry_night"), region="subject")
    return [
        [panel(rocket.array), panel(portrait.array), panel(cat.array)],
        [
            panel(shown("figure-paste.jpg"), (0.501, 0.068, 0.977, 0.955)),
            panel(shown("figure-photo.jpg"), (0.718, 0.06, 0.99, 0.882)),
            panel(shown("studio-painting.jpg")),
        ],
    ]


def main() -> None:
    """Write the strip."""
    lines = []
    for panels in rows():
        gap = np.full((HEIGHT, GAP, 3), 255, np.uint8)
        lines.append(np.concatenate([part for each in panels for part in (each, gap)][:-1], axis=1))
    width = min(line.shape[1] for line in lines)
    scaled = [cv2.resize(line, (width, round(line.shape[0] * width / line.shape[1]))) for line in lines]
    between = np.full((GAP, width, 3), 255, np.uint8)
    strip = np.concatenate([part for each in scaled for part in (each, between)][:-1])
    Image.fromarray(strip).save(IMAGES / "strip.jpg", quality=88)
    print(f"{IMAGES / 'strip.jpg'}: {strip.shape[1]} x {strip.shape[0]}")


if __name__ == "__main__":
    main()
