"""Files that reach to their end, and those that do not."""

import numpy as np
import pytest
from helpers import noise
from PIL import Image

from sfumato import images
from sfumato.errors import ImageError


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif", ".webp"])
@pytest.mark.parametrize("depth", [8, 16])
def test_saved_pictures(tmp_path, ending, depth, recwarn):
    place = tmp_path / f"a{ending}"
    images.save(images.from_array(noise(40, 50, depth=depth)), place, recipe="version = 1")
    assert images.is_whole(place)
    whole = place.read_bytes()
    for cut in (1, 20, len(whole) // 3):
        place.write_bytes(whole[:-cut])
        try:
            assert not images.is_whole(place)
        except ImageError:
            assert ending in (".webp", ".tif")  # of these, not even the header can be read


def test_tiled_tiff(tmp_path):
    tifffile = pytest.importorskip("tifffile", reason="writes tiles")
    place = tmp_path / "a.tif"
    tifffile.imwrite(place, np.zeros((64, 64, 3), np.uint8), tile=(16, 16), photometric="rgb")
    assert images.is_whole(place)


def test_a_webp_of_another_program(tmp_path):
    place = tmp_path / "a.webp"
    Image.fromarray(noise(20, 30)).save(place, lossless=True)
    assert images.is_whole(place)
    place.write_bytes(place.read_bytes() + b"more")
    assert images.is_whole(place)
