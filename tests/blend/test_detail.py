import cv2
import numpy as np
import pytest

from sfumato.blend import enlarge

Y = np.array([0.299, 0.587, 0.114])


def photo(height=60, width=84, seed=0, gray=False):
    rng = np.random.default_rng(seed)
    image = 0.3 + 0.4 * cv2.GaussianBlur(rng.random((height, width, 3)), (0, 0), 1)
    image[20:40, 30:50] += 0.15
    return (np.repeat(image[..., :1], 3, axis=-1) if gray else image).astype(np.float32)


def shrunken(image, height, width):
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def test_at_its_own_size_the_picture_is_itself():
    styled = photo(seed=1)
    assert enlarge(styled, photo()) is styled


@pytest.mark.parametrize("size", [(30, 42), (17, 25), (59, 84)])
def test_without_detail_it_only_enlarges(size):
    styled = shrunken(photo(seed=1), *size)
    expected = cv2.resize(styled, (84, 60), interpolation=cv2.INTER_CUBIC)
    found = enlarge(styled, photo(), detail=0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.clip(0, 1), atol=1e-6)


@pytest.mark.parametrize(("size", "share"), [((48, 70), 0.2), ((40, 56), 0.5), ((30, 42), 1.0), ((15, 21), 1.0)])
def test_less_than_twice_the_size_takes_less_detail(size, share):
    image = photo(gray=True)
    plain, full = (enlarge(shrunken(image, *size), image, detail=amount) for amount in (0, 1))
    np.testing.assert_allclose(full - plain, share * (image - plain), atol=1e-5)


@pytest.mark.parametrize("size", [(30, 42), (17, 25), (8, 11)])
def test_a_shrunken_photo_becomes_the_photo_again(size):
    image = photo(gray=True)
    small = shrunken(image, *size)
    assert np.abs(enlarge(small, image, detail=0) - image).max() > 0.03
    np.testing.assert_allclose(enlarge(small, image), image, atol=1e-5)


def test_in_color_the_luminance_comes_back():
    image = photo()
    found = enlarge(shrunken(image, 20, 28), image)
    np.testing.assert_allclose(found @ Y, image @ Y, atol=1e-5)
    assert np.abs(found - image).max() > 1e-3


def test_detail_is_added_alike_to_all_channels_and_in_proportion():
    styled, image = shrunken(photo(seed=1), 20, 28), photo()
    plain, half, full = (enlarge(styled, image, detail=amount) for amount in (0, 0.5, 1.0))
    np.testing.assert_allclose(half - plain, (full - plain) / 2, atol=1e-6)
    np.testing.assert_allclose(full - plain, np.repeat((full - plain)[..., :1], 3, axis=-1), atol=1e-6)
    own = image @ Y
    coarse = cv2.resize(shrunken(own, 20, 28), (84, 60), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose((full - plain)[..., 0], own - coarse, atol=1e-5)


def test_the_result_can_be_shown():
    checks = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((4, 4))).astype(np.float32)
    image = np.repeat(checks[..., None], 3, axis=-1)
    found = enlarge(shrunken(image, 8, 8), image, detail=4)
    assert found.min() >= 0
    assert found.max() <= 1


def test_nothing_that_was_given_is_changed():
    styled, image = shrunken(photo(seed=1), 20, 28), photo()
    kept = styled.copy(), image.copy()
    enlarge(styled, image)
    np.testing.assert_array_equal(styled, kept[0])
    np.testing.assert_array_equal(image, kept[1])
