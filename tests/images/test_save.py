import errno
import os
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sfumato.errors import InputError, OutputError, SfumatoWarning
from sfumato.images import Picture, check_output, from_array, load, read_recipe, save

RNG = np.random.default_rng(0)
RECIPE = 'name = "Früh & spät <1>"\n# ナ\t"quoted"\r\nvalue = 1\n'


#: The formats that keep every byte of a picture, by its space, depth, and whether it has alpha.
KEPT = {
    ("gray", np.uint8, False): [".png", ".tif"],
    ("gray", np.uint8, True): [".png", ".tif"],
    ("gray", np.uint16, False): [".png", ".tif"],
    ("gray", np.uint16, True): [".png"],
    ("rgb", np.uint8, False): [".png", ".tif", ".webp"],
    ("rgb", np.uint8, True): [".png", ".tif", ".webp"],
    ("rgb", np.uint16, False): [".png", ".tif"],
    ("rgb", np.uint16, True): [".png", ".tif"],
    ("cmyk", np.uint8, False): [".tif"],
    ("cmyk", np.uint16, False): [".tif"],
}


def _picture(space="rgb", dtype=np.uint8, alpha=False, size=(20, 23), **fields):
    channels = {"gray": 1, "rgb": 3, "cmyk": 4}[space]
    top = int(np.iinfo(dtype).max) + 1
    return Picture(
        RNG.integers(0, top, (*size, channels), dtype),
        RNG.integers(0, top, size, dtype) if alpha else None,
        space,
        **fields,
    )


def _same(one, other):
    assert one.space == other.space
    assert one.pixels.dtype == other.pixels.dtype
    np.testing.assert_array_equal(one.pixels, other.pixels)
    assert (one.alpha is None) == (other.alpha is None)
    if one.alpha is not None:
        np.testing.assert_array_equal(one.alpha, other.alpha)


@pytest.fixture
def exif():
    block = Image.Exif()
    block[0x010F], block[0x0112] = "Maker", 1
    block[0x8769] = {0x9003: "2020:01:02 03:04:05", 0x9204: -0.5, 0x927C: b"maker\0note", 0xA005: {1: "R98"}}
    return block.tobytes()


@settings(max_examples=150, deadline=None)
@given(
    space=st.sampled_from(["gray", "rgb", "cmyk"]),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    alpha=st.booleans(),
    suffix=st.sampled_from([".png", ".tif", ".TIFF", ".webp"]),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 10**6),
    dpi=st.sampled_from([None, (72.0, 72.0), (300.0, 299.5)]),
)
def test_what_can_be_kept_is_kept(tmp_path_factory, space, dtype, alpha, suffix, height, width, seed, dpi):
    rng = np.random.default_rng(seed)
    top = int(np.iinfo(dtype).max) + 1
    values = rng.integers(0, top, (height, width, 5), dtype)
    values[0, 0, 4] = 0  # WebP has no alpha channel that is opaque everywhere
    alpha = alpha and space != "cmyk"
    channels = {"gray": 1, "rgb": 3, "cmyk": 4}[space]
    picture = Picture(values[..., :channels], values[..., 4] if alpha else None, space, dpi=dpi)
    path = tmp_path_factory.mktemp("s") / f"a{suffix}"
    if suffix.lower().replace("tiff", "tif") in KEPT[space, dtype, alpha]:
        save(picture, path)
        first = load(path, min_side=1)
        _same(first, picture)
        save(first, path, overwrite=True)
        second = load(path, min_side=1)
        _same(second, picture)
        assert (second.icc, second.exif) == (first.icc, first.exif)
        assert first.dpi == (pytest.approx(dpi, abs=0.02) if dpi else None)
        assert second.dpi == pytest.approx(first.dpi)
    else:
        with pytest.warns(SfumatoWarning) as caught:
            save(picture, path)
        assert len(caught) == 1
        assert load(path, min_side=1).shape == (height, width)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(("space", "alpha"), [("gray", False), ("rgb", False), ("rgb", True)])
def test_png_and_tiff_as_opencv_and_tifffile_read_them(tmp_path, space, alpha, dtype):
    picture = _picture(space, dtype, alpha, size=(300, 701))  # more than one TIFF strip
    expected = picture.pixels if not alpha else np.dstack([picture.pixels, picture.alpha])
    save(picture, tmp_path / "a.png")
    read = cv2.imdecode(np.fromfile(tmp_path / "a.png", np.uint8), cv2.IMREAD_UNCHANGED)
    if read.ndim == 3:
        read = read[..., [2, 1, 0, 3][: read.shape[2]]]
    np.testing.assert_array_equal(read.reshape(expected.shape), expected)
    save(picture, tmp_path / "a.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif").reshape(expected.shape), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cmyk_tiff_as_tifffile_reads_it(tmp_path, dtype, cmyk_profile):
    picture = _picture("cmyk", dtype, icc=cmyk_profile)
    save(picture, tmp_path / "a.tif")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages[0]
        assert page.photometric == tifffile.PHOTOMETRIC.SEPARATED
        np.testing.assert_array_equal(page.asarray(), picture.pixels)
        assert page.iccprofile == cmyk_profile


@pytest.mark.parametrize("recipe", [None, "", RECIPE, "x" * 59_000])
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.filterwarnings("ignore::sfumato.errors.SfumatoWarning")
def test_everything_beside_the_pixels_goes_along(tmp_path, dtype, suffix, recipe, exif, adobe_rgb):
    path = tmp_path / f"a{suffix}"
    save(_picture(dtype=dtype, icc=adobe_rgb, exif=exif, dpi=(150.0, 151.0)), path, recipe=recipe)
    for _ in range(2):
        picture = load(path)
        assert read_recipe(path) == recipe
        assert picture.icc == adobe_rgb
        assert picture.dpi == pytest.approx((150, 151), abs=0.02)
        kept = Image.Exif()
        kept.load(picture.exif)
        assert (kept[0x010F], kept[0x0112]) == ("Maker", 1)
        assert kept.get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
        assert float(kept.get_ifd(0x8769)[0x9204]) == -0.5
        assert kept.get_ifd(0x8769)[0x927C] == b"maker\0note"
        assert kept.get_ifd(0xA005)[1] == "R98"
        save(picture, path, recipe=recipe, overwrite=True)


@settings(max_examples=60, deadline=None)
@given(
    recipe=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    suffix=st.sampled_from([".png", ".jpg", ".tif", ".webp"]),
)
def test_any_text_survives_as_recipe(tmp_path_factory, recipe, suffix):
    path = tmp_path_factory.mktemp("r") / f"a{suffix}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SfumatoWarning)
        save(from_array(np.zeros((16, 16, 3), np.uint8)), path, recipe=recipe)
    assert read_recipe(path) == recipe


def test_a_recipe_that_is_too_long(tmp_path):
    with pytest.raises(OutputError, match="a recipe of 60002 bytes does not fit"):
        save(_picture(), tmp_path / "a.png", recipe="é" * 30_001)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("space", "dtype", "alpha"), KEPT)
def test_a_format_that_cannot_hold_all_says_so(tmp_path, space, dtype, alpha):
    picture = _picture(space, dtype, alpha)
    for suffix in (".png", ".jpg", ".tif", ".webp"):
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            save(picture, tmp_path / f"a{suffix}")
        assert (not heard) == (suffix in KEPT[space, dtype, alpha])


@pytest.mark.parametrize(
    ("picture", "suffix", "message"),
    [
        (_picture(), "jpg", "JPEG cannot keep the untouched pixels' bytes; save as PNG or TIFF to keep them"),
        (_picture(alpha=True), "jpg", "bytes; alpha is dropped; save as PNG or TIFF to keep them"),
        (_picture(dtype=np.uint16), "jpg", "JPEG holds 8 bits, so 16 are rounded; save as PNG or TIFF"),
        (_picture(dtype=np.uint16), "webp", "WebP holds 8 bits, so 16 are rounded; save as PNG or TIFF"),
        (_picture("cmyk"), "png", "PNG holds no CMYK, so the bytes of all pixels change to sRGB; save as TIFF to"),
        (_picture("cmyk"), "jpg", "untouched pixels' bytes; save as TIFF to keep them"),
        (_picture("gray"), "webp", "gray becomes RGB in WebP; save as PNG or TIFF to keep them"),
        (_picture("gray", np.uint16, True), "tif", "gray becomes RGB in TIFF; save as PNG to keep them"),
        (_picture("gray", icc=b"?"), "webp", "gray becomes RGB in WebP, and its profile is left out; save"),
        (_picture(icc=bytes(1_100_000)), "png", "profile of more than 1 MiB is left out of PNG, and colors will look"),
        (_picture(exif=b"Exif\0\0" + bytes(70_000)), "jpg", "the EXIF data is too long and left out"),
    ],
)
def test_one_warning_says_all_that_is_lost(tmp_path, picture, suffix, message):
    with pytest.warns(SfumatoWarning) as caught:
        save(picture, tmp_path / f"a.{suffix}")
    assert len(caught) == 1
    assert message in str(caught[0].message)
    assert caught[0].filename == __file__
    load(tmp_path / f"a.{suffix}")


@pytest.mark.filterwarnings("ignore::sfumato.errors.SfumatoWarning")
def test_lossy_saves_change_what_they_said_and_no_more(tmp_path, adobe_rgb):
    deep = _picture(dtype=np.uint16, alpha=True, icc=adobe_rgb)
    save(deep, tmp_path / "a.webp")
    saved = load(tmp_path / "a.webp")
    np.testing.assert_array_equal(saved.pixels, np.rint(deep.pixels / 257))
    np.testing.assert_array_equal(saved.alpha, np.rint(deep.alpha / 257))
    gray = _picture("gray", np.uint16, True)
    save(gray, tmp_path / "g.tif")
    np.testing.assert_array_equal(load(tmp_path / "g.tif").pixels, np.repeat(gray.pixels, 3, axis=2))
    np.testing.assert_array_equal(load(tmp_path / "g.tif").alpha, gray.alpha)
    save(_picture(alpha=True), tmp_path / "a.jpg")
    assert load(tmp_path / "a.jpg").alpha is None


@pytest.mark.parametrize("space", ["gray", "rgb", "cmyk"])
def test_jpeg_quality_and_color_resolution(tmp_path, space):
    smooth = cv2.GaussianBlur(_picture(space, size=(64, 64)).pixels, (0, 0), 3).reshape(64, 64, -1)
    picture = Picture(smooth, space=space)
    errors = []
    for quality in (30, 95):
        with pytest.warns(SfumatoWarning, match="JPEG cannot"):
            save(picture, tmp_path / "a.jpg", quality=quality, overwrite=True)
        saved = load(tmp_path / "a.jpg")
        assert saved.space == space
        errors.append(np.abs(saved.pixels.astype(int) - smooth).mean())
    assert errors[1] < 1.5
    assert errors[1] < errors[0]
    with Image.open(tmp_path / "a.jpg") as image:
        assert {layer[1:3] for layer in image.layer} == {(1, 1)}  # 4:4:4


def test_quality_out_of_range(tmp_path):
    for quality in (0, 101):
        with pytest.raises(InputError, match=f"quality {quality} is out of range"):
            save(_picture(), tmp_path / "a.jpg", quality=quality)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_cmyk_becomes_srgb_in_png(tmp_path, dtype, cmyk_profile):
    picture = _picture("cmyk", dtype, icc=cmyk_profile, size=(300, 20))  # more than one band
    with pytest.warns(SfumatoWarning, match="holds no CMYK"):
        save(picture, tmp_path / "a.png")
    saved = load(tmp_path / "a.png")
    assert (saved.space, saved.icc, saved.pixels.dtype) == ("rgb", None, dtype)
    np.testing.assert_allclose(saved.rgb(), picture.rgb(), atol=0.51 / np.iinfo(dtype).max)


def test_colors_under_alpha_0_stay_in_webp(tmp_path):
    picture = _picture(alpha=True)
    picture.alpha[:] = 0
    save(picture, tmp_path / "a.webp")
    _same(load(tmp_path / "a.webp"), picture)


@pytest.mark.parametrize(("suffix", "width"), [("jpg", 65_501), ("webp", 16_384)])
def test_too_large_for_the_format(tmp_path, suffix, width):
    with pytest.raises(OutputError, match=f"pixels on a side, and the picture is {width} x 16; save as PNG"):
        save(_picture(size=(16, width)), tmp_path / f"a.{suffix}")


def test_an_existing_file_stays_unless_told(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("mine")
    with pytest.raises(OutputError, match=r"a\.png: exists already; choose another name, or allow it to be replaced$"):
        save(_picture(), path)
    assert path.read_text() == "mine"
    save(_picture(), path, overwrite=True)
    assert load(path).shape == (20, 23)
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("where", ["write", "fsync", "replace"])
@pytest.mark.parametrize("existing", [False, True])
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, where, existing):
    path = tmp_path / "a.png"
    if existing:
        path.write_text("mine")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    if where == "write":
        original = Path.open

        def opened(self, mode="r", **options):
            file = original(self, mode, **options)
            return _Full(file) if "x" in mode else file

        monkeypatch.setattr(Path, "open", opened)
    else:
        monkeypatch.setattr(os, where, fail)
    with pytest.raises(OutputError, match=r"a\.png: cannot be written: the disk is full; free some space"):
        save(_picture(), path, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == (["a.png"] if existing else [])
    if existing:
        assert path.read_text() == "mine"


class _Full:
    """A file on a disk that has no room left."""

    def __init__(self, file):
        self._file = file

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, data):
        self._file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")


def test_other_faults_while_writing(tmp_path, monkeypatch):
    def fail(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OutputError, match="cannot be written: permission denied; choose another folder"):
        save(_picture(), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing_behind_and_goes_on(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(_picture(), tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_the_new_file_has_ordinary_permissions(tmp_path):
    save(_picture(), tmp_path / "a.png")
    (tmp_path / "plain").write_text("")
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_outputs_that_cannot_work(tmp_path, monkeypatch):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "in.png").write_text("")
    (tmp_path / "link.png").symlink_to(tmp_path / "in.png")
    cases = {
        "folder.png": "a folder; name a file in it",
        "a.gif": r"unknown ending '\.gif'; use \.png, \.jpg, \.jpeg, \.tif, \.tiff or \.webp",
        "a": "unknown ending ''",
        "none/a.png": "there is no folder .*none; make it first",
        "file/a.png": "there is no folder .*file; make it first",
        "in.png": "also an input",
        "link.png": "also an input",
        f"{'a' * 300}.png": "file name too long; choose another name",
    }
    for name, message in cases.items():
        with pytest.raises(OutputError, match=message):
            check_output(tmp_path / name, inputs=[tmp_path / "in.png", "not-there.png"], overwrite=True)
    with pytest.raises(OutputError, match="exists already"):
        check_output(tmp_path / "in.png")
    with pytest.raises(OutputError, match="unknown ending"):
        save(_picture(), tmp_path / "a.bmp")
    check_output(tmp_path / "in.png", overwrite=True)
    check_output(tmp_path / "a.JPEG", inputs=[tmp_path / "in.png"])

    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "touch", refused)
    with pytest.raises(OutputError, match=r"no permission to write to .*; choose another"):
        check_output(tmp_path / "a.png")
