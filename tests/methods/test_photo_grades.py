"""A photo in the mood of a reference that nobody labeled."""

import numpy as np
import pytest
from helpers import drained, texture
from scipy import ndimage

from sfumato.color import rgb_to_oklab
from sfumato.methods import steps
from sfumato.recipe import Recipe
from sfumato.regions import segmenters


def varied(color, seed, spread):
    """Colors around one, that vary smoothly with the place."""
    values = ndimage.gaussian_filter(np.random.default_rng(seed).random((96, 128, 3)), (6, 6, 0), mode="wrap")
    return np.rint(255 * (np.array(color) + spread * ((values - values.min()) / np.ptp(values) - 0.5))).astype(np.uint8)


PALE = varied((0.5, 0.5, 0.5), 1, 0.2)
STRONG = varied((0.6, 0.5, 0.4), 2, 0.8)


@pytest.fixture
def unlabeled(monkeypatch, vgg):
    """The problem of a photo and a reference without maps and without a segmenter, and its result."""
    monkeypatch.setattr(segmenters, "model_of", lambda name: "")

    def start(photo, reference, **options):
        recipe = Recipe.from_options(style="<ref>", method="photo", transfer="tones", size=0, **options)
        run = steps(recipe, photo, pictures={"<ref>": reference})
        return run.problem, drained(run).array / 255

    return start


@pytest.mark.parametrize(("reference", "options"), [(texture(96, 128, 2), {}), (STRONG, {"semantic": "none"})])
def test_photos_of_different_kinds_are_graded_as_a_whole(unlabeled, reference, options):
    """They take the mean color, and at most half as much contrast again."""
    problem, found = unlabeled(PALE, reference, **options)
    assert problem.found == "no labels"
    photo, found, wanted = (rgb_to_oklab(each).reshape(-1, 3) for each in (PALE / 255, found, reference / 255))
    np.testing.assert_allclose(found.mean(0), wanted.mean(0), atol=0.005)
    assert (wanted.std(0) > 3 * photo.std(0)).all()
    assert (found.std(0) < 1.5 * photo.std(0)).all()
    assert (found.std(0) > 1.4 * photo.std(0)).all()


def test_parts_that_are_alike_only_in_color_and_features_are_graded_too(unlabeled):
    problem, found = unlabeled(PALE, STRONG)
    assert problem.found == "5 labels found by color and features"
    before, after, wanted = (rgb_to_oklab(each) for each in (PALE / 255, found, STRONG / 255))
    for label in problem.labels:
        inside = ndimage.binary_erosion(label.mask > 0.9, iterations=3)
        assert inside.sum() > 256
        mean = np.average(wanted.reshape(-1, 3), axis=0, weights=label.reference.ravel())
        np.testing.assert_allclose(after[inside].mean(0), mean, atol=0.03)
        ratio = after[inside].std(0) / before[inside].std(0)
        assert (ratio > 1.3).all()
        assert (ratio < 1.55).all()


def test_a_gray_reference_makes_gray_and_a_dull_one_leaves_what_is_vivid(unlabeled):
    photo = varied((0.6, 0.5, 0.3), 1, 0.5)
    dull = varied((0.55, 0.5, 0.5), 2, 0.1)
    chroma = {}
    for name, reference in (("gray", dull[..., :1].repeat(3, -1)), ("dull", dull)):
        _, found = unlabeled(photo, reference, semantic="none")
        chroma[name] = [np.linalg.norm(rgb_to_oklab(each)[..., 1:], axis=-1).max() for each in (found, reference / 255)]
    assert chroma["gray"][0] < 0.005
    assert chroma["dull"][0] > 1.2 * chroma["dull"][1] > 0.02
