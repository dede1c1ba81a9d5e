import numpy as np
import pytest
import torch
from scipy import linalg

from sfumato.losses import Moments, Transport, WassersteinLoss


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
    mean, spread = mean_and_covariance(Transport(of(style), of(picture)).moments(of(region), common=0))
    np.testing.assert_allclose(mean, moved.mean(1), rtol=1e-6)
    np.testing.assert_allclose(spread, np.cov(moved, bias=True) + map_ @ noise @ map_, rtol=1e-6, atol=1e-9)
    contrast = Transport(of(style), of(picture)).contrast(of(region))
    assert contrast == pytest.approx(np.trace(np.cov(moved, bias=True)) / np.trace(tau), rel=1e-6)
    # And a part of the style's covariance that the region gets anyhow.
    _, shared = mean_and_covariance(Transport(of(style), of(picture)).moments(of(region), common=0.25))
    np.testing.assert_allclose(shared, 0.75 * spread + 0.25 * tau, rtol=1e-6, atol=1e-9)


def test_the_whole_picture_takes_the_whole_style():
    style, picture = of(cloud(6, 400, 1)), of(cloud(6, 300, 2))
    for found, expected in zip(Transport(style, picture).moments(picture), style, strict=True):
        torch.testing.assert_close(found, expected)


def test_regions_share_the_style_among_them():
    style, rows = of(cloud(5, 400, 1)), cloud(5, 300, 2)
    parts = [Transport(style, of(rows)).moments(of(part)) for part in (rows[:, :100], rows[:, 100:])]
    mean = parts[0].mean / 3 + 2 * parts[1].mean / 3
    torch.testing.assert_close(mean, style.mean)
    # With no common part, their covariances add up to the style's too.
    parts = [Transport(style, of(rows)).moments(of(part), common=0) for part in (rows[:, :100], rows[:, 100:])]
    torch.testing.assert_close(parts[0].gram / 3 + 2 * parts[1].gram / 3, style.gram)


def test_fewer_positions_than_features():
    """As in a small picture at a deep layer; no direction is stretched without bounds."""
    style, rows = of(cloud(40, 500, 1).astype(np.float32)), cloud(40, 12, 2).astype(np.float32)
    whole = Transport(style, of(rows)).moments(of(rows))
    assert WassersteinLoss(style)(whole).item() < 1e-3
    part = Transport(style, of(rows)).moments(of(rows[:, :4]))
    assert part.gram.dtype == torch.float32
    assert part.gram.trace() < 10 * style.gram.trace()


@pytest.mark.parametrize("region", [np.zeros((3, 8)), np.full((3, 8), 2.0)])
def test_a_picture_of_one_color(region):
    style = of(cloud(3, 50, 1))
    found = Transport(style, of(region)).moments(of(region))
    torch.testing.assert_close(found.mean, style.mean)
    torch.testing.assert_close(found.gram, style.gram)


def test_a_style_without_variation_gives_its_mean():
    style, rows = of(np.full((3, 8), 0.5)), cloud(3, 50, 1)
    found = Transport(style, of(rows)).moments(of(rows[:, :20]))
    torch.testing.assert_close(found.mean, style.mean)


def test_features_go_along_each_by_itself():
    """The same map by SciPy's matrix square roots, on more rows than are mapped at a time; below zero is cut off."""
    style, picture = cloud(4, 400, 1), cloud(4, 130 * 3, 2)
    sigma, tau = (np.cov(values, bias=True) for values in (picture, style))
    noise = (0.03 * np.trace(sigma) + 1e-4 * np.trace(tau)) / 4 * np.eye(4)
    root = linalg.sqrtm(tau)
    map_ = np.real(root @ linalg.inv(linalg.sqrtm(root @ (sigma + noise) @ root)) @ root)
    expected = map_ @ (picture - picture.mean(1, keepdims=True)) + style.mean(1, keepdims=True)
    assert (expected < 0).any()
    activation = torch.as_tensor(picture, dtype=torch.float32).view(1, 4, 130, 3)
    found = Transport(of(style), of(picture)).features(activation)
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found.numpy().reshape(4, -1), expected.clip(0), rtol=1e-4, atol=1e-4)
    assert Transport(of(style), of(picture)).features(activation.bfloat16()).dtype == torch.bfloat16
