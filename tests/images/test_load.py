import errno
import io
import struct
import sys
import warnings
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from helpers import chunk
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from sfumato.errors import ImageError, SfumatoWarning
from sfumato.images import load, read_recipe

RNG = np.random.default_rng(0)


def _values(shape, dtype=np.uint8):
    return RNG.integers(0, int(np.iinfo(dtype).max) + 1, shape, dtype)


def _png(values, color_type, depth, *, key=None, interlaced=False):
    """A PNG of (H, W, n) values without any filter, plain or interlaced (Adam7)."""
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    data = b""
    for top, left, down, right in passes:
        for row in values[top::down, left::right]:
            if depth < 8:
                bits = "".join(format(int(v), f"0{depth}b") for v in row.ravel())
                data += b"\0" + int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))
            elif row.size:
                data += b"\0" + row.astype(">u2" if depth == 16 else np.uint8).tobytes()
    height, width = values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlaced)
    transparent = b"" if key is None else chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))
    body = chunk(b"IHDR", header) + transparent + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _tiff(values, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, values, **options)
    return out.getvalue()


def _pillow(values, kind, mode=None, **options):
    out = io.BytesIO()
    image = Image.fromarray(values)
    (image if mode is None else image.convert(mode)).save(out, kind, **options)
    return out.getvalue()


def _load(folder, data, name="picture", **options):
    path = folder / name
    path.write_bytes(data)
    return load(path, **options)


def _check(picture, space, pixels, alpha=None):
    assert picture.space == space
    assert picture.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(picture.pixels, pixels)
    if alpha is None:
        assert picture.alpha is None
    else:
        np.testing.assert_array_equal(picture.alpha, alpha)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("channels", "color_type"), [(1, 0), (2, 4), (3, 2), (4, 6)])
def test_png(tmp_path, channels, color_type, depth, interlaced):
    values = _values((19, 23, channels), np.uint8 if depth == 8 else np.uint16)
    picture = _load(tmp_path, _png(values, color_type, depth, interlaced=interlaced))
    colors = 1 if channels < 3 else 3
    alpha = values[..., -1] if channels in (2, 4) else None
    _check(picture, "gray" if colors == 1 else "rgb", values[..., :colors], alpha)
    assert (picture.format, picture.path) == ("PNG", tmp_path / "picture")


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_png_of_few_bits_with_and_without_a_transparent_gray(tmp_path, depth):
    values = RNG.integers(0, 2**depth, (17, 19, 1))
    full = (values * (255 // (2**depth - 1))).astype(np.uint8)
    _check(_load(tmp_path, _png(values, 0, depth)), "gray", full)
    alpha = np.where(values[..., 0] == 1, 0, 255).astype(np.uint8)
    _check(_load(tmp_path, _png(values, 0, depth, key=[1])), "gray", full, alpha)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize(("channels", "color_type"), [(1, 0), (3, 2)])
def test_png_with_a_transparent_color(tmp_path, channels, color_type, depth):
    top = 2**depth - 1
    values = RNG.choice([5, top], (17, 19, channels)).astype(np.uint8 if depth == 8 else np.uint16)
    picture = _load(tmp_path, _png(values, color_type, depth, key=[5] * channels))
    alpha = np.where((values == 5).all(axis=2), 0, top).astype(values.dtype)
    assert 0 < (alpha == 0).sum() < alpha.size
    _check(picture, "gray" if channels == 1 else "rgb", values, alpha)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_palette(tmp_path, kind):
    colors = _values((16, 3))
    index = RNG.integers(0, 16, (18, 21))
    image = Image.fromarray(index.astype(np.uint8), "P")
    image.putpalette(colors.tobytes())
    image.save(tmp_path / "a", kind)
    _check(load(tmp_path / "a"), "rgb", colors[index])
    if kind == "PNG":
        steps = np.arange(0, 160, 10, dtype=np.uint8)
        image.save(tmp_path / "b", kind, transparency=steps.tobytes())
        _check(load(tmp_path / "b"), "rgb", colors[index], steps[index])
        image.save(tmp_path / "c", kind, transparency=3)
        _check(load(tmp_path / "c"), "rgb", colors[index], np.where(index == 3, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    ("channels", "photometric", "extra"),
    [(1, "minisblack", []), (3, "rgb", []), (4, "rgb", ["unassalpha"]), (4, "separated", [])],
)
def test_tiff(tmp_path, channels, photometric, extra, dtype, compression, byteorder):
    values = _values((18, 23, channels), dtype)
    data = _tiff(
        values if channels > 1 else values[..., 0],
        photometric=photometric,
        extrasamples=extra,
        compression=compression,
        predictor=compression is not None,
        byteorder=byteorder,
    )
    space = {"minisblack": "gray", "rgb": "rgb", "separated": "cmyk"}[photometric]
    alpha = values[..., 3] if extra else None
    _check(_load(tmp_path, data), space, values[..., :3] if extra else values, alpha)


def test_16_bit_tiff_in_lzw_tiles_and_planes(tmp_path):
    values = _values((37, 41, 3), np.uint16)
    lzw = cv2.imencode(".tif", values[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])[1].tobytes()
    _check(_load(tmp_path, lzw), "rgb", values)
    for compression in (None, "zlib"):
        data = _tiff(values, photometric="rgb", tile=(16, 16), compression=compression)
        _check(_load(tmp_path, data), "rgb", values)
    for compression in (None, "zlib"):
        planes = {"photometric": "rgb", "planarconfig": "separate", "compression": compression}
        with pytest.raises(ImageError, match="16-bit planes; save it with interleaved"):
            _load(tmp_path, _tiff(np.moveaxis(values, -1, 0).copy(), **planes))
        small = _values((3, 20, 22))
        _check(_load(tmp_path, _tiff(small, **planes)), "rgb", np.moveaxis(small, 0, -1))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_whose_white_is_zero(tmp_path, dtype):
    values = _values((18, 20), dtype)
    data = _tiff(values, photometric="miniswhite")
    _check(_load(tmp_path, data), "gray", (np.iinfo(dtype).max - values)[..., None])


def test_16_bit_tiff_with_multiplied_alpha(tmp_path):
    values = _values((18, 20, 4), np.uint16)
    values[..., 3] = np.maximum(values[..., 3], 9)
    values[0, :, 3] = 0
    values[..., :3] = np.minimum(values[..., :3], values[..., 3:])
    picture = _load(tmp_path, _tiff(values, photometric="rgb", extrasamples=["assocalpha"]))
    np.testing.assert_array_equal(picture.alpha, values[..., 3])
    assert np.all(picture.pixels[0] == 0)
    expected = values[1:, :, :3] / values[1:, :, 3:] * 65535
    assert np.abs(picture.pixels[1:] - expected).max() <= 0.5 + 1e-6


def test_tiff_with_an_extra_channel(tmp_path):
    for dtype in (np.uint8, np.uint16):
        values = _values((18, 20, 4), dtype)
        data = _tiff(values, photometric="rgb", extrasamples=["unspecified"])
        with pytest.warns(SfumatoWarning, match="extra channels are left out"):
            picture = _load(tmp_path, data)
        _check(picture, "rgb", values[..., :3])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_tiff(np.zeros((20, 20), np.float32)), "floating-point"),
        (_tiff(np.zeros((20, 20, 3), np.float32), photometric="rgb"), "floating-point"),
        (_tiff(np.zeros((20, 20), np.float16)), "floating-point"),
        (_tiff(np.zeros((20, 20), np.int16)), "16-bit signed or odd"),
        (_tiff(np.zeros((20, 20), np.uint32)), "32-bit signed or odd"),
        (_tiff(np.zeros((20, 20, 3), np.uint8), photometric="cielab"), "LAB pixels are not supported"),
    ],
)
def test_tiff_of_other_kinds(tmp_path, data, message):
    with pytest.raises(ImageError, match=message):
        _load(tmp_path, data)


def test_jpeg_and_webp_agree_with_pillow(tmp_path):
    smooth = cv2.resize(_values((5, 6, 3)), (41, 33), interpolation=cv2.INTER_CUBIC)
    for kind, mode in [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("WEBP", "RGB"), ("WEBP", "RGBA")]:
        data = _pillow(smooth, kind, mode)
        picture = _load(tmp_path, data)
        with Image.open(io.BytesIO(data)) as image:
            expected = np.asarray(image)
        expected = expected.reshape(33, 41, -1)
        colors = picture.pixels.shape[2]
        assert picture.space == {"L": "gray", "CMYK": "cmyk"}.get(mode, "rgb")
        np.testing.assert_array_equal(picture.pixels, expected[..., :colors])


def test_adobe_cmyk_jpeg_is_not_inverted(tmp_path):
    inks = np.zeros((32, 32, 4), np.uint8)
    inks[..., 1] = 200
    out = io.BytesIO()
    Image.frombytes("CMYK", (32, 32), inks.tobytes()).save(out, "JPEG", quality=95)
    assert b"Adobe" in out.getvalue()  # the marker that says the inks are stored inverted
    picture = _load(tmp_path, out.getvalue())
    assert np.abs(picture.pixels.astype(int) - inks).max() <= 3


def _turned(values, orientation):
    """What a viewer shows, from the table in the EXIF specification: where row 0 and column 0 go."""
    row_0, column_0 = {
        1: ("top", "left"),
        2: ("top", "right"),
        3: ("bottom", "right"),
        4: ("bottom", "left"),
        5: ("left", "top"),
        6: ("right", "top"),
        7: ("right", "bottom"),
        8: ("left", "bottom"),
    }[orientation]
    if row_0 in ("left", "right"):  # stored rows are shown as columns
        values = np.transpose(values, (1, 0, 2))
        row_0, column_0 = column_0, row_0
    if row_0 == "bottom":
        values = np.flipud(values)
    return np.fliplr(values) if column_0 == "right" else values


def _exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@settings(max_examples=80, deadline=None)
@given(
    orientation=st.integers(1, 8),
    kind=st.sampled_from(["PNG", "TIFF", "WEBP", "PNG16", "GRAY16", "TIFF16", "TIFFGRAY16"]),
    height=st.integers(1, 20),
    width=st.integers(1, 20),
)
def test_orientation(tmp_path_factory, orientation, kind, height, width):
    deep = kind.endswith("16")
    channels = 1 if "GRAY" in kind else 3
    values = _values((height, width, channels), np.uint16 if deep else np.uint8)
    exif = _exif(orientation)
    if kind.startswith("TIFF"):
        data = _tiff(
            values.reshape(height, width, 3) if channels == 3 else values[..., 0],
            photometric="rgb" if channels == 3 else "minisblack",
            extratags=[(274, "H", 1, orientation, True)],
        )
    elif deep:
        plain = _png(values, 0 if channels == 1 else 2, 16)
        data = plain[:33] + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + plain[33:]
    else:
        data = _pillow(values, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    picture = _load(tmp_path_factory.mktemp("o"), data, min_side=1)
    np.testing.assert_array_equal(picture.pixels, _turned(values, orientation))
    assert picture.pixels.flags.c_contiguous
    assert picture.pixels.flags.writeable
    if picture.exif is not None:
        kept = Image.Exif()
        kept.load(picture.exif)
        assert kept.get(0x0112, 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_jpeg_and_of_alpha(tmp_path, orientation):
    values = cv2.resize(_values((5, 6, 3)), (41, 33), interpolation=cv2.INTER_CUBIC)
    data = _pillow(values, "JPEG", exif=_exif(orientation))
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(_load(tmp_path, data).pixels, expected)
    clear = _values((17, 20, 4))
    picture = _load(tmp_path, _pillow(clear, "PNG", exif=_exif(orientation)))
    np.testing.assert_array_equal(picture.alpha, _turned(clear, orientation)[..., 3])


def test_exif_keeps_what_describes_the_photo(tmp_path):
    exif = _exif(6)
    exif[0x010F] = "Maker"
    exif[0x0100] = 9999  # a width, from another life
    exif[0x9C9B] = "tïtle".encode("utf-16-le")
    exif[0x8769] = {0x9003: "2020:01:02 03:04:05", 0x829A: 0.004, 0x927C: b"maker\0note", 0xA005: {1: "R98"}}
    exif[0x8825] = {1: "N", 2: (45.0, 30.0, 1.5)}
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        picture = _load(tmp_path, _pillow(_values((20, 20, 3)), kind, exif=exif.tobytes()))
        kept = Image.Exif()
        kept.load(picture.exif)
        assert kept[0x010F] == "Maker"
        assert bytes(kept[0x9C9B]) == "tïtle".encode("utf-16-le")
        assert 0x0100 not in kept
        assert kept.get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
        assert kept.get_ifd(0x8769)[0x829A] == pytest.approx(0.004)
        assert kept.get_ifd(0x8769)[0x927C] == b"maker\0note"
        if kind != "TIFF":  # where Pillow loses it as it writes
            assert kept.get_ifd(0xA005)[1] == "R98"
        assert [float(v) for v in kept.get_ifd(0x8825)[2]] == [45, 30, 1.5]
    assert _load(tmp_path, _pillow(_values((20, 20, 3)), "PNG")).exif is None


def test_damaged_exif_is_left_out_with_a_warning(tmp_path):
    data = _pillow(_values((20, 20, 3)), "PNG")
    data = data[:33] + chunk(b"eXIf", b"nonsense") + data[33:]
    with pytest.warns(SfumatoWarning, match="EXIF data is damaged"):
        picture = _load(tmp_path, data)
    assert picture.exif is None


def test_exif_keeps_its_byte_order(tmp_path):
    for order, mark in (("<", b"II"), (">", b"MM")):
        exif = _exif(1)
        exif.endian = order
        picture = _load(tmp_path, _pillow(_values((20, 20, 3)), "JPEG", exif=exif))
        assert picture.exif[6:8] == mark


def test_warnings_of_pillow_do_not_leak(tmp_path):
    cut = b"II*\0\x08\0\0\0\x05\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)  # 1 entry of 5
    data = _pillow(_values((20, 30, 3)), "PNG")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert _load(tmp_path, data[:33] + chunk(b"eXIf", cut) + data[33:]).shape == (30, 20)
    assert not caught


@pytest.mark.parametrize("unit", [2, 3])
def test_dpi_from_the_file_or_from_exif(tmp_path, unit):
    values = _values((20, 20, 3))
    assert _load(tmp_path, _pillow(values, "JPEG", dpi=(72, 96))).dpi == (72, 96)
    assert _load(tmp_path, _pillow(values, "PNG", dpi=(300, 300))).dpi == pytest.approx((300, 300), abs=0.02)
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = 100.0, 200.0, unit
    scale = 1 if unit == 2 else 2.54
    assert _load(tmp_path, _pillow(values, "WEBP", exif=exif)).dpi == pytest.approx((100 * scale, 200 * scale))
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        assert _load(tmp_path, _pillow(values, kind)).dpi is None
    resolution = {"photometric": "rgb", "resolution": (100, 200), "resolutionunit": unit}
    assert _load(tmp_path, _tiff(values, **resolution)).dpi == pytest.approx((100 * scale, 200 * scale))
    assert _load(tmp_path, _tiff(values, **resolution | {"resolutionunit": 1})).dpi is None
    exif[0x011A] = 0.0
    assert _load(tmp_path, _pillow(values, "WEBP", exif=exif)).dpi is None


def test_profile_is_kept_and_a_useless_one_too(tmp_path, adobe_rgb, cmyk_profile):
    values = _values((20, 20, 3))
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        assert _load(tmp_path, _pillow(values, kind, icc_profile=adobe_rgb)).icc == adobe_rgb
        for icc in (b"not a profile", cmyk_profile):
            with pytest.warns(SfumatoWarning, match="color profile is not used, and its values are taken as sRGB"):
                picture = _load(tmp_path, _pillow(values, kind, icc_profile=icc))
            assert picture.icc == icc
            np.testing.assert_allclose(picture.rgb(), picture.pixels / 255, rtol=1e-6)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_first_of_several_frames(tmp_path, kind):
    frames = [Image.fromarray(_values((20, 20, 3))) for _ in range(3)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], **({"lossless": True} if kind == "WEBP" else {}))
    with pytest.warns(SfumatoWarning, match="3 pictures, and only the first"):
        picture = _load(tmp_path, out.getvalue())
    np.testing.assert_array_equal(picture.pixels, np.asarray(frames[0]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "picture: the file is empty$"),
        (b"\x00\xffwhatever", "picture: not a PNG, JPEG, TIFF or WebP picture; save it as PNG or JPEG$"),
        (b"RIFF\x24\0\0\0\xff\xff\xff\xff", "not a PNG, JPEG, TIFF or WebP picture; save it as PNG or JPEG$"),
        (_pillow(_values((1, 1)), "PNG"), "1 x 1 pixels are too few; each side needs at least 16$"),
        (_pillow(_values((40, 15)), "PNG"), "15 x 40 pixels are too few"),
        (_pillow(_values((15, 40)), "PNG"), "40 x 15 pixels are too few"),
    ],
)
def test_files_that_are_no_pictures(tmp_path, data, message):
    with pytest.raises(ImageError, match=message):
        _load(tmp_path, data)


@pytest.mark.parametrize("share", [0.05, 0.4, 0.9])
@pytest.mark.parametrize(
    "data",
    [_pillow(_values((40, 40, 3)), kind) for kind in ("PNG", "JPEG", "TIFF", "WEBP")]
    + [_png(_values((40, 40, 3), np.uint16), 2, 16), _tiff(_values((40, 40, 3), np.uint16), photometric="rgb")],
    ids=["png", "jpeg", "tiff", "webp", "png16", "tiff16"],
)
def test_cut_short(tmp_path, data, share):
    with pytest.raises(ImageError, match=r"cannot be decoded .*get it again") as caught:
        _load(tmp_path, data[: int(len(data) * share)])
    assert "\n" not in str(caught.value)


def test_too_many_pixels_is_said_before_decoding(tmp_path):
    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")
    with pytest.raises(
        ImageError,
        match=r"40000 x 40000 is 1600 megapixels, and the limit is 200; make it smaller, or allow more megapixels$",
    ):
        _load(tmp_path, bomb)
    jpeg = bytearray(_pillow(_values((20, 20, 3)), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 40_000, 40_000)
    with pytest.raises(ImageError, match="1600 megapixels"):
        _load(tmp_path, bytes(jpeg))
    small = _pillow(_values((20, 30, 3)), "PNG")
    assert _load(tmp_path, small, max_pixels=600).shape == (20, 30)
    with pytest.raises(ImageError, match=r"30 x 20 is 0\.0006 megapixels, and the limit is 0\.000599"):
        _load(tmp_path, small, max_pixels=599)


def test_the_limit_of_pillow_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    data = _pillow(_values((20, 20, 3)), "PNG")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _load(tmp_path, data).shape == (20, 20)


def test_paths_that_cannot_be_read(tmp_path, monkeypatch):
    for function in (load, read_recipe):
        with pytest.raises(ImageError, match=r"nothing\.png: no such file$"):
            function(tmp_path / "nothing.png")
        with pytest.raises(ImageError, match="a folder or a device"):
            function(tmp_path)
        with pytest.raises(ImageError, match=r"cannot be opened .*too long"):
            function(tmp_path / ("a" * 300))
        with pytest.raises(ImageError, match=r"cannot be opened .*null"):
            function("a\0b.png")
    (tmp_path / "a.png").write_bytes(_pillow(_values((20, 20, 3)), "PNG"))

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ImageError, match=r"a\.png: cannot be opened \(permission denied\)"):
        load(tmp_path / "a.png")


def test_running_out_of_memory_is_not_called_damage(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(sys.modules["sfumato.images.load"], "decoded", fail)
    with pytest.raises(MemoryError):
        _load(tmp_path, _pillow(_values((20, 20, 3)), "PNG"))


def test_no_recipe(tmp_path):
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        (tmp_path / "a").write_bytes(_pillow(_values((20, 20, 3)), kind, **({} if kind == "PNG" else {"xmp": b"<x/>"})))
        assert read_recipe(tmp_path / "a") is None
    for packet in (b"urn:sfumato <", b'<x xmlns="urn:sfumato"/>', b'<x xmlns="urn:sfumato"><recipe>x</recipe></x>'):
        (tmp_path / "a").write_bytes(_pillow(_values((20, 20, 3)), "WEBP", xmp=packet))
        assert read_recipe(tmp_path / "a") is None
    (tmp_path / "a").write_bytes(_pillow(_values((20, 20, 3)), "JPEG", comment=b"a comment"))
    assert read_recipe(tmp_path / "a") is None
