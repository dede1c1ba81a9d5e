import numpy as np
import pytest
from scipy import optimize

from sfumato.color import matching_share, rgb_to_oklab
from sfumato.errors import RegionError

RNG = np.random.default_rng(0)


def colors(height, width, low=0.0, high=1.0, seed=0):
    return (low + (high - low) * np.random.default_rng(seed).random((height, width, 3))).astype(np.float32)


def moments(image, weights):
    """Mean and covariance of colors in Oklab."""
    lab = rgb_to_oklab(image).reshape(-1, 3)
    weights = weights.ravel() / weights.sum()
    mean = weights @ lab
    return mean, (lab - mean).T @ ((lab - mean) * weights[:, None])


def patches(side, seed=0, low=0.0, high=1.0):
    """A picture of large flat patches, in which a slight blur changes little."""
    return np.kron(colors(6, 8, low, high, seed), np.ones((side, side, 1), np.float32))


def test_the_weighted_style_has_the_colors_of_the_region():
    style, picture = patches(20), patches(20, 1, 0.25, 0.75)
    share = matching_share(style, picture)
    ones = np.ones(share.shape)
    wanted, found, before = moments(picture, ones), moments(style, share), moments(style, ones)
    for want, got, was in zip(wanted, found, before, strict=True):
        assert np.abs(got - want).max() < 0.5 * np.abs(was - want).max()


def test_it_is_the_nearest_of_all_such_weights():
    """Against SciPy's optimizer on the primal problem: the least relative entropy plus the penalty of the tolerance."""
    style = colors(4, 5)
    picture = colors(4, 5, 0.3, 0.8, 1)
    lab, wanted = (rgb_to_oklab(image).reshape(-1, 3) for image in (style, picture))
    center, spread = lab.mean(0), lab.std(0) + 1e-3
    first, second = np.triu_indices(3)

    def features(values):
        values = (values - center) / spread
        return np.concatenate([values, values[:, first] * values[:, second]], 1)

    known, target = features(lab), features(wanted).mean(0)
    target = (target - known.mean(0)) / (known.std(0) + 1e-6)
    known = (known - known.mean(0)) / (known.std(0) + 1e-6)

    def loss(logits):
        weights = np.exp(logits - logits.max())
        weights /= weights.sum()
        return weights @ np.log(20 * weights + 1e-300) + ((weights @ known - target) ** 2).sum() / (2 * 0.05)

    best = optimize.minimize(loss, np.zeros(20), method="BFGS", options={"gtol": 1e-9, "maxiter": 5000}).x
    expected = np.exp(best - best.max())
    # Of the same order and size, but for the largest weights, which are bounded, and the slight blur.
    found = matching_share(style, picture)
    bounded = np.minimum(expected / expected.mean(), 8).reshape(4, 5)
    assert np.corrcoef(found.ravel(), bounded.ravel())[0, 1] > 0.98


def test_a_region_with_the_styles_colors_takes_all_of_it():
    style = colors(40, 50)
    assert matching_share(style, style[::-1, ::-1]).min() > 0.999


def test_only_the_region_counts():
    style, picture, mask = colors(30, 40), colors(20, 30, 0.5), np.zeros((20, 30), np.float32)
    mask[:, :10] = 1
    changed = picture.copy()
    changed[:, 10:] = 0
    expected = matching_share(style, picture[:, :10])
    np.testing.assert_allclose(matching_share(style, picture, mask=mask), expected, atol=1e-5)
    np.testing.assert_allclose(matching_share(style, changed, mask=mask), expected, atol=1e-5)


def test_only_the_allowed_part_of_the_style_is_taken():
    style, picture, allowed = colors(30, 40), colors(20, 30, 0.5), np.zeros((30, 40), np.float32)
    allowed[:, :20] = 1
    share = matching_share(style, picture, style_mask=allowed)
    np.testing.assert_allclose(share[:, :18], matching_share(style[:, :20], picture)[:, :18], rtol=0.02, atol=1e-3)
    assert share[:, :20].mean() == pytest.approx(1, rel=1e-4)


@pytest.mark.parametrize("color", [(0, 0, 0), (1, 1, 1), (1, 0, 0), (0.2, 0.9, 0.4)])
@pytest.mark.parametrize("low", [0.0, 0.9])
def test_colors_that_the_style_does_not_have_leave_enough_of_it(color, low):
    share = matching_share(colors(40, 50, low), np.full((10, 10, 3), color, np.float32))
    assert np.isfinite(share).all()
    assert share.min() >= 0
    assert share.mean() == pytest.approx(1, rel=1e-4)
    assert share.max() < 16.1


def test_a_flat_style():
    assert matching_share(np.full((9, 9, 3), 0.3), colors(9, 9)).min() > 0.999


@pytest.mark.parametrize("name", ["style", "picture"])
def test_masks_that_select_nothing(name):
    masks = {"style": {"style_mask": np.zeros((4, 5))}, "picture": {"mask": np.zeros((6, 7))}}[name]
    with pytest.raises(
        RegionError, match=f"^the mask of the {name} selects nothing, so it has no colors; choose another$"
    ):
        matching_share(colors(4, 5), colors(6, 7), **masks)
