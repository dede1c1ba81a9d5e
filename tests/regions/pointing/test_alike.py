import cv2
import numpy as np

from sfumato.regions.pointing.alike import alike


def landscape():
    """A sky from blue to yellow over dark hills, with grain, and the mask of the sky."""
    rows, columns = np.indices((200, 300), np.float32)
    sky = rows < 120 + 15 * np.sin(columns / 30)
    share = (rows / 135)[..., None].clip(0, 1)
    photo = (1 - share) * np.float32([0.3, 0.5, 0.95]) + share * np.float32([0.95, 0.8, 0.4])
    photo[~sky] = 0.12, 0.15, 0.1
    photo += np.random.default_rng(0).normal(0, 0.01, photo.shape)
    return photo.clip(0, 1).astype(np.float32), sky


def iou(mask, truth):
    found = mask > 0.5
    return float((found & truth).sum() / (found | truth).sum())


def test_a_gradient_is_one_thing():
    photo, sky = landscape()
    assert iou(alike((150, 10), photo=photo), sky) > 0.97
    assert iou(alike((150, 190), photo=photo), ~sky) > 0.97


def test_the_size_of_a_photo_does_not_matter():
    photo, sky = landscape()
    large = cv2.resize(photo, (1200, 800), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    truth = cv2.resize(sky.astype(np.uint8), (1200, 800), interpolation=cv2.INTER_NEAREST) > 0
    assert iou(alike((600, 40), photo=large), truth) > 0.97


def test_the_last_pixel_can_be_pointed_at():
    photo, sky = landscape()
    assert iou(alike((300, 200), photo=photo), ~sky) > 0.97
