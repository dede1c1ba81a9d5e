import numpy as np
import pytest
import torch

from sfumato.losses import tone_difference


def by_hand(picture, target, mask):
    """The mean over squares of 16 pixels, every 4 pixels, of the squared difference of their mean colors."""
    height, width = mask.shape
    total = area = 0.0
    for top in range(-8, height - 7, 4):
        for left in range(-8, width - 7, 4):
            rows, columns = slice(max(top, 0), top + 16), slice(max(left, 0), left + 16)
            weights = mask[rows, columns]
            if weights.sum() > 0:
                difference = ((picture - target)[rows, columns] * weights[..., None]).sum((0, 1)) / weights.sum()
                total += weights.sum() * (difference**2).sum()
                area += weights.sum()
    return total / area


@pytest.mark.parametrize("shape", [(40, 52), (64, 64), (9, 30)])
def test_it_compares_mean_colors_of_squares(shape):
    rng = np.random.default_rng(0)
    picture, target, mask = rng.random((*shape, 3)), rng.random((*shape, 3)), rng.random(shape)
    mask[:, : shape[1] // 3] = 0
    given = (torch.tensor(values.transpose(2, 0, 1)[None]) for values in (picture, target, mask[..., None]))
    assert tone_difference(*given).item() == pytest.approx(by_hand(picture, target, mask), rel=1e-4)


def test_strokes_do_not_count_and_colors_do():
    mask, gray = torch.ones(1, 1, 64, 64), torch.full((1, 3, 64, 64), 0.5)
    strokes = gray + 0.3 * torch.sign(torch.sin(torch.arange(64) * np.pi / 2 + 0.1))
    assert tone_difference(strokes, gray, mask) < 1e-6
    assert tone_difference(gray + 0.1, gray, mask).item() == pytest.approx(0.03, rel=1e-4)


def test_what_is_outside_of_the_region_does_not_count():
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 20:40, 20:40] = 1
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert tone_difference(picture * mask, picture, mask).item() == pytest.approx(0, abs=1e-8)


def test_gradient():
    generator = torch.Generator().manual_seed(0)
    picture, target = torch.rand(2, 1, 3, 20, 24, generator=generator, dtype=torch.float64)
    mask = torch.rand(1, 1, 20, 24, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda given: tone_difference(given, target, mask), picture.requires_grad_())
