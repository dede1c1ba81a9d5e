"""Masks given as a video or as pictures."""

import numpy as np
import pytest
from helpers import noise
from PIL import Image
from video_clips import clip

from sfumato.errors import ImageError, RegionError
from sfumato.video.masks import count_masks, masks_of


@pytest.mark.parametrize("layout", ["yuv420p", "yuv444p10le"])
def test_fringes_of_compression(tmp_path, layout):
    """Values near black and white are exactly 0 and 1; grays are kept."""
    levels = [0, 9, 128, 246, 255]

    def bars(number):
        return np.repeat(np.array(levels, np.uint8), 16)[None, :, None].repeat(32, 0).repeat(3, 2)

    path = clip(tmp_path / "masks.mp4", 3, size=(80, 32), picture=bars, layout=layout, options={"qp": "1"})
    masks = list(masks_of(path, (32, 80), 1))
    assert len(masks) == 2
    for mask in masks:
        assert mask.dtype == np.float32
        middles = mask[:, 8::16]
        np.testing.assert_array_equal(middles[:, [0, 1]], 0)
        np.testing.assert_array_equal(middles[:, [3, 4]], 1)
        np.testing.assert_allclose(middles[:, 2], 0.5, atol=0.02)


def test_pictures_in_the_order_of_their_numbers(tmp_path):
    for number in range(12):
        Image.new("L", (24, 16), 20 * number).save(tmp_path / f"mask{number}.png")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / ".hidden.png").write_text("")
    assert count_masks(tmp_path) == 12
    found = [float(mask[0, 0]) for mask in masks_of(tmp_path, (16, 24), 9)]
    assert found == pytest.approx([180 / 255, 200 / 255, 220 / 255])


def test_pictures_that_do_not_fit(tmp_path):
    Image.fromarray(noise(19, 19)[..., 0]).save(tmp_path / "0.png")
    with pytest.raises(RegionError, match="is 19 x 19 pixels, the photo 20 x 10"):
        list(masks_of(tmp_path, (10, 20), 0))
    (tmp_path / "0.png").write_text("no picture")
    with pytest.raises(ImageError):
        list(masks_of(tmp_path, (10, 20), 0))
