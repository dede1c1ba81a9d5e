"""Files that are something else, whatever their name: what they are, and what to do."""

import io
import struct
import zipfile

import numpy as np
import pytest
import tifffile
from PIL import Image

from sfumato.errors import ImageError
from sfumato.images import load, read_recipe
from sfumato.images.kinds import HEAD

AGAIN = "save it as PNG or JPEG"
RAW = "this is a camera's raw file; develop it, and save it as PNG, TIFF or JPEG"


def _pillow(kind):
    out = io.BytesIO()
    Image.new("RGB", (20, 20), (200, 30, 10)).save(out, kind)
    return out.getvalue()


def _zip(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _boxes(brand, *others):
    body = brand + b"\0\0\0\0" + b"".join(others)
    return struct.pack(">I", len(body) + 8) + b"ftyp" + body + b"\0\0\0\x08mdat" + bytes(40)


def _tiff(more=0, **options):
    """A TIFF, with so many directories hung below its first."""
    out, picture = io.BytesIO(), np.zeros((20, 20, 3), np.uint8)
    with tifffile.TiffWriter(out) as file:
        file.write(picture, photometric="rgb", subifds=more, **options)
        for _ in range(more):
            file.write(picture, photometric="rgb")
    return out.getvalue()


@pytest.mark.parametrize("name", ["photo.jpg", "photo"])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_pillow("GIF"), f"a GIF picture; {AGAIN}"),
        (_pillow("BMP"), f"a BMP picture; {AGAIN}"),
        (_pillow("JPEG2000"), f"a JPEG 2000 picture; {AGAIN}"),
        (b"\xff\x4f\xff\x51\0\x2f" + bytes(40), f"a JPEG 2000 picture; {AGAIN}"),
        (_pillow("PDF"), f"a PDF document; {AGAIN}"),
        (_pillow("PPM"), f"a Netpbm picture (PNM); {AGAIN}"),
        (_pillow("ICO"), f"an icon (ICO); {AGAIN}"),
        (_pillow("EPS"), f"a PostScript document; {AGAIN}"),
        (_boxes(b"heic", b"mif1", b"heic"), f"a HEIC picture; {AGAIN}"),
        (_boxes(b"mif1", b"mif1", b"heic"), f"a HEIC picture; {AGAIN}"),
        (_boxes(b"avif", b"mif1", b"avif"), f"an AVIF picture; {AGAIN}"),
        (_boxes(b"mif1", b"miaf", b"avif"), f"an AVIF picture; {AGAIN}"),
        (_boxes(b"mif1", b"miaf"), f"a HEIF picture; {AGAIN}"),
        (_boxes(b"isom", b"mp42"), "a video (MP4 or MOV); save one of its frames as PNG or JPEG"),
        (b"RIFF\x24\0\0\0AVI LIST" + bytes(40), "a video (AVI); save one of its frames as PNG or JPEG"),
        (b"\x1a\x45\xdf\xa3" + bytes(40), "a video (Matroska or WebM); save one of its frames as PNG or JPEG"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a sound (WAV); give a picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), f"a JPEG XL picture; {AGAIN}"),
        (b"\xff\x0a\xfa\x1f" + bytes(40), f"a JPEG XL picture; {AGAIN}"),
        (b"8BPS\0\1" + bytes(40), f"a Photoshop document (PSD); {AGAIN}"),
        (b"gimp xcf v011\0" + bytes(40), f"a GIMP document (XCF); {AGAIN}"),
        (_zip(mimetype="image/openraster"), f"an OpenRaster document; {AGAIN}"),
        (_zip(mimetype="application/x-krita"), f"a Krita document; {AGAIN}"),
        (_zip(a="b"), "a ZIP archive; take the picture out of it"),
        (b"\x1f\x8b\x08\0" + bytes(40), "a gzip archive; take the picture out of it"),
        (b"<!DOCTYPE html><html>", "a web page (HTML); save the picture itself, as PNG or JPEG"),
        (
            b"\xef\xbb\xbf\r\n <!-- saved -->\n<HTML lang=de>",
            "a web page (HTML); save the picture itself, as PNG or JPEG",
        ),
        ("\ufeff<html>äöü</html>".encode("utf-16-le"), "a web page (HTML); save the picture itself, as PNG or JPEG"),
        (b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="a">', f"a drawing (SVG); {AGAIN}"),
        (b"version https://example.org/spec/v1\noid sha256:0\n", "a text file; give a picture, PNG or JPEG"),
        ("ä".encode() * HEAD, "a text file; give a picture, PNG or JPEG"),
        (b"x" + "ä".encode() * HEAD, "a text file; give a picture, PNG or JPEG"),  # the head ends within a character
    ],
)
def test_what_a_file_is(tmp_path, data, said, name):
    (tmp_path / name).write_bytes(data)
    for read in (load, read_recipe):
        with pytest.raises(ImageError) as caught:
            read(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name}: this is {said}"


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0\x10\0\0\0CR\x02\0" + bytes(4) + struct.pack("<HHHIII", 1, 256, 3, 1, 20, 0),
        _boxes(b"crx ", b"crx ", b"isom"),
        b"II\x1a\0\0\0HEAPCCDR" + bytes(40),
        b"IIRO\x08\0\0\0" + bytes(40),
        b"IIU\0\x08\0\0\0" + bytes(40),
        b"FUJIFILMCCD-RAW 0201" + bytes(40),
        _tiff(extratags=[(50706, "B", 4, b"\1\4\0\0", True)]),
        _tiff(subfiletype=1, more=1),
    ],
    ids=["CR2", "CR3", "CRW", "ORF", "RW2", "RAF", "DNG", "NEF"],
)
def test_raw_files_of_cameras(tmp_path, data):
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(ImageError) as caught:
        load(tmp_path / "a.tif")
    assert str(caught.value) == f"{tmp_path / 'a.tif'}: {RAW}"


@pytest.mark.parametrize("options", [{}, {"subfiletype": 1}, {"more": 1}])
def test_other_tiffs_are_read(tmp_path, options):
    (tmp_path / "a.tif").write_bytes(_tiff(**options))
    assert load(tmp_path / "a.tif").shape == (20, 20)


def test_what_is_not_known(tmp_path):
    (tmp_path / "a.png").write_bytes(bytes(range(256)) * 4)
    with pytest.raises(ImageError) as caught:
        load(tmp_path / "a.png")
    assert str(caught.value) == f"{tmp_path / 'a.png'}: not a PNG, JPEG, TIFF or WebP picture; {AGAIN}"
