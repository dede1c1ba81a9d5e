"""Pictures to measure with: research pictures when they lie beside the project, else ones that packages ship."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from sfumato import images, regions
from sfumato.demo import paint

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULTS = Path(__file__).resolve().parent / "results"


def photo_and_style(side: int = 512) -> tuple[Path, Path, Path]:
    """Write photo, mask of its subject and style as files, the photo `side` pixels long; return their paths."""
    from skimage import data

    RESULTS.mkdir(exist_ok=True)
    if SHARED.is_dir():
        photo = images.load(SHARED / "segmentation" / "car.png").rgb()
        style = SHARED / "paintings" / "starry_night.jpg"
    else:
        photo = images.from_array(data.coffee()).rgb()
        style = RESULTS / "style.png"
        images.save(images.from_array(paint(640, 512, seed=3)), style, overwrite=True)
    scale = side / max(photo.shape[:2])
    size = round(photo.shape[1] * scale), round(photo.shape[0] * scale)
    photo = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    paths = RESULTS / f"photo-{side}.png", RESULTS / f"mask-{side}.png", style
    images.save(images.from_array(photo), paths[0], overwrite=True)
    images.save(images.from_array(regions.subject(photo)), paths[1], overwrite=True)
    return paths


def large_photo(height: int, width: int) -> Path:
    """Write a photo of any size, enlarged from one that scikit-image ships, with grain so that it is not flat."""
    from skimage import data

    path = RESULTS / f"large-{width}x{height}.png"
    if not path.exists():
        RESULTS.mkdir(exist_ok=True)
        photo = cv2.resize(data.coffee(), (width, height), interpolation=cv2.INTER_CUBIC)
        grain = np.random.default_rng(0).integers(-8, 9, (height, width, 1), np.int16)
        path.write_bytes(cv2.imencode(".png", (photo + grain).clip(0, 255).astype(np.uint8)[..., ::-1])[1].tobytes())
    return path
