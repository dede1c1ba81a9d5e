"""A grid of color changes, against interpolation by SciPy and sums written out."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch.autograd import gradcheck

from sfumato.optimize import (
    BilateralGrid,
    Level,
    Pixels,
    StyledRegion,
    Weights,
    empty_grid,
    optimize,
    region_objective,
)
from sfumato.optimize import bilateral_grid as grid

HEIGHT, WIDTH = 18, 23


def picture(seed, height=HEIGHT, width=WIDTH, dtype=torch.float32):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def some_grid(seed=0, shape=(1, 12, 4, 5, 6), scale=0.3, dtype=torch.float32):
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def parameterization(values, *, dtype=torch.float32, union=None, **options):
    union = torch.ones(1, 1, HEIGHT, WIDTH, dtype=dtype) if union is None else union
    return BilateralGrid(values, picture(1, dtype=dtype), picture(2, dtype=dtype), union, **options)


def array(tensor):
    return tensor[0].movedim(0, -1).numpy()


LUMINANCE = np.float64([0.2126, 0.7152, 0.0722])


def meant(values):
    """The coefficients that values stand for, (3, 4, ...): hues are in smaller units than light."""
    rows = values.numpy().reshape(3, 4, *values.shape[2:])
    light = np.broadcast_to(np.einsum("i,i...", LUMINANCE, rows), rows.shape)
    return light + 0.1**0.5 * (rows - light), light


def expected(values, base, photo):
    """What a grid makes of a base, coefficient by coefficient."""
    height, width = base.shape[:2]
    shades, rows, columns = values.shape[2:]
    shade = photo @ LUMINANCE * (shades - 1)
    down = np.broadcast_to(((np.arange(height) + 0.5) / height * (rows - 1))[:, None], shade.shape)
    across = np.broadcast_to((np.arange(width) + 0.5) / width * (columns - 1), shade.shape)
    affine = np.stack(
        [
            ndimage.map_coordinates(plane, [shade, down, across], order=1, mode="nearest")
            for plane in meant(values)[0].reshape(12, *values.shape[2:])
        ]
    ).reshape(3, 4, height, width)
    moved = base + np.einsum("ijhw,hwj->hwi", affine[:, :3], base - 0.5)
    return moved + affine[:, 3].transpose(1, 2, 0)


def test_the_picture_is_what_scipy_interpolates():
    values = some_grid(dtype=torch.float64)
    found = parameterization(values, dtype=torch.float64)
    shown = found.show(found.values)
    base, photo = (array(picture(seed, dtype=torch.float64)) for seed in (1, 2))
    np.testing.assert_allclose(array(shown), expected(values, base, photo), atol=1e-12)
    assert np.abs(array(shown) - base).mean() > 0.1


def test_an_empty_grid_changes_nothing_and_others_only_the_free_pixels():
    union = torch.zeros(1, 1, HEIGHT, WIDTH)
    union[..., 5:12, 3:9] = 0.2
    nothing = parameterization(empty_grid(HEIGHT, WIDTH), union=union)
    free = (union > 0).expand(1, 3, -1, -1)
    assert torch.equal(nothing.show(nothing.values), torch.where(free, picture(1), picture(2)))
    changed = parameterization(some_grid(), union=union)
    shown = changed.show(changed.values)
    assert torch.equal(shown[~free], picture(2)[~free])
    assert (shown - picture(1))[free].abs().mean() > 0.1


def test_gradients_are_those_of_finite_differences():
    values = some_grid(shape=(1, 12, 2, 2, 3), dtype=torch.float64).requires_grad_()
    found = parameterization(values.detach(), dtype=torch.float64, evenness=2.0)
    weights = picture(3, dtype=torch.float64)
    assert gradcheck(lambda x: (found.show(x) * weights).sum(), values)
    assert gradcheck(lambda x: found.penalties(x)["unevenness"], values)


def test_the_length_of_a_change_is_seen_in_the_free_pixels():
    union = torch.zeros(1, 1, HEIGHT, WIDTH)
    union[..., :, 10:] = 1
    found, change = parameterization(some_grid(), union=union), some_grid(1)
    difference = found.show(found.values + change) - found.show(found.values)
    assert found.length(change) == pytest.approx(float(difference[..., 10:].square().mean().sqrt()), rel=1e-5)


def test_unevenness_is_a_sum_over_neighbors():
    values, union = some_grid(dtype=torch.float64), torch.ones(1, 1, HEIGHT, WIDTH, dtype=torch.float64)
    union[..., :4] = 0
    found = parameterization(values, dtype=torch.float64, union=union, evenness=1.5)
    base, photo = (array(picture(seed, dtype=torch.float64)) for seed in (1, 2))
    change = (expected(values, base, photo) - base) * array(union)
    rows, light = meant(values)
    cells = sum(
        weight * float(np.mean(np.diff(part, axis=axis) ** 2))
        for part, weight in ((light, 1), (rows - light, 10))
        for axis in (2, 3, 4)
    )
    pixels = 0.0
    for axis in (0, 1):
        own = (np.diff(photo, axis=axis) ** 2).sum(-1) + (7 / WIDTH) ** 2
        steps = np.diff(change, axis=axis)
        light = steps @ LUMINANCE
        seen = 3 * light**2 + 40 * ((steps - light[..., None]) ** 2).sum(-1)
        pixels += float((seen / own).mean())
    assert float(found.penalties(values)["unevenness"]) == pytest.approx(1.5 * (30 * cells + pixels), rel=1e-6)
    flat = torch.zeros_like(values)
    flat[:, [3, 7, 11]] = 0.2  # the same for all is even
    assert float(parameterization(flat, dtype=torch.float64).penalties(flat)["unevenness"]) < 1e-20


@pytest.mark.parametrize(("size", "shape"), [((16, 40), (4, 1, 6)), ((40, 16), (4, 6, 1)), ((1, 40), (4, 1, 1))])
def test_a_single_row_of_cells_or_pixels_has_no_neighbors(size, shape):
    union = torch.ones(1, 1, *size)
    made = BilateralGrid(some_grid(shape=(1, 12, *shape)), picture(1, *size), picture(2, *size), union)
    assert torch.isfinite(made.penalties(made.values)["unevenness"])


def test_it_paints_at_any_size_and_in_strips(monkeypatch):
    values, large = some_grid(), picture(5, 40, 60)
    at_size = parameterization(values)
    np.testing.assert_allclose(at_size.render(values), array(at_size.show(values)).clip(0, 1), atol=1e-6)
    found = parameterization(values, finished=lambda: (array(large), array(large)))
    whole = found.render(values)
    wanted = expected(values, array(large).astype(float), array(large).astype(float)).clip(0, 1)
    np.testing.assert_allclose(whole, wanted, atol=1e-5)
    monkeypatch.setattr(grid, "_STRIP", 7 * 60)
    np.testing.assert_allclose(found.render(values), whole, atol=1e-6)


def test_what_it_paints_can_be_limited():
    values, large = some_grid(), array(picture(5, 40, 60))
    found = parameterization(values, finished=lambda: (large, large))
    half = parameterization(values, finished=lambda: (large, large), limited=lambda painted: painted / 2)
    np.testing.assert_array_equal(half.render(values), found.render(values) / 2)


@pytest.mark.parametrize(
    ("size", "shape"), [((300, 400), (10, 13)), ((400, 300), (13, 10)), ((5, 4000), (2, 13)), ((64, 64), (13, 13))]
)
def test_cells_are_square_nearly(size, shape):
    found = empty_grid(*size)
    assert tuple(found.shape) == (1, 12, 8, *shape)
    assert not found.any()


def test_a_level_goes_on_with_the_values_of_the_one_before(network):
    levels = [Level(1, 48, 48, 0.5, 4), Level(2, 96, 96, 1.0, 3)]
    photo, style = picture(1, 96, 96), 0.3 * picture(2, 96, 96)
    begun, made = [], []

    def objective_at(level):
        own = torch.nn.functional.interpolate(photo, size=(level.height, level.width))
        region = StyledRegion("all", torch.ones_like(own[:, :1]), {"dark": (style, 1.0)}, content_weight=0.0)
        return region_objective(network, own, [region], Weights({"relu1_1": 1.0}, "relu1_2"))

    def parameterization_at(level, objective, before):
        values = empty_grid(96, 96) if before is None else before.values
        begun.append(values.clone())
        made.append(BilateralGrid(values, objective.photo, objective.photo, objective.union, evenness=0.1))
        return made[-1]

    trace = list(optimize(levels, objective_at, photo, parameterization_at=parameterization_at))
    assert torch.equal(begun[1], made[0].values)
    assert not begun[0].any()
    assert begun[1].any()
    assert trace[-1].loss < trace[0].loss / 2
    assert "unevenness" in trace[0].terms
    assert trace[-1].working_picture().mean() < 0.85 * float(photo.mean())


def test_pixels_are_free_where_the_union_is():
    union = torch.zeros(1, 1, 4, 6)
    union[..., 1:3, 2:5] = 0.01
    found = Pixels(picture(1, 4, 6), union, picture(2, 4, 6))
    shown = found.show(found.values)
    assert torch.equal(shown[..., 1:3, 2:5], picture(2, 4, 6)[..., 1:3, 2:5])
    assert torch.equal(shown * (union == 0), picture(1, 4, 6) * (union == 0))
    assert found.length(torch.full_like(found.values, -0.3)) == pytest.approx(0.3)
    assert found.penalties(found.values) == {}
