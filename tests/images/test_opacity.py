import numpy as np
import pytest
from helpers import noise
from PIL import Image
from scipy import ndimage

from sfumato.errors import ImageError
from sfumato.images import Picture, from_array, load, visible


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_what_is_opaque_stays_as_it_is(channels, dtype):
    values = noise(20, 30, channels=channels, depth=8 * np.dtype(dtype).itemsize)
    if channels in (2, 4):
        values[..., -1] = np.iinfo(dtype).max
    picture = from_array(values)
    colors, opacity = visible(picture)
    np.testing.assert_array_equal(colors, picture.rgb())
    assert opacity is None


def test_hidden_colors_are_those_of_the_nearest_that_is_seen():
    values = noise(40, 50, channels=4)
    alpha = np.random.default_rng(1).choice(np.uint8([0, 60, 127, 128, 255]), (40, 50), p=(0.5, 0.3, 0.1, 0.05, 0.05))
    values[..., 3] = alpha
    colors, opacity = visible(from_array(values))
    np.testing.assert_allclose(opacity, alpha / 255, rtol=1e-6)
    solid = alpha >= 128
    np.testing.assert_array_equal(colors[solid], np.float32(values[solid, :3]) / np.float32(255))
    distance = ndimage.distance_transform_edt(~solid)
    seen = {}
    for place in np.argwhere(solid):
        seen.setdefault(tuple(colors[tuple(place)]), []).append(place)
    for place in np.argwhere(~solid):
        away = min(np.hypot(*(place - other)) for other in seen[tuple(colors[tuple(place)])])
        assert away <= 1.05 * distance[tuple(place)] + 0.1  # OpenCV's distances are near to Euclid's


def test_what_is_thin_all_over_is_seen():
    values = noise(20, 30, channels=4)
    values[..., 3] = np.random.default_rng(1).integers(30, 60, (20, 30))
    np.testing.assert_allclose(visible(from_array(values))[0], values[..., :3] / 255, rtol=1e-6)


def test_transparent_everywhere(tmp_path):
    with pytest.raises(
        ImageError, match=r"^the picture: transparent everywhere, so there is nothing to see in it; choose another$"
    ):
        visible(Picture(noise(20, 30), alpha=np.zeros((20, 30), np.uint8)))
    Image.new("RGBA", (20, 20)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"a\.png: transparent everywhere"):
        visible(load(tmp_path / "a.png"))
