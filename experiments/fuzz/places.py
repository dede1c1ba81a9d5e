"""Region expressions: sound ones by their grammar, and then a few tokens changed."""

from __future__ import annotations

import re

import numpy as np

from experiments.fuzz.case import FAST, Case, any_of, chance, some

__all__ = ["region"]

_TOKENS = ("(", ")", ",", "&", "|", "~", "-", "=", "#", "%", "px", '"', "'", "''", '""', "subject", "all", "person#0")
_TOKENS += ("person", "person#1", "dog#99999", "sky", "subjct", "nan", "inf", "-1", "1e9", "999999999999", "0", "0.5%")
_TOKENS += ("1000000", "1000001", ".", "1.2.3", "é", "☃", "\u202e", "\n", "\t", "\x1b", "", "mask.png", "nope.png")
_TOKENS += ("rect", "rect(", "painted(mask.png, ", "tolerance=", "keep=", "keep=all", "width=", "_", "__import__('os')")
_TOKENS += (";", "$HOME", "*", "/", "../mask.png", "person#", "#1", "١", "²", "100%%", "5 px", "\udcff", "“all”")


def region(rng: np.random.Generator) -> Case:
    """Return a case with a region."""
    text = _region(rng, some(rng, 0, 4))
    about = "sound"
    if chance(rng, 0.75):
        about = any_of(rng, "changed", "changed", "changed", "cut", "deep", "long")
        pieces = re.findall(r"\w+|\S|\s", text)
        if about == "changed":
            for _ in range(some(rng, 1, 4)):
                place = some(rng, 0, len(pieces))
                pieces[place : place + some(rng, 0, 2)] = [_TOKENS[some(rng, 0, len(_TOKENS))]]
            text = "".join(pieces)
        elif about == "cut":
            text = text[: some(rng, 0, len(text))]
        elif about == "deep":
            times = some(rng, 30, 2000)
            start, end = (("(", ")"), ("~", ""), ("grow(", ", 1)"), ("feather(~", ", 2)"))[some(rng, 0, 4)]
            text = start * times + text + end * times
        else:
            text = any_of(rng, " | ", " & ", " - ").join([text] * some(rng, 20, 400))
    codes = (2, 4)
    if chance(rng, 0.25):
        line = ("apply", "photo.png", "-s", "style.png", f"--region={text}", "-o", "out.png", *FAST)
        return Case(f"{about}: {text[:60]!r}", line, codes=codes)
    if chance(rng, 0.15):
        line = ("paste", "photo.png", "style.png", f"--region={text}", "--scale", "0.5", "-o", "out.png")
        return Case(f"{about}: {text[:60]!r}", line, ("out.png", "out.mask.png"), codes)
    line = ("regions", "photo.png", f"--region={text}", "-o", "out.png", "--save", "m.png")
    return Case(f"{about}: {text[:60]!r}", line, ("out.png", "m.png"), codes)


def _length(rng: np.random.Generator) -> str:
    if chance(rng, 0.1):
        return any_of(rng, "0", "-5", "1000000", "0.001", "-100%", "1000%", "80", "64")
    return f"{some(rng, 0, 90)}{any_of(rng, '', '%', 'px', '.5')}"


def _region(rng: np.random.Generator, depth: int) -> str:
    """Return a sound region."""
    if depth > 0 and chance(rng, 0.6):
        inner = _region(rng, depth - 1)
        how = any_of(rng, "chain", "not", "brackets", "around", "photo")
        if how == "chain":
            return f"{inner} {any_of(rng, '&', '|', '-')} {_region(rng, depth - 1)}"
        if how == "not":
            return f"~({inner})"
        if how == "around":
            return f"{any_of(rng, 'grow', 'shrink', 'feather')}({inner}, {_length(rng)})"
        if how == "photo":
            return f"{any_of(rng, 'refine', 'matte', 'grabcut', 'crf')}({inner})"
        return f"({inner})"
    a, b, c, d = (_length(rng) for _ in range(4))
    return any_of(
        rng,
        *("all", "subject", "mask.png", '"mask.png"', f"rect({a}, {b}, {c}, {d})", f"ellipse({a}, {b}, {c}, {d})"),
        *(f"linear({a}, {b}, {c}, {d})", f"radial({a}, {b}, {c}, {d})", f"polygon({a}, {b}, {c}, {d}, {b}, {a})"),
        *(f"flood({a}, {b})", f"flood({a}, {b}, tolerance={some(rng, 0, 300)})", 'painted(mask.png, "white")'),
        *("person", "person#1 | dog", f"file(mask.png) & rect({a}, {a}, {b}, {b})"),
    )
