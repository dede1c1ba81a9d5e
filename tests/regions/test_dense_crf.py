import cv2
import numpy as np
import pytest

from sfumato.errors import RegionError
from sfumato.regions.dense_crf import dense_crf

GENTLE = {"spatial_weight": 1.0, "bilateral_weight": 3.0, "bilateral_sigma": 6.0, "color_sigma": 0.15}


def problem(height, width, seed, labels=3):
    """A smooth random photo in 8 bits, and noisy labels that say which channel is the brightest."""
    rng = np.random.default_rng(seed)
    photo = cv2.GaussianBlur(rng.random((height, width, 3)), (0, 0), 3)
    photo = np.round(255 * (photo - photo.min()) / np.ptp(photo)) / 255
    votes = 6 * (photo + 0.3 * rng.normal(size=photo.shape)).transpose(2, 0, 1)[:labels]
    return photo.astype(np.float32), (np.exp(votes) / np.exp(votes).sum(0)).astype(np.float32, order="C")


def gaussian(*features):
    """All pairs of pixels: exp(-d²/2), divided by the square roots of the sums of both rows."""
    points = np.column_stack([np.asarray(feature, float).ravel() for feature in features])
    kernel = np.exp(-0.5 * ((points[:, None] - points) ** 2).sum(-1))
    scale = np.sqrt(kernel.sum(1))
    return kernel / scale / scale[:, None]


def bilateral(photo, sigma, color_sigma):
    rows, columns = np.indices(photo.shape[:2])
    return gaussian(rows / sigma, columns / sigma, *np.moveaxis(photo.astype(float) / color_sigma, 2, 0))


def spatial(shape, sigma):
    rows, columns = np.indices(shape)
    return gaussian(rows / sigma, columns / sigma)


def brute_force(labels, iterations, *kernels):
    """Mean-field in double precision over all pairs, `kernels` being (weight, matrix)."""
    given = np.log(labels.reshape(len(labels), -1).astype(float))
    result = np.exp(given)
    for _ in range(iterations):
        result = np.exp(given + sum(weight * result @ matrix for weight, matrix in kernels))
        result /= result.sum(0)
    return result.reshape(labels.shape)


def logit(labels):
    return np.log(labels[0].astype(float)) - np.log(labels[1])


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_all_pairs_written_out(seed):
    photo, labels = problem(20, 24, seed)
    expected = brute_force(labels, 5, (1, spatial((20, 24), 3)), (3, bilateral(photo, 6, 0.15)))
    result = dense_crf(photo, labels, spatial_sigma=3, **GENTLE)
    error = np.abs(result - expected)
    assert error.mean() < 0.01
    assert error.max() < 0.1
    assert np.mean(result.argmax(0) == expected.argmax(0)) >= 0.98
    assert np.abs(expected - labels).mean() > 0.08  # so that "nothing done" would not pass


@pytest.mark.parametrize("shape", [(20, 24), (1, 1), (1, 9), (9, 1), (2, 3)])
@pytest.mark.parametrize("sigma", [0.5, 3, 50])
def test_the_spatial_kernel_is_exact_for_any_size_and_sigma(shape, sigma):
    photo, labels = problem(20, 24, 0)
    photo, labels = photo[: shape[0], : shape[1]], labels[:, : shape[0], : shape[1]]
    result = dense_crf(photo, labels, spatial_weight=2, spatial_sigma=sigma, bilateral_weight=0)
    np.testing.assert_allclose(result, brute_force(labels, 5, (2, spatial(shape, sigma))), atol=2e-4)


@pytest.mark.parametrize(("sigma", "color_sigma"), [(6, 0.15), (10, 0.3), (80, 0.1)])
def test_the_bilateral_filter_alone(sigma, color_sigma):
    # With two labels, one step adds weight * (filter of their difference) to the logit.
    photo, _ = problem(30, 36, 1)
    ramp = np.tile(np.linspace(0.2, 0.9, 36, dtype=np.float32), (30, 1))
    labels = np.stack([ramp, 1 - ramp])
    result = dense_crf(
        photo,
        labels,
        iterations=1,
        spatial_weight=0,
        bilateral_sigma=sigma,
        color_sigma=color_sigma,
        bilateral_weight=1,
    )
    found = logit(result) - logit(labels)
    expected = (bilateral(photo, sigma, color_sigma) @ (2 * ramp - 1).ravel()).reshape(30, 36)
    assert np.linalg.norm(found - expected) < 0.08 * np.linalg.norm(expected)


def test_pixels_too_unlike_to_vote_hear_only_themselves():
    photo = (np.indices((7, 8)).sum(0) % 2).astype(np.float32)[..., None].repeat(3, axis=2)
    _, labels = problem(7, 8, 2)
    result = dense_crf(photo, labels, iterations=1, spatial_weight=0, bilateral_weight=2, bilateral_sigma=0.1)
    expected = labels * np.exp(2 * labels)
    np.testing.assert_allclose(result, expected / expected.sum(0), atol=1e-3)


def reference(seed, iterations, spatial_weight):
    """The authors' program, on the same problem."""
    densecrf = pytest.importorskip("pydensecrf.densecrf")
    photo, labels = problem(60, 80, seed)
    crf = densecrf.DenseCRF2D(80, 60, 3)
    crf.setUnaryEnergy(-np.log(labels.reshape(3, -1)))
    if spatial_weight:
        crf.addPairwiseGaussian(sxy=3, compat=spatial_weight)
    crf.addPairwiseBilateral(sxy=6, srgb=0.15 * 255, rgbim=np.round(photo * 255).astype(np.uint8), compat=3)
    return np.reshape(crf.inference(iterations), labels.shape)


@pytest.mark.parametrize("seed", range(3))
def test_one_bilateral_step_is_that_of_pydensecrf(seed):
    result = dense_crf(*problem(60, 80, seed), iterations=1, **GENTLE | {"spatial_weight": 0})
    error = np.abs(result - reference(seed, 1, 0))
    assert error.mean() < 5e-5
    assert error.max() < 0.015


@pytest.mark.parametrize("seed", range(3))
def test_five_steps_are_close_to_pydensecrf(seed):
    result = dense_crf(*problem(60, 80, seed), **GENTLE)
    expected = reference(seed, 5, 1)
    assert np.abs(result - expected).mean() < 0.001
    assert np.abs(result - expected).max() < 0.04
    assert np.mean(result.argmax(0) == expected.argmax(0)) >= 0.995


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 3), (33, 21)])
def test_any_size_gives_probabilities(shape):
    photo, labels = problem(40, 40, 3)
    photo, labels = photo[: shape[0], : shape[1]], labels[:, : shape[0], : shape[1]]
    kept = photo.copy(), labels.copy()
    result = dense_crf(photo, labels)
    assert result.shape == labels.shape
    assert result.dtype == np.float32
    assert result.min() >= 0
    np.testing.assert_allclose(result.sum(0), 1, atol=1e-5)
    assert np.array_equal(photo, kept[0])
    assert np.array_equal(labels, kept[1])


def test_no_weights_or_no_steps_give_the_labels_back():
    photo, labels = problem(20, 24, 4)
    np.testing.assert_allclose(dense_crf(photo, labels, spatial_weight=0, bilateral_weight=0), labels, atol=1e-5)
    np.testing.assert_allclose(dense_crf(photo, labels, iterations=0), labels, atol=1e-5)


def test_large_weights_decide_and_do_not_overflow():
    photo, labels = problem(20, 24, 9)
    result = dense_crf(photo, labels, spatial_weight=1000, bilateral_weight=1000)
    np.testing.assert_allclose(result.sum(0), 1, atol=1e-5)
    assert np.mean(result.max(0) > 0.999) > 0.99


def test_one_label_is_sure():
    photo, _ = problem(5, 6, 5)
    assert np.array_equal(dense_crf(photo, np.ones((1, 5, 6), np.float32)), np.ones((1, 5, 6), np.float32))


def halves(rng, edge):
    """A photo dark on the left and light on the right of column 30, and labels that meet at column `edge`."""
    truth = np.arange(60) >= np.full((40, 1), 30)
    photo = np.clip(np.where(truth, 0.7, 0.3)[..., None] + 0.02 * rng.normal(size=(40, 60, 3)), 0, 1)
    label = np.where(np.arange(60) >= np.full((40, 1), edge), 0.8, 0.2)
    return photo.astype(np.float32), truth, label.astype(np.float32)


def overlap(found, truth):
    return (found & truth).sum() / (found | truth).sum()


def test_wrong_labels_are_outvoted():
    rng = np.random.default_rng(6)
    photo, truth, label = halves(rng, 30)
    label = np.where(rng.random(label.shape) < 0.2, 1 - label, label)
    assert overlap(label > 0.5, truth) < 0.75
    result = dense_crf(photo, np.stack([1 - label, label]))
    assert overlap(result[1] > 0.5, truth) > 0.999


def test_edges_of_labels_move_to_the_edge_of_color():
    photo, truth, label = halves(np.random.default_rng(7), 34)
    assert overlap(label > 0.5, truth) < 0.9
    labels = np.stack([1 - label, label])
    assert overlap(dense_crf(photo, labels)[1] > 0.5, truth) == 1
    assert overlap(dense_crf(photo, labels, bilateral_weight=0)[1] > 0.5, truth) < 0.9


def test_hard_labels_can_change():
    photo, truth, label = halves(np.random.default_rng(8), 30)
    label = np.round(label)
    label[20, 10] = 1
    result = dense_crf(photo, np.stack([1 - label, label]), spatial_weight=10)
    assert np.array_equal(result[1] > 0.5, truth)


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 4), (0, 6, 3)])
def test_a_photo_must_have_three_channels(shape):
    with pytest.raises(RegionError, match=r"^dense_crf needs a photo of shape \(H, W, 3\), got shape \(.*\)$"):
        dense_crf(np.zeros(shape, np.float32), np.ones((1, 5, 6), np.float32))


@pytest.mark.parametrize("shape", [(5, 6), (2, 6, 5), (0, 5, 6)])
def test_labels_must_have_the_size_of_the_photo(shape):
    with pytest.raises(RegionError, match=r"^dense_crf needs labels of shape \(L, 5, 6\), got shape \(.*\)$"):
        dense_crf(np.zeros((5, 6, 3), np.float32), np.ones(shape, np.float32))


@pytest.mark.parametrize(
    ("name", "number", "least"),
    [
        ("spatial_weight", -1, "0"),
        ("bilateral_weight", float("nan"), "0"),
        ("spatial_sigma", 0, "0.1"),
        ("bilateral_sigma", float("inf"), "0.1"),
        ("color_sigma", 0.0005, "0.001"),
    ],
)
def test_weights_and_sigmas_are_checked(name, number, least):
    message = f"^dense_crf needs a finite {name} of {least} or more, got {number:g}$"
    with pytest.raises(RegionError, match=message):
        dense_crf(np.zeros((5, 6, 3), np.float32), np.ones((1, 5, 6), np.float32), **{name: number})
