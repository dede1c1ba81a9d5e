"""Functions and constants that several test modules use; fixtures are in conftest.py."""

import struct
import zlib
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import ndimage

from sfumato import models
from sfumato.compute.device import Machine
from sfumato.errors import ModelError
from sfumato.methods.prepare import HALO
from sfumato.methods.run import METHODS
from sfumato.optimize import region_objective
from sfumato.regions import Face

__all__ = [
    "FAST",
    "OVAL",
    "SHALLOW",
    "box",
    "chunk",
    "drained",
    "evaluated",
    "face_at",
    "files",
    "network_file",
    "noise",
    "objectives_of",
    "prepared",
    "read",
    "same",
    "smooth",
    "texture",
]

#: Options of a run that looks at two shallow layers only.
SHALLOW = {"style_layers": "relu1_1,relu2_1", "content_layer": "relu2_2"}

#: Options of a run that takes a few hundredths of a second.
FAST = {"size": 64, "iterations": "3,2", **SHALLOW}


# ---- pictures


def texture(height, width, seed=0, *, channels=3, depth=8):
    """A smooth random picture with a little noise, as uint8 or uint16 (height, width, channels)."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((height // 8 + 2, width // 8 + 2, channels))
    rows, columns = np.linspace(0, height // 8 + 1, height), np.linspace(0, width // 8 + 1, width)
    top, left = np.minimum(rows.astype(int), height // 8), np.minimum(columns.astype(int), width // 8)
    down, right = (rows - top)[:, None, None], (columns - left)[None, :, None]
    upper = coarse[top][:, left] * (1 - right) + coarse[top][:, left + 1] * right
    lower = coarse[top + 1][:, left] * (1 - right) + coarse[top + 1][:, left + 1] * right
    values = 0.1 + 0.75 * (upper * (1 - down) + lower * down) + 0.1 * rng.random((height, width, channels))
    limit = 2**depth - 1
    return np.rint(values * limit).astype(np.uint8 if depth == 8 else np.uint16)


def smooth(height, width, seed=0, *, blur=3, low=0.2, high=0.8):
    """Blurred noise between two values, and a little fine noise on top, as uint8 (height, width, 3)."""
    rng = np.random.default_rng(seed)
    values = ndimage.gaussian_filter(rng.random((height, width, 3)), (blur, blur, 0), mode="wrap")
    values = low + (high - low) * (values - values.min()) / np.ptp(values) + 0.1 * rng.random(values.shape)
    return np.rint(255 * values).astype(np.uint8)


def noise(height, width, seed=0, *, channels=3, depth=8):
    """Random values, as uint8 or uint16 (height, width, channels)."""
    kind = np.uint8 if depth == 8 else np.uint16
    return np.random.default_rng(seed).integers(0, 2**depth, (height, width, channels), kind)


def read(name):
    """The values of a picture file."""
    with Image.open(name) as image:
        return np.asarray(image)


def files(folder):
    """The content of each file in a folder, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def chunk(kind, data):
    """A chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# ---- faces

#: The outline of MediaPipe's face mesh, from the forehead by the right of the picture to the chin and back.
OVAL = [
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152),
    *(148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
]


def face_at(x, y, radius):
    """A face whose outline is a circle, and whose other points are near its center."""
    points = np.random.default_rng(0).normal((x, y), radius / 10, (468, 2))
    turn = np.linspace(0, 2 * np.pi, len(OVAL), endpoint=False)
    points[OVAL] = np.stack([x + radius * np.sin(turn), y - radius * np.cos(turn)], 1)
    points[[33, 263]] = (x - radius / 2, y), (x + radius / 2, y)  # level eyes
    box = (x - radius, y - radius, x + radius, y + radius)
    return Face(box, points, 0.9, 1.0)


# ---- runs


def network_file(name):
    """The path of a network file; skips the test if it cannot be fetched."""
    try:
        return models.path(name)
    except ModelError as error:
        pytest.skip(f"needs the network file {name}: {error}")


def prepared(recipe, photo, *, halo=HALO, folder=None):
    """The problem that a recipe makes of a photo (a Picture), with a halo of so many pixels."""
    with mock.patch("sfumato.methods.prepare.HALO", halo):
        return METHODS[recipe.method].prepare(recipe, photo, Machine(), folder)


def drained(run):
    """The result of a run, after its last step."""
    for _ in run:
        pass
    return run.result()


def objectives_of(monkeypatch, module):
    """A list that fills with what a method asks its objectives for: network, photo, regions, weights."""
    found = []

    def watched(network, photo, regions, weights, **more):
        found.append(SimpleNamespace(network=network, photo=photo, regions=regions, weights=weights, **more))
        return region_objective(network, photo, regions, weights, **more)

    monkeypatch.setattr(module, "region_objective", watched)
    return found


# ---- tensors


def box(height, width, rows, columns, value=1.0):
    """A mask (1, 1, height, width) of a rectangle."""
    mask = torch.zeros(1, 1, height, width)
    mask[..., slice(*rows), slice(*columns)] = value
    return mask


def evaluated(objective, picture):
    """The terms of an objective at a picture, and the gradient."""
    picture = picture.clone().requires_grad_()
    terms = objective.evaluate(picture)
    return terms, picture.grad


def same(one, other):
    """Whether two states, of tensors in mappings and sequences, are equal."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
