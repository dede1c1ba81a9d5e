"""How L-BFGS sees free pixels: against averages of SciPy, as a matrix."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from sfumato.optimize import BilateralGrid, Pixels


def pixels(free, dtype=torch.float64):
    photo = torch.rand(1, 3, *free.shape, generator=torch.Generator().manual_seed(0), dtype=dtype)
    return Pixels(photo, torch.from_numpy(free)[None, None], photo)


def spread(picture):
    """A picture (3, h, w), and what is left of it after averages over squares of 3, and of 7, twice each."""
    found = picture.copy()
    for side in (3, 7):
        average = picture
        for _ in range(2):
            average = np.stack([ndimage.uniform_filter(channel, side, mode="constant") for channel in average])
        found += average
    return found


def expected(free):
    """The matrix over the free values: what each spreads to in a picture of zeros."""
    everywhere = np.broadcast_to(free > 0, (3, *free.shape))
    rows = []
    for place in np.argwhere(everywhere):
        picture = np.zeros(everywhere.shape)
        picture[tuple(place)] = 1
        rows.append(spread(picture)[everywhere])
    return np.array(rows)


def some(height, width, seed=0):
    """A mask with soft, full and fixed pixels."""
    rng = np.random.default_rng(seed)
    return rng.choice([0.0, 0.3, 1.0], (height, width), p=[0.4, 0.2, 0.4])


@pytest.mark.parametrize(
    "free", [some(9, 11), some(4, 13, 1), some(10, 1, 2), np.ones((8, 8))], ids=["some", "low", "narrow", "all"]
)
def test_it_is_the_matrix_of_averages_symmetric_and_positive_definite(free):
    """Also where the picture is smaller than a square."""
    parameterization = pixels(free)
    count = parameterization.values.numel()
    assert count == 3 * (free > 0).sum()
    matrix = np.array([parameterization.precondition(row).numpy() for row in torch.eye(count, dtype=torch.float64)])
    np.testing.assert_allclose(matrix, expected(free), atol=1e-12)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-12)
    assert np.linalg.eigvalsh(matrix).min() >= 1 - 1e-9
    off = matrix - np.diag(np.diag(matrix))
    assert off.max() > 0.01


def test_channels_and_fixed_pixels_have_no_part_in_it():
    free = np.ones((8, 10))
    free[:, 5] = 0
    parameterization = pixels(free)
    gradient = torch.zeros(3, 8, 9, dtype=torch.float64)
    gradient[1, 4, 6] = 1  # the seventh free column, which is the eighth of the picture
    found = parameterization.precondition(gradient.flatten()).view(3, 8, 9)
    assert not found[[0, 2]].any()
    assert found[1, 4].argmax() == 6
    # Six away, over the fixed column, is as far as two squares of seven reach.
    assert found[1, 4, 0] == 0
    assert found[1, 4, 1] == pytest.approx(1 / 7**2 / 7, rel=1e-9)


def test_in_single_precision_on_a_large_picture_it_is_nearly_as_exact():
    """Of values of one sign, whose sums grow from the edge on."""
    free = np.ones((700, 900))
    parameterization = pixels(free, torch.float32)
    gradient = np.random.default_rng(0).uniform(0.5, 1.5, (3, 700, 900)).astype(np.float32)
    given = torch.from_numpy(gradient).flatten()
    found = parameterization.precondition(given)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.view(3, 700, 900).numpy(), spread(gradient.astype(np.float64)), atol=2e-4)
    assert torch.equal(given, torch.from_numpy(gradient).flatten())


def test_the_values_of_a_grid_are_taken_as_they_are():
    photo = torch.rand(1, 3, 12, 16)
    values = torch.rand(1, 12, 4, 3, 4)
    grid = BilateralGrid(values, photo, photo, torch.ones(1, 1, 12, 16))
    gradient = torch.rand_like(values)
    assert torch.equal(grid.precondition(gradient), gradient)
