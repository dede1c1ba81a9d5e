"""A segmenter that sees what it is told to, and a photo for it."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest

from sfumato.regions import segmenters, things
from sfumato.regions.segmenters import Segments

CELL = 8  # pixels of the photo in each cell of the small maps, along both sides


@dataclass
class Fake:
    """A segmenter, and the photos that it was called with."""

    labels: dict
    instances: tuple = ()
    names: dict = field(default_factory=lambda: {"dog": "dog", "person": "person", "people": "person", "cat": "cat"})
    name: str = "fake"
    key: str = "fake 1"
    calls: list = field(default_factory=list)

    def __call__(self, photo):
        self.calls.append(photo)
        return Segments(self.labels, self.instances)


class Told(NamedTuple):
    """Small maps of labels, the photo that shows them, and the masks that it should give."""

    maps: dict
    photo: np.ndarray
    masks: dict


def blown_up(small):
    return np.kron(small, np.ones((CELL, CELL), np.float32))


@pytest.fixture
def told():
    """Two persons, 32 and 12 cells, and a dog, 9 cells, each of one color."""
    person, dog = np.zeros((12, 16), np.float32), np.zeros((12, 16), np.float32)
    person[2:10, 1:5] = person[4:8, 8:11] = 1
    dog[8:11, 12:15] = 1
    colors = np.uint8([[128, 128, 128], [230, 51, 26], [26, 77, 230]])
    photo = colors[blown_up(person + 2 * dog).astype(int)] / np.float32(255)
    maps = {"dog": dog, "person": person}
    return Told(maps, photo, {name: blown_up(small) for name, small in maps.items()})


@pytest.fixture
def pretend(monkeypatch):
    """Put a fake segmenter in the place of all; `chosen` collects the names that it was asked for by."""

    def put(labels, instances=(), **more):
        fake = Fake(labels, instances, **more)
        fake.chosen = []
        monkeypatch.setattr(segmenters, "choose", lambda name="auto": (fake.chosen.append(name), fake)[1])
        monkeypatch.setattr(segmenters, "known_names", lambda name="auto": None)
        monkeypatch.setattr(things, "find_faces", lambda photo: [])
        return fake

    return put
