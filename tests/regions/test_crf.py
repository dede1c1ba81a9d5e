"""The dense CRF as a region word, and what it does to good masks and poor ones."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from sfumato import images
from sfumato.errors import RegionError
from sfumato.regions import crf, evaluate
from sfumato.regions.crf import sharpen

SEGMENTATION = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "segmentation"


def iou(a, b):
    return np.count_nonzero((a > 0.5) & (b > 0.5)) / np.count_nonzero((a > 0.5) | (b > 0.5))


def degraded(mask, factor):
    height, width = mask.shape
    small = cv2.resize(mask, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def disk(size=160):
    y, x = np.mgrid[:size, :size]
    truth = ((x - 75) ** 2 + (y - 85) ** 2 < 45**2).astype(np.float32)
    photo = np.where(truth[..., None] > 0, np.float32([0.8, 0.5, 0.2]), np.float32([0.3, 0.4, 0.6]))
    noise = np.random.default_rng(0).normal(0, 0.01, photo.shape)
    return np.clip(photo + noise, 0, 1).astype(np.float32), truth


def test_a_coarse_mask_gains_and_a_good_one_does_not_lose():
    photo, truth = disk()
    coarse = degraded(truth, 16)
    assert iou(coarse, truth) < 0.97
    assert iou(crf(coarse, photo=photo), truth) > 0.995
    assert iou(crf(truth, photo=photo), truth) > 0.999


def test_on_a_real_photo():
    if not SEGMENTATION.is_dir():
        pytest.skip("needs the research pictures beside the project")
    photo = images.load(SEGMENTATION / "bird.png").rgb()
    truth = np.float32(cv2.imread(str(SEGMENTATION / "bird_mask.png"), cv2.IMREAD_GRAYSCALE) > 127)
    coarse = degraded(truth, 16)
    assert iou(crf(coarse, photo=photo), truth) > iou(coarse, truth) + 0.01
    assert iou(crf(truth, photo=photo), truth) > 0.999


def test_a_large_photo_is_looked_at_reduced():
    photo, truth = (cv2.resize(array, (1600, 1600), interpolation=cv2.INTER_NEAREST) for array in disk())
    (found,) = sharpen(photo, [truth])
    assert found.shape == (707, 707)
    mask = crf(truth, photo=photo)
    assert mask.shape == (1600, 1600)
    assert iou(mask, truth) > 0.99


def test_several_labels_and_what_is_in_none():
    photo, truth = disk()
    maps = [0.8 * degraded(truth, 16), 0.8 * degraded(1 - truth, 16)]
    found = sharpen(photo, maps)
    assert found.shape == (2, 160, 160)
    assert found.min() >= 0
    assert found.sum(0).max() <= 1 + 1e-5
    assert iou(found[0], truth) > 0.99
    assert iou(found[1], 1 - truth) > 0.99


def test_it_is_a_word():
    photo, truth = disk()
    soft = evaluate("feather(ellipse(75, 85, 49, 49), 20)", photo)
    mask = evaluate("crf(feather(ellipse(75, 85, 49, 49), 20))", photo)
    assert iou(soft, truth) < 0.86
    assert iou(mask, truth) > 0.98


def test_a_mask_of_another_shape():
    with pytest.raises(RegionError, match=r"region has the shape \(4, 5\); give one of the photo's size, \(160, 160\)"):
        crf(np.zeros((4, 5)), photo=disk()[0])
