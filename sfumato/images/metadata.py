"""Metadata: EXIF, resolution, and the text of the recipe."""

from __future__ import annotations

import json
import math
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from PIL import ExifTags, Image, ImageFile

__all__ = [
    "RECIPE_KEY",
    "RECIPE_TAG",
    "dpi_of",
    "exif_with_dpi",
    "marked",
    "recipe_in",
    "sorted_exif",
    "upright_exif",
    "xmp_packet",
]

RECIPE_KEY = "sfumato-recipe"
RECIPE_TAG = 65101  # in TIFF's range for private use

_NAMESPACE = "urn:sfumato"
_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description rdf:about="" xmlns:s="{_NAMESPACE}"><s:recipe>%s</s:recipe>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_SUB_DIRECTORIES = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
# Tags on the layout of a TIFF file or a thumbnail, and independent blocks (XMP, IPTC, Photoshop, ICC), which would be
# wrong in the EXIF block of another picture.
_LAYOUT = {254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 277, 278, 279, 284, 290, 291, 292, 293}
_LAYOUT |= {301, 317, 318, 319, 320, *range(321, 326), 330, 332, 336, 338, 339, 340, 341, 347}
_LAYOUT |= {*range(512, 522), 529, 530, 531, 532, 700, 33723, 34377, 34675, 37724, RECIPE_TAG}


def sorted_exif(source: Image.Exif) -> Image.Exif:
    """Copy the tags that describe the photo, including their subdirectories.

    Parameters
    ----------
    source : PIL.Image.Exif
        EXIF data of any format; that of a TIFF file is its whole tag directory.

    Returns
    -------
    PIL.Image.Exif
        The data without tags on the layout of a file and without thumbnail.

    Examples
    --------
    >>> exif = Image.Exif()
    >>> exif[256], exif[271] = 640, "Maker"
    >>> dict(sorted_exif(exif))
    {271: 'Maker'}
    """
    exif = Image.Exif()
    exif.endian = source.endian  # maker notes often have the byte order of the block
    for tag in sorted(set(source) - _LAYOUT):
        value: Any = source[tag]
        if tag in _SUB_DIRECTORIES:
            value = dict(source.get_ifd(tag))
            if ExifTags.IFD.Interop in value:
                value[ExifTags.IFD.Interop] = source.get_ifd(ExifTags.IFD.Interop)
        exif[tag] = value
    return exif


def upright_exif(image: Image.Image) -> bytes | None:
    """Return the EXIF block of a picture with its orientation reset.

    Parameters
    ----------
    image : PIL.Image.Image
        Image as read.

    Returns
    -------
    bytes or None
        None if there is nothing to keep.

    Examples
    --------
    >>> upright_exif(Image.new("L", (1, 1))) is None
    True
    """
    exif = sorted_exif(image.getexif())
    if ExifTags.Base.Orientation in exif:
        exif[ExifTags.Base.Orientation] = 1
    return exif.tobytes() if len(exif) else None


def exif_with_dpi(block: bytes | None, dpi: tuple[float, float] | None) -> bytes | None:
    """Put the resolution into an EXIF block, for WebP, which has no other place for it.

    Parameters
    ----------
    block : bytes or None
        The EXIF block so far.
    dpi : (float, float) or None
        Dots per inch.

    Returns
    -------
    bytes or None

    Examples
    --------
    >>> exif_with_dpi(None, None) is None
    True
    """
    if dpi is None:
        return block
    exif = Image.Exif()
    exif.load(block or b"")
    exif = sorted_exif(exif)
    exif[ExifTags.Base.XResolution], exif[ExifTags.Base.YResolution] = dpi
    exif[ExifTags.Base.ResolutionUnit] = 2
    return exif.tobytes()


def dpi_of(image: Image.Image) -> tuple[float, float] | None:
    """Return the resolution of a file, from its own field or from its EXIF block.

    Parameters
    ----------
    image : PIL.Image.Image
        Image as read.

    Returns
    -------
    (float, float) or None
        Dots per inch; None if missing or invalid.

    Examples
    --------
    >>> dpi_of(Image.new("L", (1, 1))) is None
    True
    """
    # Pillow returns (1, 1) for TIFF files without a resolution; their EXIF block is the whole tag directory.
    found = None if image.format == "TIFF" else image.info.get("dpi")
    if found is None:
        exif = image.getexif()
        unit = {2: 1.0, 3: 2.54}.get(exif.get(ExifTags.Base.ResolutionUnit, 2), 0.0)
        names = (ExifTags.Base.XResolution, ExifTags.Base.YResolution)
        found = [float(exif.get(name, 0)) * unit for name in names]
    across, down = (float(value) for value in found)
    return (across, down) if all(math.isfinite(v) and v > 0 for v in (across, down)) else None


def marked(recipe: str) -> bytes:
    """Return a recipe's text after a first line that distinguishes it from other data.

    Parameters
    ----------
    recipe : str
        The text.

    Returns
    -------
    bytes

    Examples
    --------
    >>> marked("a = 1")
    b'sfumato-recipe\\na = 1'
    """
    return f"{RECIPE_KEY}\n{recipe}".encode()


def xmp_packet(recipe: str) -> bytes:
    """Return an XMP packet with a recipe's text as a JSON string, which can represent any text.

    Parameters
    ----------
    recipe : str
        The text.

    Returns
    -------
    bytes

    Examples
    --------
    >>> b'<s:recipe>"1 &lt; 2"</s:recipe>' in xmp_packet("1 < 2")
    True
    """
    return (_XMP % escape(json.dumps(recipe))).encode()


def recipe_in(image: ImageFile.ImageFile) -> str | None:
    """Return the text of the recipe in a file, or None.

    Parameters
    ----------
    image : PIL.ImageFile.ImageFile
        Image as opened.

    Returns
    -------
    str or None

    Examples
    --------
    >>> recipe_in(Image.new("L", (1, 1))) is None
    True
    """
    text = image.info.get(RECIPE_KEY)
    if isinstance(text, str):
        return str(text)
    for data in (image.info.get("comment"), getattr(image, "tag_v2", {}).get(RECIPE_TAG)):
        if isinstance(data, bytes) and data.startswith(marked("")):
            return data.removeprefix(marked("")).decode(errors="replace")
    packet = image.info.get("xmp")
    if isinstance(packet, bytes) and _NAMESPACE.encode() in packet:
        try:
            node = ElementTree.fromstring(packet).find(f".//{{{_NAMESPACE}}}recipe")
            return None if node is None else str(json.loads(node.text or '""'))
        except (ElementTree.ParseError, ValueError):
            return None
    return None
