"""What is lost where a finished network is trained on, whose optimizer starts afresh.

Prints the table of docs/fast.md; needs the network file vgg19, and takes a few minutes::

    python -m experiments.train
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from sfumato import images
from sfumato.demo import paint
from sfumato.errors import SfumatoWarning
from sfumato.feedforward.photos import Photos
from sfumato.feedforward.settings import Settings
from sfumato.feedforward.train import Training

SHIPPED = ("astronaut", "chelsea", "coffee", "rocket", "retina")
BEFORE, AFTER = 300, 240  # steps
BLOCKS = (0, 10, 20, 40, 80, 160, AFTER)
SEEDS = (0, 1, 2)


def excess(photos: Photos, style: np.ndarray, seed: int) -> np.ndarray:
    """Return by how much each step's loss is above that of the same training with its optimizer kept."""
    settings = Settings(steps=BEFORE + AFTER, batch=2, size=64, style_size=96, width=8, seed=seed)
    kept, afresh = (Training({"style": style}, photos, settings) for _ in range(2))
    for record in kept.run():
        if record.step == BEFORE:
            afresh.go_on_from(kept.trained())
    again = [record.loss for record in afresh.run()]
    return np.array(again) / [record.loss for record in kept.records[BEFORE:]] - 1


def main() -> None:
    argparse.ArgumentParser(description="Train a finished network on, and compare.").parse_args()
    warnings.simplefilter("ignore", SfumatoWarning)
    with tempfile.TemporaryDirectory() as folder:
        for name in SHIPPED:
            photo = cv2.resize(getattr(data, name)(), None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
            images.save(images.from_array(photo), Path(folder) / f"{name}.png")
        photos = Photos(folder, 64)
        found = np.array([excess(photos, paint(192, 154), seed) for seed in SEEDS])
    pairs = list(pairwise(BLOCKS))
    print("| step | " + " | ".join(f"{start + 1} to {end}" for start, end in pairs) + " |")
    print("|---|" + "---|" * len(pairs))
    for seed, row in zip(SEEDS, found, strict=True):
        print(f"| seed {seed} | " + " | ".join(f"{row[start:end].mean():+.1%}" for start, end in pairs) + " |")


if __name__ == "__main__":
    main()
