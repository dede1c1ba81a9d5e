"""The same part of a copy of the photo."""

import numpy as np
import pytest

from sfumato.methods.crop import Rectangle
from sfumato.methods.surface import Surface


@pytest.mark.parametrize(
    ("box", "photo", "expected"),
    [
        ((10, 20, 50, 60), (50, 100), (5, 10, 25, 30)),
        ((0, 0, 100, 200), (50, 100), (0, 0, 50, 100)),
        ((99, 199, 100, 200), (50, 100), (49, 99, 50, 100)),  # it keeps a pixel
    ],
)
def test_a_box_is_scaled_and_stays_inside(box, photo, expected):
    found = Rectangle((100, 200), box).scaled(0.5, photo)
    assert (found.photo, found.box) == (photo, expected)


def test_a_surface_is_scaled_with_its_part():
    surface = Surface.of([20, 20, 180, 30, 170, 90, 24, 80], (100, 200)).cut((10, 20, 40, 100))
    small = surface.scaled(0.5, (50, 100))
    np.testing.assert_allclose(small.corners, surface.corners / 2)
    assert small.photo == (50, 100)
    assert small.part == (5, 10, 20, 50)
    # What is laid back lies in the same place.
    shown, alpha = np.ones((*surface.shape, 3), np.float32), np.ones(surface.shape, np.float32)
    covered = surface.lay(shown, alpha, 0)[1].sum()
    less = small.lay(shown[::2, ::2], alpha[::2, ::2], 0)[1].sum()
    assert less == pytest.approx(covered / 4, rel=0.1)
