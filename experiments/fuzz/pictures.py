"""Picture files of all kinds, whole and damaged, in every place where a command takes one."""

from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image, ImageOps, PngImagePlugin

from experiments.fuzz.case import CPU, FAST, TRAINING, Case, any_of, chance, some, texture

__all__ = ["ROLES", "picture"]

_FOREIGN = {
    "HTML": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "text": b"hello, world\n" * 20,
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(range(256)),
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(range(256)),
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(200),
    "ZIP": b"PK\3\4" + bytes(60),
    "SVG": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "JPEG XL": b"\xff\x0a" + bytes(100),
    "nothing": b"",
    "zeros": bytes(1000),
    "RIFF of sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(40),
}


def picture(rng: np.random.Generator) -> Case:
    """Return a case with a picture that may be odd or damaged."""
    name, about = _write(rng, any_of(rng, "odd", "a b", "odd.x"))
    role = any_of(rng, *ROLES)
    case: Case = ROLES[role](rng, name)
    return Case(f"{about}, as {role}", case.arguments, case.outputs, case.codes, case.usable)


def _write(rng: np.random.Generator, stem: str) -> tuple[str, str]:
    """Write a file; return its name, and what is odd with it."""
    kind = any_of(rng, "png", "jpg", "tif", "webp")
    ending = any_of(rng, "png", "jpg", "jpeg", "tif", "tiff", "webp", "PNG") if chance(rng, 0.1) else kind
    name = f"{stem}.{ending}"
    what = rng.random()
    if what < 0.08:
        about = any_of(rng, *_FOREIGN)
        Path(name).write_bytes(_FOREIGN[about])
    elif what < 0.11:
        about = any_of(rng, "GIF", "BMP", "ICO", "PPM")
        Image.fromarray(texture(32, 32, 0)).save(name, about)
    elif what < 0.14:
        about = any_of(rng, "a folder", "a pipe", "a link to nowhere", "a link to itself")
        if about == "a folder":
            Path(name).mkdir()
        elif about == "a pipe":
            os.mkfifo(name)
        else:
            Path(name).symlink_to(name if "itself" in about else "nowhere")
    else:
        data, about = _encoded(rng, kind)
        # What is whole but of a rare kind matters as much as damage.
        if chance(rng, 0.7):
            data, how = _damaged(rng, kind, data)
            about = f"{about} {how}"
        Path(name).write_bytes(data)
    return name, f"{name}: {about}"


def _encoded(rng: np.random.Generator, kind: str) -> tuple[bytes, str]:
    """Return a file of some mode and with some data in it, such as can be written."""
    while True:
        try:
            return _tried(rng, kind)
        except Exception:  # on data that makes no sense Pillow raises nearly anything
            continue


def _tried(rng: np.random.Generator, kind: str) -> tuple[bytes, str]:
    height, width = some(rng, 16, 90), some(rng, 16, 90)
    image = Image.fromarray(texture(height, width, some(rng, 0, 99)))
    options: dict[str, Any] = {}
    if chance(rng, 0.25):
        options["exif"] = _exif(rng)
    if chance(rng, 0.25):
        options["icc_profile"] = _profile(rng)
    mode = any_of(rng, *{"png": _PNG, "jpg": _JPEG, "tif": _TIFF, "webp": _WEBP}[kind])
    said = f"{mode} {width} x {height}" + "".join(f" with {key}" for key in options)
    if kind == "tif" and mode.startswith("tifffile "):
        return _by_tifffile(rng, image, mode), said
    out = BytesIO()
    if mode == "animated":
        image.save(out, kind.upper(), save_all=True, append_images=[ImageOps.invert(image)], duration=100, **options)
    elif kind == "png":
        if chance(rng, 0.2):
            text = PngImagePlugin.PngInfo()
            text.add_text("comment", "x" * 30_000_000 if chance(rng, 0.3) else "\0\xff\n" * 100, zip=True)
            options["pnginfo"] = text
        if chance(rng, 0.2):
            options["transparency"] = 0 if mode in ("L", "1", "P") else (0, 0, 0) if mode == "RGB" else None
        _converted(image, mode).save(out, "PNG", **{key: value for key, value in options.items() if value is not None})
    elif kind == "jpg":
        options |= {"progressive": mode == "progressive", "quality": some(rng, 1, 100)}
        image.convert(mode if mode in ("L", "CMYK") else "RGB").save(out, "JPEG", **options)
    elif kind == "webp":
        alpha = image.convert("RGBA") if mode == "alpha" else image
        alpha.save(out, "WEBP", lossless=mode == "lossless", quality=some(rng, 1, 100), **options)
    else:
        pixels, _, compression = mode.partition("/")
        _converted(image, pixels).save(out, "TIFF", compression=compression or None, **options)
    return out.getvalue(), f"{said} {kind.upper()}"


_PNG = ("RGB", "RGBA", "L", "LA", "1", "P", "I;16", "animated", "PA")
_JPEG = ("RGB", "L", "CMYK", "progressive")
_WEBP = ("RGB", "lossless", "alpha", "animated")
_TIFF = ("RGB", "RGB/tiff_lzw", "RGBA/tiff_deflate", "1/group4", "1", "P", "CMYK/packbits", "RGB/jpeg", "F", "I;16")
_TIFF += ("L/tiff_adobe_deflate", "LAB", "YCbCr", "I", "animated")
_TIFF += tuple(f"tifffile {how}" for how in ("tiled", "planar", "float", "uint32", "int8", "16", "pages", "big", "zip"))
_TIFF += tuple(f"tifffile {how}" for how in ("16 planar", "five", "complex", "zero", "stack"))


def _converted(image: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    if mode == "PA":
        return image.convert("RGBA").quantize(16)
    if mode == "LAB":
        return Image.frombytes("LAB", image.size, image.tobytes())
    return image.convert(mode)


def _by_tifffile(rng: np.random.Generator, image: Image.Image, mode: str) -> bytes:
    """Return a TIFF of a layout that Pillow does not write."""
    pixels, how = np.asarray(image), mode.removeprefix("tifffile ")
    planes, deep = np.ascontiguousarray(pixels.transpose(2, 0, 1)), pixels.astype(np.uint16) * 257
    made: dict[str, tuple[Any, dict[str, Any]]] = {
        "tiled": (pixels, {"photometric": "rgb", "tile": (16, 32)}),
        "planar": (planes, {"photometric": "rgb", "planarconfig": "separate"}),
        "16 planar": (planes.astype(np.uint16), {"photometric": "rgb", "planarconfig": "separate"}),
        "float": (pixels.astype(np.float32) / 255, {"photometric": "rgb"}),
        "uint32": (pixels[..., 0].astype(np.uint32), {}),
        "int8": (pixels[..., 0].astype(np.int8), {}),
        "16": (deep, {"photometric": "rgb", "byteorder": any_of(rng, "<", ">")}),
        "pages": (np.stack([pixels] * 3), {"photometric": "rgb"}),
        "big": (pixels, {"photometric": "rgb"}),
        "zip": (deep, {"photometric": "rgb", "compression": "zlib", "predictor": True}),
        "five": (np.dstack([pixels, pixels[..., :2]]), {"photometric": "rgb", "extrasamples": (0, 2)}),
        "complex": (pixels[..., 0].astype(np.complex64), {}),
        "zero": (pixels[..., 0], {"photometric": "miniswhite"}),
        "stack": (np.stack([deep[..., 0]] * 4), {"photometric": "minisblack"}),
    }
    values, options = made[how]
    out = BytesIO()
    with tifffile.TiffWriter(out, bigtiff=how == "big", byteorder=options.pop("byteorder", "<")) as file:
        file.write(values, **options)
    return out.getvalue()


def _exif(rng: np.random.Generator) -> bytes:
    exif = Image.Exif()
    exif[274] = some(rng, 0, 12)
    exif[282], exif[296] = float(some(rng, 0, 300)), some(rng, 0, 5)
    data = bytearray(exif.tobytes())
    if chance(rng, 0.6):
        for _ in range(some(rng, 1, 9)):
            data[some(rng, 6, len(data))] = some(rng, 0, 256)
    return b"Exif\0\0" + rng.bytes(some(rng, 1, 300)) if chance(rng, 0.2) else bytes(data)


def _profile(rng: np.random.Generator) -> bytes:
    from PIL import ImageCms

    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile(any_of(rng, "sRGB", "LAB", "XYZ"))).tobytes())
    for _ in range(some(rng, 0, 9)):
        data[some(rng, 0, len(data))] = some(rng, 0, 256)
    return rng.bytes(some(rng, 0, 200)) if chance(rng, 0.3) else bytes(data)


def _damaged(rng: np.random.Generator, kind: str, data: bytes) -> tuple[bytes, str]:
    """Return a file after some accident, and which."""
    own = {"png": (_png_chunk, _png_header), "tif": (_tiff_tag,), "jpg": (_jpeg_size,), "webp": (_webp_size,)}[kind]
    if chance(rng, 0.45):
        return own[some(rng, 0, len(own))](rng, data)
    place = some(rng, 0, min(len(data), 64)) if chance(rng, 0.3) else some(rng, 0, len(data))
    how = any_of(rng, "cut", "flipped", "zeroed", "inserted", "deleted", "doubled")
    length = some(rng, 1, 40)
    if how == "cut":
        return data[:place], f"cut at {place}"
    if how == "flipped":
        made = bytearray(data)
        for _ in range(some(rng, 1, 20)):
            made[some(rng, min(place, len(data) - 1), len(data))] ^= 1 << some(rng, 0, 8)
        return bytes(made), f"with bits flipped from {place}"
    middle = {"zeroed": bytes(length), "inserted": rng.bytes(length), "deleted": b"", "doubled": data[:length] * 2}[how]
    skipped = 0 if how == "inserted" else length
    return data[:place] + middle + data[place + skipped :], f"{how} at {place}"


def _png_chunk(rng: np.random.Generator, data: bytes) -> tuple[bytes, str]:
    """Spoil a chunk's length, checksum, kind or content; or leave it out, or put it there twice."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        chunks.append(data[at : at + 12 + length])
        at += 12 + length
    number = some(rng, 0, len(chunks))
    chunk = chunks[number]
    how = any_of(rng, "longer", "negative", "checksum", "kind", "missing", "twice", "content")
    changed = {
        "longer": struct.pack(">I", len(chunk) + some(rng, 1, 10**6)) + chunk[4:],
        "negative": b"\xff\xff\xff\xff" + chunk[4:],
        "checksum": chunk[:-4] + rng.bytes(4),
        "kind": chunk[:4] + any_of(rng, "aBCD", "ABCD", "zTXt", "iCCP", "tRNS", "PLTE").encode() + chunk[8:],
        "missing": b"",
        "twice": chunk * 2,
        "content": _sealed(chunk[4:8], rng.bytes(len(chunk) - 12)),
    }[how]
    chunks[number] = changed
    return data[:8] + b"".join(chunks), f"its chunk {chunk[4:8].decode(errors='replace')} {how}"


def _sealed(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _lie(rng: np.random.Generator) -> int:
    return (0, 1, 15, 16, 17, 255, 5000, 65535, 10**6, 2**31 - 1)[some(rng, 0, 10)]


def _png_header(rng: np.random.Generator, data: bytes) -> tuple[bytes, str]:
    """Let the header lie, with a checksum that is right."""
    fields = list(struct.unpack(">IIBBBBB", data[16:29]))
    number = some(rng, 0, 7)
    fields[number] = _lie(rng) if number < 2 else some(rng, 0, 20)
    names = ("width", "height", "depth", "color type", "compression", "filter", "interlace")
    header = _sealed(b"IHDR", struct.pack(">IIBBBBB", *fields))
    return data[:8] + header + data[33:], f"whose header says {names[number]} {fields[number]}"


def _tiff_tag(rng: np.random.Generator, data: bytes) -> tuple[bytes, str]:
    """Change one field of the first directory."""
    order = "<" if data[:2] == b"II" else ">"
    if struct.unpack(order + "H", data[2:4])[0] != 42:
        return data[:-9], "cut by nine bytes"
    (start,) = struct.unpack(order + "I", data[4:8])
    (count,) = struct.unpack(order + "H", data[start : start + 2])
    at = start + 2 + 12 * some(rng, 0, count)
    (tag,) = struct.unpack(order + "H", data[at : at + 2])
    field = any_of(rng, "tag", "type", "count", "value")
    place, form = {"tag": (0, "H"), "type": (2, "H"), "count": (4, "I"), "value": (8, "I")}[field]
    value = some(rng, 250, 350) if field == "tag" else _lie(rng) % (65536 if form == "H" else 2**32)
    made = data[: at + place] + struct.pack(order + form, value) + data[at + place + struct.calcsize(form) :]
    return made, f"whose tag {tag} has {field} {value}"


def _jpeg_size(rng: np.random.Generator, data: bytes) -> tuple[bytes, str]:
    """Let the frame header lie."""
    at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    height, width = _lie(rng) % 65536, _lie(rng) % 65536
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :], f"that says {width} x {height}"


def _webp_size(rng: np.random.Generator, data: bytes) -> tuple[bytes, str]:
    """Let a length or a size lie."""
    place = (4, 16, 24, 26, 27)[some(rng, 0, 5)]
    value = _lie(rng) % 2**32
    return data[:place] + struct.pack("<I", value) + data[place + 4 :], f"with {value} at {place}"


def _photo(rng: np.random.Generator, name: str) -> Case:
    command = any_of(rng, "apply", "apply", "regions", "partial", "photo", "fast")
    if command == "regions":
        region = ("-r", any_of(rng, "all", "subject", "rect(5, 5, 20, 20)", "grabcut(rect(20%, 20%, 80%, 80%))"))
        return Case("", ("regions", name, *region, "-o", "out.png", "--save", "m.tif"), ("out.png", "m.tif"))
    if command == "partial":
        return Case(
            "", ("partial", name, "-s", "style.png", "--corners", "2,2,14,3,13,14,2,13", "-o", "out.png", *FAST)
        )
    if command == "photo":
        return Case("", ("photo", name, "--reference", "style.png", "--semantic", "none", "-o", "out.png", *FAST))
    ending = any_of(rng, "png", "jpg", "tif", "webp")
    fast = ("--method", "fast", "--size", "64", *CPU) if command == "fast" else (*FAST, "--finish", "0")
    return Case("", ("apply", name, "-s", "style.png", "-o", f"out.{ending}", *fast), (f"out.{ending}",))


def _style(rng: np.random.Generator, name: str) -> Case:
    how = ("--method", "fast", "--size", "64", *CPU) if chance(rng, 0.3) else FAST
    more = ("--color", any_of(rng, "luminance", "linear", "histogram")) if chance(rng, 0.4) else ()
    return Case("", ("apply", "photo.png", "-s", name, "-o", "out.png", *how, *more))


def _mask(rng: np.random.Generator, name: str) -> Case:
    # Any other ending is no file's in a region.
    quoted = f'"{name}"'
    command = any_of(rng, "apply", "regions", "harmonize", "paste")
    if command == "apply":
        return Case("", ("apply", "photo.png", "-s", "style.png", "-r", quoted, "-o", "out.png", *FAST))
    if command == "regions":
        return Case("", ("regions", "photo.png", "-r", f"grow({quoted}, 2)", "-o", "out.png"))
    if command == "paste":
        outputs = ("out.png", "out.mask.png")
        return Case("", ("paste", "photo.png", "style.png", "-r", quoted, "--scale", "0.5", "-o", "out.png"), outputs)
    return Case("", ("harmonize", "photo.png", "--painting", "photo.png", "--mask", quoted, "-o", "out.png", *FAST))


def _labels(rng: np.random.Generator, name: str) -> Case:
    if chance(rng, 0.3):
        return Case("", ("regions", "photo.png", "-r", f'painted("{name}", "blue")', "-o", "out.png"))
    names = (name, "mask.png") if chance(rng, 0.5) else ("mask.png", name)
    maps = ("--labels", names[0], "--reference-labels", names[1])
    return Case("", ("photo", "photo.png", "--reference", "photo.png", *maps, "-o", "out.png", *FAST))


def _reference(rng: np.random.Generator, name: str) -> Case:
    how = ("--transfer", any_of(rng, "network", "linear", "reinhard", "histogram"), "--semantic", "none")
    return Case("", ("photo", "photo.png", "--reference", name, "-o", "out.png", *how, *FAST))


def _painting(rng: np.random.Generator, name: str) -> Case:
    if chance(rng, 0.5):
        outputs = ("out.png", "out.mask.png")
        return Case("", ("paste", "style.png", name, "-r", "all", "--scale", "0.4", "-o", "out.png"), outputs)
    return Case("", ("harmonize", "photo.png", "--painting", name, "--mask", "mask.png", "-o", "out.png", *FAST))


def _object(rng: np.random.Generator, name: str) -> Case:
    if chance(rng, 0.3):
        return Case("", ("harmonize", name, "--painting", "photo.png", "--mask", "mask.png", "-o", "out.png", *FAST))
    region = any_of(rng, "all", "subject", "rect(3, 3, 12, 12)")
    outputs = ("out.png", "out.mask.png")
    return Case("", ("paste", name, "photo.png", "-r", region, "--scale", "0.4", "-o", "out.png"), outputs)


def _album(rng: np.random.Generator, name: str) -> Case:
    Path("photos").mkdir()
    Path(name).rename(f"photos/{name}")
    good = chance(rng, 0.5)
    if good:
        Path("photos/good.png").write_bytes(Path("photo.png").read_bytes())
    line = ("train", "-s", "style.png", "--photos", "photos", "-o", "out.sfm", *TRAINING)
    return Case("", line, ("out.sfm",), usable=True if good else None)


def _train_style(rng: np.random.Generator, name: str) -> Case:
    Path("photos").mkdir()
    Path("photos/good.png").write_bytes(Path("photo.png").read_bytes())
    return Case("", ("train", "-s", name, "--photos", "photos", "-o", "out.sfm", *TRAINING), ("out.sfm",))


#: What a picture can be to a command.
ROLES = {
    "photo": _photo,
    "style": _style,
    "mask": _mask,
    "label map": _labels,
    "reference": _reference,
    "painting": _painting,
    "object": _object,
    "photo to learn on": _album,
    "style to learn": _train_style,
}
