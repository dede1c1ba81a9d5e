"""The part of `colormap` that reads numbers."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.regions.colormap import read_indices


def save(array, path, **options):
    Image.fromarray(array).save(path, **options)
    return path


def check(labels, height, width):
    """The masks are 0 or 1 and sum to 1."""
    stack = np.stack(list(labels.values()))
    assert stack.shape[1:] == (height, width)
    assert stack.dtype == np.float32
    assert set(np.unique(stack)) <= {0, 1}
    assert (stack.sum(axis=0) == 1).all()
    assert stack.any(axis=(1, 2)).all()


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
@pytest.mark.parametrize("kind", ["L", "P"])
def test_indices_of_all_depths(tmp_path, depth, kind):
    index = np.random.default_rng(depth).integers(0, min(2**depth, 9), (20, 30)).astype(np.uint8)
    if kind == "P":
        picture = Image.fromarray(index)
        picture.putpalette(np.random.default_rng(0).integers(0, 256, 768).astype(np.uint8).tobytes())
        picture.save(tmp_path / "map.png", bits=depth)
    else:
        bits = np.unpackbits(index[..., None], axis=-1)[..., 8 - depth :].reshape(20, -1)
        write_gray_png(tmp_path / "map.png", np.packbits(bits, axis=-1), depth, 30)
    labels = read_indices(tmp_path / "map.png")
    check(labels, 20, 30)
    assert list(labels) == [str(number) for number in np.unique(index)]
    for name, mask in labels.items():
        np.testing.assert_array_equal(mask, index == int(name))


def write_gray_png(path, rows, depth, width):
    """Write a gray PNG of few bits, which Pillow cannot do."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, len(rows), depth, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_indices_of_16_bits_with_names(tmp_path, suffix):
    index = np.array([7, 300, 40000], np.uint16).repeat(200).reshape(20, 30)
    path = save(index, tmp_path / f"map.{suffix}")
    labels = read_indices(path, names={40000: "sea", 7: "sky", 300: "sea", 5: "dog"})
    check(labels, 20, 30)
    np.testing.assert_array_equal(labels["sea"], index > 7)
    np.testing.assert_array_equal(labels["sky"], index == 7)
    with pytest.raises(
        RegionError, match=r"has 200 pixels of index 300, first at x 20, y 6, for which the table has no"
    ):
        read_indices(path, names={7: "sky", 40000: "sea"})


def test_files_that_hold_no_indices(tmp_path):
    advice = "and holds no numbers of labels: take a label by its color, or save it as a gray or palette PNG$"
    with pytest.raises(RegionError, match=rf"label map '.*map\.png' is in color, {advice}"):
        read_indices(save(np.zeros((20, 30, 3), np.uint8), tmp_path / "map.png"))
    with pytest.raises(RegionError, match=rf"label map '.*map\.jpg' is a JPEG, whose values are not exact, {advice}"):
        read_indices(save(np.zeros((20, 30), np.uint8), tmp_path / "map.jpg"))
    with pytest.raises(ImageError, match=r"none\.png: no such file"):
        read_indices(tmp_path / "none.png")


def test_a_label_lost_by_shrinking_is_named(tmp_path):
    index = np.zeros((60, 90), np.uint8)
    index[::3, ::3] = 9
    index[0, 0] = 4
    with pytest.warns(SfumatoWarning, match="resized to fit; too small to remain: 'dog', 'sea'$"):
        labels = read_indices(save(index, tmp_path / "map.png"), (20, 30), names={0: "sky", 4: "sea", 9: "dog"})
    assert list(labels) == ["sky"]
