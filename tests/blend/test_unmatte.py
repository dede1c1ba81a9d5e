"""Cutouts whose soft edges hold something that is not theirs, and those whose edges do not."""

import cv2
import numpy as np
import pytest

from sfumato.blend import foreground, unmatted

SIDE = 80


def texture(amount, seed=0):
    coarse = np.random.default_rng(seed).random((10, 10, 3)).astype(np.float32)
    return amount * (cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) - 0.5)


def disk(radius, width):
    """How much of each pixel a disk covers whose edge is so wide."""
    y, x = (np.indices((4 * SIDE, 4 * SIDE)) + 0.5) / 4
    fine = np.clip((radius - np.hypot(x - SIDE / 2, y - SIDE / 2)) / width + 0.5, 0, 1)
    return cv2.resize(fine.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


DISTANCE = np.hypot(*(np.indices((SIDE, SIDE)) + 0.5 - SIDE / 2))[..., None]
OBJECTS = {
    "plain": np.full((SIDE, SIDE, 3), (0.8, 0.7, 0.35), np.float32),
    "painted": (0.6 + texture(0.7)).clip(0, 1),
    "dark": np.full((SIDE, SIDE, 3), (0.2, 0.15, 0.25), np.float32),
}
# What an object may be mixed with.
OLD = {"black": (0, 0, 0), "white": (1, 1, 1), "green": (0.08, 0.9, 0.12)}


def stored(image, alpha):
    """As a file of 8 bits holds them."""
    return tuple((np.rint(255 * values.clip(0, 1)) / 255).astype(np.float32) for values in (image, alpha))


def off(found, own, alpha):
    """By how many codes of 255 a composite is off."""
    return 255 * (alpha[..., None] * np.abs(found - own)).max()


@pytest.mark.parametrize("width", [1, 5, 14])
@pytest.mark.parametrize("hidden", [None, (0, 0, 0)])
@pytest.mark.parametrize("old", OLD)
@pytest.mark.parametrize("name", OBJECTS)
def test_one_color_is_taken_out(name, old, hidden, width):
    own, alpha = OBJECTS[name], disk(26, width)
    share = alpha[..., None]
    mixed = share * own + (1 - share) * np.float32(OLD[old])
    if hidden is not None:
        mixed = np.where(share > 0, mixed, np.float32(hidden))
    image, alpha = stored(mixed, alpha)
    found = unmatted(image, alpha)
    assert off(found, own, alpha) < 6
    assert off(image, own, alpha) > 8
    np.testing.assert_array_equal(found[alpha == 1], image[alpha == 1])
    assert found.dtype == np.float32


def test_mixed_and_then_multiplied_by_alpha():
    own, alpha = OBJECTS["painted"], disk(26, 5)
    share = alpha[..., None]
    image, alpha = stored(share * (share * own + (1 - share) * np.float32((0.1, 0.35, 0.1))), alpha)
    assert off(unmatted(image, alpha), own, alpha) < 12
    assert off(image, own, alpha) > 60


@pytest.mark.parametrize("width", [1, 5])
def test_what_is_hidden_all_around(width):
    """The object's photo, of which alpha was made alone: that is a matte, and its foreground is wanted."""
    own, alpha = (0.75 + texture(0.2)).clip(0, 1), disk(26, width)
    share = alpha[..., None]
    photo = share * own + (1 - share) * (0.25 + texture(0.5, 1)).clip(0, 1)
    image, alpha = stored(photo, alpha)
    found = unmatted(image, alpha)
    np.testing.assert_array_equal(found, foreground(image, alpha))
    assert np.abs(alpha[..., None] * (found - own))[alpha > 0].sum() < 0.25 * np.abs(share * (image - own)).sum()


def test_an_object_that_is_hardly_more_than_an_edge_stays_to_the_bit():
    """There is nothing farther in to compare its edge with."""
    own, alpha = OBJECTS["plain"], (2.5 * disk(6, 20)).clip(0, 1)
    share = alpha[..., None]
    image, alpha = stored(share * own + (1 - share) * (0.25 + texture(0.2, 1)), alpha)
    image[0, 0] = own[0, 0]
    np.testing.assert_array_equal(unmatted(image, alpha), image)


def shadowed(color):
    """An object with a soft shadow around it."""
    body = disk(22, 1)
    shadow = 0.6 * disk(24, 18) * (1 - body)
    colors = body[..., None] * OBJECTS["plain"] + shadow[..., None] * np.float32(color)
    alpha = body + shadow
    return colors / np.maximum(alpha, 1e-6)[..., None], alpha


STRAIGHT = {
    **{name: (own, disk(26, 5)) for name, own in OBJECTS.items()},
    "hair": ((0.6 + texture(0.2) + np.random.default_rng(5).normal(0, 0.15, (SIDE, SIDE, 3))), disk(26, 14)),
    "dark rim": (np.where(DISTANCE > 23, 0.3, 0.8) + texture(0.1), disk(26, 10)),
    "darker outwards": (0.8 - 0.5 * ((DISTANCE - 15) / 18).clip(0, 1) + texture(0.1), disk(26, 10)),
    "outline": (np.where(DISTANCE > 24, 0.1, 0.8) + np.zeros(3), disk(26, 1)),
    "gray outline": (np.where(DISTANCE > 25.3, 0.1, 0.5) + np.zeros(3), disk(26, 1)),
    "black shadow": shadowed((0, 0, 0)),
    "blue shadow": shadowed((0.1, 0.1, 0.4)),
    "glow": (np.where(DISTANCE < 16, 0.3, np.float32((1, 0.8, 0.2))), disk(26, 20)),
    "hard": (OBJECTS["painted"], np.rint(disk(26, 1))),
    "smoke": (OBJECTS["plain"] * disk(26, 20)[..., None], 0.7 * disk(26, 20)),
    "nothing transparent": (OBJECTS["painted"], 1 - 0.6 * disk(10, 5)),
}


# An object that gets darker towards what is hidden and dark is what a cutout from a dark photo is.
SAME = ("darker outwards", "its own")


@pytest.mark.parametrize(
    ("name", "hidden"),
    sorted({(name, hidden) for name in STRAIGHT for hidden in ("its own", "a photo", *OLD)} - {SAME}),
)
def test_what_is_the_objects_own_stays_to_the_bit(name, hidden):
    colors, alpha = STRAIGHT[name]
    image, alpha = stored(colors, alpha)
    if hidden != "its own":
        image = np.where(alpha[..., None] > 0, image, OLD.get(hidden, (0.85 + texture(0.3, 2)).clip(0, 1)))
        image = image.astype(np.float32)
    np.testing.assert_array_equal(unmatted(image, alpha), image)
