"""PNG files with texts and profiles that unpack to more than is good for a picture."""

import tracemalloc
import warnings
import zlib

import numpy as np
import pytest
from helpers import chunk
from PIL import PngImagePlugin

from sfumato.errors import SfumatoWarning
from sfumato.images import from_array, load, numbers_of, read_recipe, save

MIB = 1 << 20
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)


def ztxt(text, key=b"Comment"):
    return chunk(b"zTXt", key + b"\0\0" + zlib.compress(text))


def itxt(text, key=b"Description", packed=True):
    head = key + b"\0" + bytes([packed, 0]) + b"en\0Beschreibung\0"
    return chunk(b"iTXt", head + (zlib.compress(text) if packed else text))


@pytest.fixture
def with_chunks(tmp_path):
    """Write a picture with a recipe, with chunks before its own or after its pixels."""

    def make(*chunks, after=False, pixels=PIXELS, recipe="a = 1"):
        path = tmp_path / "a.png"
        save(from_array(pixels), path, recipe=recipe, overwrite=True)
        data = path.read_bytes()
        at = -12 if after else 33
        path.write_bytes(data[:at] + b"".join(chunks) + data[at:])
        return path

    return make


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("large", [ztxt(b"x" * (MIB + 1)), itxt(b"x" * 5 * MIB), ztxt(bytes(range(256)) * 4096)])
def test_a_large_text_is_left_out(with_chunks, large, after):
    path = with_chunks(large, after=after)
    with pytest.warns(SfumatoWarning) as heard:
        picture = load(path)
    assert [str(one.message) for one in heard] == [f"{path}: a text in it is too large and left out"]
    np.testing.assert_array_equal(picture.pixels, PIXELS)
    assert read_recipe(path) == "a = 1"
    assert (PngImagePlugin.MAX_TEXT_CHUNK, PngImagePlugin.MAX_TEXT_MEMORY) == (MIB, 64 * MIB)


def test_several_are_counted_and_the_rest_is_kept(with_chunks, adobe_rgb):
    profile = chunk(b"iCCP", b"own\0\0" + zlib.compress(adobe_rgb))
    path = with_chunks(ztxt(b"x" * 2 * MIB), profile, itxt(b"small"), itxt(b"y" * 2 * MIB), chunk(b"tEXt", b"a\0b"))
    with pytest.warns(SfumatoWarning, match="2 texts in it are too large and left out"):
        picture = load(path)
    assert picture.icc == adobe_rgb
    np.testing.assert_array_equal(picture.pixels, PIXELS)


@pytest.mark.parametrize(
    "small", [ztxt(b"x" * (MIB - 1)), itxt(b"x" * 3 * MIB, packed=False), chunk(b"tEXt", b"a\0" + b"x" * 3 * MIB)]
)
def test_what_pillow_reads_is_not_mentioned(with_chunks, small):
    path = with_chunks(small)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(load(path).pixels, PIXELS)


def test_all_texts_together_have_a_limit(with_chunks, monkeypatch):
    monkeypatch.setattr(PngImagePlugin, "MAX_TEXT_MEMORY", 3000)
    path = with_chunks(*[itxt(b"x" * 1000)] * 2, chunk(b"tEXt", b"a\0" + b"x" * 1000), itxt(b"x" * 990))
    with pytest.warns(SfumatoWarning, match="2 texts in it are too large and left out"):
        np.testing.assert_array_equal(load(path).pixels, PIXELS)
    assert read_recipe(path) == "a = 1"


def test_a_bomb_does_not_eat_memory(with_chunks):
    bomb = zlib.compressobj(9)
    data = b"".join(bomb.compress(bytes(MIB)) for _ in range(64)) + bomb.flush()
    path = with_chunks(chunk(b"iTXt", b"key\0\1\0\0\0" + data))
    tracemalloc.start()
    with pytest.warns(SfumatoWarning, match="too large"):
        load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * MIB


def test_a_large_profile_is_left_out(with_chunks):
    path = with_chunks(chunk(b"iCCP", b"own\0\0" + zlib.compress(bytes(2 * MIB))))
    with pytest.warns(
        SfumatoWarning, match=r"its color profile of more than 1 MiB is left out, and its values are tak"
    ):
        picture = load(path)
    assert picture.icc is None
    np.testing.assert_allclose(picture.rgb(), PIXELS / 255, rtol=1e-6)


def test_16_bits_and_palettes_are_read_past_it(with_chunks, tmp_path):
    deep = np.random.default_rng(1).integers(0, 65536, (20, 24, 3), np.uint16)
    with pytest.warns(SfumatoWarning, match="too large"):
        np.testing.assert_array_equal(load(with_chunks(ztxt(b"x" * 2 * MIB), pixels=deep)).pixels, deep)
    gray = np.random.default_rng(1).integers(0, 65536, (20, 24), np.uint16)
    with pytest.warns(SfumatoWarning, match="too large"):
        picture = load(with_chunks(ztxt(b"x" * 2 * MIB), pixels=gray))
    np.testing.assert_array_equal(numbers_of(picture).values, gray)


@pytest.mark.parametrize("damaged", [b"a\0\0no zlib", b"a\0\0", b"a", b"", b"a\0\0" + zlib.compress(b"x" * 999)[:-9]])
@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_damaged_text_does_no_harm(with_chunks, kind, damaged):
    data = damaged.replace(b"a\0\0", b"a\0\1\0\0\0") if kind == b"iTXt" else damaged
    np.testing.assert_array_equal(load(with_chunks(chunk(kind, data))).pixels, PIXELS)
