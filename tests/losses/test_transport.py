import numpy as np
import pytest
import torch
from scipy import linalg

from sfumato.losses import Moments, WassersteinLoss, transported


def cloud(channels, count, seed):
    """Features (channels, count) with a mean and a full covariance."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((channels, channels)) @ rng.standard_normal((channels, count)) + 2 * rng.random(
        (channels, 1)
    )


def of(rows):
    rows = torch.as_tensor(rows)
    return Moments(rows.mean(1), rows @ rows.T / rows.shape[1])


def mean_and_covariance(found):
    mean = found.mean.numpy()
    return mean, found.gram.numpy() - np.outer(mean, mean)


def test_the_region_goes_along_with_the_map_of_the_whole_picture():
    """The map by SciPy's matrix square roots, applied to each feature."""
    style, picture = cloud(6, 400, 1), cloud(6, 300, 2)
    region = picture[:, :90]
    sigma, tau = (np.cov(values, bias=True) for values in (picture, style))
    noise = (0.03 * np.trace(sigma) + 1e-4 * np.trace(tau)) / 6 * np.eye(6)
    root = linalg.sqrtm(tau)
    map_ = np.real(root @ linalg.inv(linalg.sqrtm(root @ (sigma + noise) @ root)) @ root)
    moved = map_ @ (region - picture.mean(1, keepdims=True)) + style.mean(1, keepdims=True)
    mean, spread = mean_and_covariance(transported(of(style), of(picture), of(region), common=0))
    np.testing.assert_allclose(mean, moved.mean(1), rtol=1e-6)
    np.testing.assert_allclose(spread, np.cov(moved, bias=True) + map_ @ noise @ map_, rtol=1e-6, atol=1e-9)
    # And a part of the style's covariance, as far as it is common to all regions.
    _, shared = mean_and_covariance(transported(of(style), of(picture), of(region), common=0.25))
    np.testing.assert_allclose(shared, 0.75 * spread + 0.25 * tau, rtol=1e-6, atol=1e-9)


def test_the_whole_picture_takes_the_whole_style():
    style, picture = of(cloud(6, 400, 1)), of(cloud(6, 300, 2))
    for found, expected in zip(transported(style, picture, picture), style, strict=True):
        torch.testing.assert_close(found, expected)


def test_regions_share_the_style_among_them():
    style, rows = of(cloud(5, 400, 1)), cloud(5, 300, 2)
    parts = [transported(style, of(rows), of(part)) for part in (rows[:, :100], rows[:, 100:])]
    mean = parts[0].mean / 3 + 2 * parts[1].mean / 3
    torch.testing.assert_close(mean, style.mean)
    # With no common part, their covariances add up to the style's too.
    parts = [transported(style, of(rows), of(part), common=0) for part in (rows[:, :100], rows[:, 100:])]
    torch.testing.assert_close(parts[0].gram / 3 + 2 * parts[1].gram / 3, style.gram)


def test_fewer_positions_than_features():
    """As in a small picture at a deep layer; no direction is stretched without bounds."""
    style, rows = of(cloud(40, 500, 1).astype(np.float32)), cloud(40, 12, 2).astype(np.float32)
    whole = transported(style, of(rows), of(rows))
    assert WassersteinLoss(style)(whole).item() < 1e-3
    part = transported(style, of(rows), of(rows[:, :4]))
    assert part.gram.dtype == torch.float32
    assert part.gram.trace() < 10 * style.gram.trace()


@pytest.mark.parametrize("region", [np.zeros((3, 8)), np.full((3, 8), 2.0)])
def test_a_picture_of_one_color(region):
    style = of(cloud(3, 50, 1))
    found = transported(style, of(region), of(region))
    torch.testing.assert_close(found.mean, style.mean)
    torch.testing.assert_close(found.gram, style.gram)


def test_a_style_without_variation_gives_its_mean():
    style, rows = of(np.full((3, 8), 0.5)), cloud(3, 50, 1)
    found = transported(style, of(rows), of(rows[:, :20]))
    torch.testing.assert_close(found.mean, style.mean)
