"""Expressions for a smaller copy, and what is remembered between evaluations."""

import numpy as np
import pytest

from sfumato import images, regions
from sfumato.errors import RegionError
from sfumato.regions import functions
from sfumato.regions.scaling import scaled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("person#1 | ~subject", "person#1 | ~subject"),
        ("rect(10, 20px, 50%, 40)", "rect(5, 10px, 50%, 20)"),
        ("feather(a & b - c, 12) - grow(d, 5%)", "feather(a & b - c, 6) - grow(d, 5%)"),
        ("flood(10, 20, tolerance=12)", "flood(5, 10, tolerance=12)"),
        ("refine(subject, width=8)", "refine(subject, width=4)"),
        ("polygon(0, 0, 10, 0, 10, 10, 0, 12)", "polygon(0, 0, 5, 0, 5, 5, 0, 6)"),
        ('painted(map.png, "blue") | mask.png', 'painted("map.png", "blue") | "mask.png"'),
        ("grabcut(rect(0, 0, 8, 8), keep=ellipse(4, 4, 2, 2))", "grabcut(rect(0, 0, 4, 4), keep=ellipse(2, 2, 1, 1))"),
        ("rect(-10, 0, 5, 5)", "rect(-5, 0, 2.5, 2.5)"),
    ],
)
def test_lengths_in_pixels_are_scaled_and_nothing_else(text, expected):
    assert scaled(text, 0.5) == expected
    assert scaled(text, 1) == text


def test_what_cannot_be_read_is_refused():
    with pytest.raises(RegionError, match="never closed"):
        scaled("rect(1, 2", 0.5)


def test_a_copy_shows_the_same_region():
    text = "feather(ellipse(60, 40, 30, 20), 8) - linear(0, 0, 100%, 0)"
    full = regions.evaluate(text, np.zeros((80, 120, 3)))
    small = regions.evaluate(scaled(text, 0.5), np.zeros((40, 60, 3)))
    assert abs(full.reshape(40, 2, 60, 2).mean((1, 3)) - small).max() < 0.1


def test_what_was_found_is_not_looked_for_again(monkeypatch, tmp_path):
    looked = []

    def look(photo):
        looked.append(1)
        return np.full(photo.shape[:2], 0.25, np.float32)

    found = functions.Function(look, "", needs=("photo",))
    monkeypatch.setitem(functions.FUNCTIONS, "subject", found)
    photo, memory = np.zeros((20, 30, 3)), {}
    for text in ("subject", "subject & rect(0, 0, 5, 5)", "~subject", "refine(subject)"):
        regions.evaluate(text, photo, memory=memory)
    assert len(looked) == 1
    assert {str(call) for call in memory} == {"subject", "refine(subject)"}
    # Without a memory, each evaluation looks.
    regions.evaluate("subject", photo)
    assert len(looked) == 2
    # What depends on a file may be another the next time.
    images.save(images.from_array(np.full((20, 30), 255, np.uint8)), tmp_path / "mask.png")
    regions.evaluate("refine(mask.png)", photo, tmp_path, memory=memory)
    assert len(memory) == 2
