"""Recognition of unsupported files by their first bytes, for helpful messages."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["AGAIN", "HEAD", "RAW", "is_raw", "refusal"]

#: Number of bytes from the start of a file that are enough to recognize it.
HEAD = 4096

#: Advice for a picture of an unsupported format.
AGAIN = "save it as PNG or JPEG"

_PAGE = "save the picture itself, as PNG or JPEG"
_UNPACK = "take the picture out of it"
_FRAME = "save one of its frames as PNG or JPEG"

_RAW = ("a camera's raw file", "develop it, and save it as PNG, TIFF or JPEG")

#: The same as one message.
RAW = "this is {}; {}".format(*_RAW)

# TIFF tags: the version of DNG; the content of a directory, 1 for a preview; and the offsets of other directories.
_DNG, _HOLDS, _MORE = 50706, 254, 330

_BOXES = {b"avif": "an AVIF picture", b"avis": "an AVIF picture"}
_BOXES |= dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "a HEIC picture")
_BOXES |= dict.fromkeys((b"mif1", b"mif2", b"msf1", b"miaf"), "a HEIF picture")

# Offset, bytes at it, kind of file, and advice; the first match counts.
_MARKS: tuple[tuple[int, bytes, str, str], ...] = (
    (0, b"GIF8", "a GIF picture", AGAIN),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture", AGAIN),
    (0, b"\xff\x0a", "a JPEG XL picture", AGAIN),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", AGAIN),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture", AGAIN),
    (0, b"8BPS", "a Photoshop document (PSD)", AGAIN),
    (0, b"gimp xcf", "a GIMP document (XCF)", AGAIN),
    (0, b"%PDF-", "a PDF document", AGAIN),
    (0, b"%!PS", "a PostScript document", AGAIN),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document (EPS)", AGAIN),
    (0, b"v/1\x01", "an OpenEXR picture", AGAIN),
    (0, b"#?R", "a Radiance HDR picture", AGAIN),
    (0, b"DDS ", "a DDS texture", AGAIN),
    (0, b"qoif", "a QOI picture", AGAIN),
    (0, b"\0\0\x01\0", "an icon (ICO)", AGAIN),
    (0, b"icns", "an icon (ICNS)", AGAIN),
    (0, b"\x93NUMPY", "a NumPy array", AGAIN),
    (0, b"II\x1a\0\0\0HEAPCCDR", *_RAW),  # Canon's older format
    (0, b"IIU\0", *_RAW),  # Panasonic
    (0, b"IIRO", *_RAW),  # Olympus, like the next two
    (0, b"IIRS", *_RAW),
    (0, b"MMOR", *_RAW),
    (0, b"FUJIFILMCCD-RAW", *_RAW),
    (0, b"\0MRM", *_RAW),  # Minolta
    (0, b"FOVb", *_RAW),  # Sigma
    (8, b"WAVE", "a sound (WAV)", "give a picture"),
    (8, b"AVI ", "a video (AVI)", _FRAME),
    (0, b"\x1a\x45\xdf\xa3", "a video (Matroska or WebM)", _FRAME),
    (30, b"mimetypeimage/openraster", "an OpenRaster document", AGAIN),
    (30, b"mimetypeapplication/x-krita", "a Krita document", AGAIN),
    (0, b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (0, b"\x1f\x8b", "a gzip archive", _UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (0, b"Rar!", "a RAR archive", _UNPACK),
)


def refusal(head: bytes) -> str | None:
    """Return what an unsupported file is, and what to do.

    Parameters
    ----------
    head : bytes
        The first `HEAD` bytes of the file.

    Returns
    -------
    str or None
        None if the file is not recognized, or looks like a supported picture.

    Examples
    --------
    >>> refusal(b"GIF89a")
    'this is a GIF picture; save it as PNG or JPEG'
    >>> refusal(b"no mark of any kind: \\xff\\xff") is None
    True
    """
    what, advice = next(
        ((name, todo) for at, mark, name, todo in _MARKS if head[at : at + len(mark)] == mark),
        _media(head) or _bitmap(head) or _text(head) or ("", ""),
    )
    return f"this is {what}; {advice}" if what else None


def is_raw(head: bytes, tags: Mapping[int, Any]) -> bool:
    """Tell whether a file that begins like a TIFF is a camera's raw file.

    Parameters
    ----------
    head : bytes
        The first bytes of the file.
    tags : mapping of int to value
        Tags of its first directory.

    Returns
    -------
    bool
        True for Canon's CR2, for DNG, and if the first directory is the preview of another (Nikon, Sony, Pentax).

    Examples
    --------
    >>> is_raw(b"II*\\0\\x10\\0\\0\\0CR\\x02", {}), is_raw(b"II*\\0\\x08\\0\\0\\0", {256: 640})
    (True, False)
    """
    return head[8:11] == b"CR\x02" or _DNG in tags or (tags.get(_HOLDS) == 1 and _MORE in tags)


def _media(head: bytes) -> tuple[str, str] | None:
    """Recognize files made of boxes (ISO 14496-12): pictures, videos, and Canon's CR3."""
    if head[4:8] != b"ftyp":
        return None
    brand = head[8:12]
    if brand == b"crx ":
        return _RAW
    brands = [brand, *re.findall(b"....", head[16 : int.from_bytes(head[:4])], re.DOTALL)]
    known = [_BOXES[one] for one in brands if one in _BOXES]
    # A general brand of pictures is followed by more specific ones.
    closer = [name for name in known if name != "a HEIF picture"]
    return ((closer or known)[0], AGAIN) if known else ("a video (MP4 or MOV)", _FRAME)


def _bitmap(head: bytes) -> tuple[str, str] | None:
    """Recognize formats whose magic number is so short that text could begin with it."""
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "a BMP picture", AGAIN
    if re.match(rb"P[1-7f][\s#]", head):
        return "a Netpbm picture (PNM)", AGAIN
    return None


def _text(head: bytes) -> tuple[str, str] | None:
    """Recognize web pages, drawings and other text."""
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    # The last character may be incomplete.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).strip().lower()
    start = re.sub(r"^(\s|<\?.*?\?>|<!--.*?-->)+", "", text, flags=re.DOTALL)
    if start.startswith(("<svg", "<!doctype svg")):
        return "a drawing (SVG)", AGAIN
    if start.startswith(("<!doctype html", "<html", "<head", "<body", "<script", "<meta")):
        return "a web page (HTML)", _PAGE
    if not text or "\ufffd" in text or "\0" in text:
        return None
    return "a text file", "give a picture, PNG or JPEG"
