"""Recipes with mistakes of all kinds, in files of their own and inside of pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from PIL import Image, PngImagePlugin

from experiments.fuzz.case import Case, any_of, chance, some

__all__ = ["recipe", "replay"]

# Odd values of every type; none that is fit for a long run.
_ODD: tuple[Any, ...] = (-1, 0, 2**63, 2**64, -(2**63), 10**400, "@large@", 1e308, -0.0, 5e-324)
_ODD += (float("nan"), float("inf"), float("-inf"), True, False, "", " ", "abc", "1", "nan", "é\n", "\x1b[31m", "../..")
_ODD += ([], [[]], [1], ["a", 2], {}, {"a": 1}, [{}], [[[[[[1]]]]]], [None][:0], "x" * 5000, "auto", "none", "all")
_ODD += ("photo.png", "relu1_1", "relu9_9", ["relu1_1", "relu1_1"], ["relu1_1:0"], ["relu1_1:"], "relu1_1:nan")

# So many characters of TOML that mean something, and some that do not.
_SIGNS = "[]{}=\"'#\n,.\\ \tabcé☃\x00\x7f\ufeff"


def recipe(rng: np.random.Generator) -> Case:
    """Return a case of `sfumato run`."""
    data: dict[str, Any] = {"photo": "photo.png", "output": "out.png", **_sound(rng)}
    about, content = "sound", b""
    if chance(rng, 0.6):
        about = _changed(rng, data)
        try:
            content = _written(data)
        except (TypeError, ValueError, OverflowError):
            content = b"\xff"
    if not content:
        content = _written(data)
    if about == "sound" or chance(rng, 0.2):
        content, how = _broken(rng, content)
        about = f"{about}, {how}"
    Path("recipe.toml").write_bytes(content)
    photo = ("photo.png",) if chance(rng, 0.4) else ()
    return Case(about, ("run", "recipe.toml", *photo, "-o", "out.png"), codes=(2, 4))


def replay(rng: np.random.Generator) -> Case:
    """Return a case of `sfumato replay`: of a picture whose recipe, or the picture itself, is damaged."""
    data = _sound(rng)
    about = _changed(rng, data) if chance(rng, 0.5) else "sound"
    try:
        text = _written(data)
    except (TypeError, ValueError, OverflowError):
        text = b"size = "
    if chance(rng, 0.4):
        text, how = _broken(rng, text)
        about = f"{about}, {how}"
    kind = any_of(rng, "png", "jpg", "tif", "webp")
    name = f"made.{kind}"
    _carry(name, kind, text)
    if chance(rng, 0.3):
        content = bytearray(Path(name).read_bytes())
        for _ in range(some(rng, 1, 12)):
            content[some(rng, 0, len(content))] ^= 1 << some(rng, 0, 8)
        Path(name).write_bytes(content)
        about += ", the file with bits flipped"
    return Case(f"{kind}: {about}", ("replay", name, "photo.png", "-o", "out.png"), codes=(2, 4))


def _sound(rng: np.random.Generator) -> dict[str, Any]:
    """Return a recipe that takes little time."""
    style: dict[str, Any] = {"image": "style.png", "weight": 1.5, "scale": 1.0}
    layer: dict[str, Any] = {"region": any_of(rng, "all", "mask.png", "rect(10%, 10%, 90%, 90%)"), "styles": [style]}
    layer |= {"style_weight": 1.0, "content_weight": 0.2, "color": "none", "strength": 0.9, "blend": "feather"}
    layer |= {"feather": 3.0, "edge": "center"}
    data: dict[str, Any] = {"preset": "draft", "method": any_of(rng, "localized", "naive", "fast", "harmonize")}
    data |= {"size": 64, "iterations": [3, 2], "finish": 1, "device": "cpu", "optimizer": "adam"}
    data |= {"style_layers": ["relu1_1", "relu2_1"], "content_layer": "relu2_2", "tolerance": 0.01, "seed": 3}
    if chance(rng, 0.3) and data["method"] == "localized":
        data["corners"], layer["region"] = [4.0, 4.0, 60.0, 6.0, 58.0, 50.0, 6.0, 52.0], "all"
    data["layers"] = [layer]
    return data


def _changed(rng: np.random.Generator, data: dict[str, Any]) -> str:
    """Remove, add or change a key somewhere; return what was done."""
    layers = data["layers"]
    place = (data, layers[0], layers[0]["styles"][0])[some(rng, 0, 3)]
    key = any_of(rng, *place)
    odd = _ODD[some(rng, 0, len(_ODD))]
    how = any_of(rng, "removed", "added", "changed", "changed", "changed", "doubled", "deep")
    if how == "removed":
        del place[key]
    elif how == "added":
        key = any_of(
            rng,
            "labels",
            "sise",
            "x",
            "mask",
            "painterly",
            "segmenter",
            "layers",
            "",
            "é",
            "__class__",
            "learning_rate",
        )
        place[key] = odd
    elif how == "changed":
        place[key] = odd
    elif how == "doubled":
        layers.append(layers[0])
    else:
        nested: Any = 1
        for _ in range(some(rng, 100, 3000)):
            nested = [nested]
        place[key] = nested
        odd = "very deep"
    return f"{key!r} {how}" + (f": {str(odd)[:30]!r}" if how in ("added", "changed", "deep") else "")


def _written(data: dict[str, Any]) -> bytes:
    """Return TOML; numbers and lists beyond what the writer takes are spelled out."""
    large = {"@large@": "9" * 5000}

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: replaced(each) for key, each in value.items()}
        if isinstance(value, list) and value and isinstance(value[0], list):
            depth, inner = 0, value
            while isinstance(inner, list) and inner:
                depth, inner = depth + 1, inner[0]
            large["@deep@"] = "[" * depth + "]" * depth
            return "@deep@"
        if isinstance(value, list):
            return [replaced(each) for each in value]
        return value

    text = tomli_w.dumps(replaced(data))
    for mark, spelled in large.items():
        text = text.replace(f'"{mark}"', spelled)
    return text.encode(errors="surrogatepass")


def _broken(rng: np.random.Generator, content: bytes) -> tuple[bytes, str]:
    """Return text with a mistake in it, and which."""
    place = some(rng, 0, len(content))
    how = any_of(rng, "cut", "a sign put in", "a sign taken out", "not UTF-8", "with a mark", "empty", "twice", "other")
    text = content.decode(errors="replace")
    sign = _SIGNS[some(rng, 0, len(_SIGNS))]
    # Digits stay, so that no run becomes long.
    without = content if chr(content[place]).isdigit() else content[:place] + content[place + 1 :]
    return {
        "cut": content[:place],
        "a sign put in": (text[:place] + sign + text[place:]).encode(),
        "a sign taken out": without,
        "not UTF-8": content[:place] + rng.bytes(3) + content[place:],
        "with a mark": b"\xef\xbb\xbf" + content,
        "empty": b"",
        "twice": content * 2,
        "other": any_of(rng, "{}", "[]", "null", "a", "=", "[[[", "layers = 1", "layers = []", "\0").encode(),
    }[how], f"{how} at {place}"


def _carry(name: str, kind: str, text: bytes) -> None:
    """Write a picture with a recipe inside."""
    from sfumato.images import metadata

    image = Image.open("photo.png").convert("RGB")
    shown = text.decode(errors="replace")
    if kind == "png":
        info = PngImagePlugin.PngInfo()
        info.add(b"iTXt", metadata.RECIPE_KEY.encode() + b"\0\0\0\0\0" + text)
        image.save(name, pnginfo=info)
    elif kind == "jpg":
        image.save(name, comment=metadata.marked("") + text[:60_000])
    elif kind == "webp":
        image.save(name, xmp=metadata.xmp_packet(json.loads(json.dumps(shown))))
    else:
        image.save(name, tiffinfo={metadata.RECIPE_TAG: metadata.marked("") + text})
