"""The functions of region expressions: what each one runs, and which arguments it takes.

To add one, write a module with a function that returns a mask, and add an entry to `FUNCTIONS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sfumato.regions.crf import crf
from sfumato.regions.faces import eyes, face, hair, lips
from sfumato.regions.files import mask_from_file
from sfumato.regions.flood import flood
from sfumato.regions.grabcut import grabcut
from sfumato.regions.matte import matte
from sfumato.regions.morphology import feather, grow, shrink
from sfumato.regions.painted import painted
from sfumato.regions.pointing import click
from sfumato.regions.refine import refine
from sfumato.regions.scribble import strokes
from sfumato.regions.shapes import ellipse, linear, polygon, radial, rect
from sfumato.regions.subject import background, subject
from sfumato.regions.text import text

__all__ = ["FUNCTIONS", "Function", "Kind", "Mask"]

Mask: TypeAlias = NDArray[np.float32]
Kind: TypeAlias = Literal["x", "y", "radius", "number", "points", "region", "file", "text"]


@dataclass(frozen=True)
class Function:
    """A function of region expressions.

    Parameters
    ----------
    run : callable
        Returns the mask, float32 (H, W) in [0, 1].
    help : str
        One-line description.
    parameters : mapping of str to kind, optional
        Required arguments in order; `run` gets them by position. "x", "y" and "radius" are lengths, passed in pixels;
        "number" is a number without a unit; "points" is passed as a list of (x, y) in pixels, "region" as a mask,
        "file" as a path, and "text" without its quotes.
    options : mapping of str to kind, optional
        Arguments that may be given as ``name=value``; `run` gets them under the same names.
    needs : tuple of str, optional
        Further arguments of `run`, by name: "photo" (the image), "shape" (H, W), "folder" (of the recipe), "number" (2
        for "person#2", else None), and the keys of `Finders`, which name networks. A function that needs the photo runs
        only once for equal calls in an expression.
    repeats : int, optional
        Number of trailing parameters that may be repeated, as a group, any number of times.
    models : tuple of str, optional
        The network files that the function uses.
    """

    run: Callable[..., Mask]
    help: str
    parameters: Mapping[str, Kind] = field(default_factory=dict)
    options: Mapping[str, Kind] = field(default_factory=dict)
    needs: tuple[Literal["photo", "shape", "folder", "number", "segmenter", "clicker", "text_segmenter"], ...] = ()
    repeats: int = 0
    models: tuple[str, ...] = ()


def _all(shape: tuple[int, int]) -> Mask:
    """Select the whole picture."""
    return np.ones(shape, np.float32)


def _click(*numbers: float, photo: NDArray[np.float32], clicker: str, **options: list[tuple[float, float]]) -> Mask:
    """Find the thing at clicks; `not` is no name for an argument in Python."""
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    return click(points, photo=photo, drop=options.get("not", ()), clicker=clicker)


_FACES = ("face-detection", "face-mesh")

FUNCTIONS: dict[str, Function] = {
    "all": Function(_all, "the whole picture", needs=("shape",)),
    "background": Function(background, "all but the subject: ~subject", needs=("photo",), models=("u2netp",)),
    "click": Function(
        _click,
        "the thing at a place, or at several; not=(x, y) takes away what is there",
        {"x": "x", "y": "y"},
        {"not": "points"},
        needs=("photo", "clicker"),
        models=("u2netp",),
        repeats=2,
    ),
    "crf": Function(crf, "a region with edges aligned by a dense CRF", {"region": "region"}, needs=("photo",)),
    "ellipse": Function(
        ellipse,
        "an upright ellipse, by its center and half its width and height",
        {"cx": "x", "cy": "y", "rx": "x", "ry": "y"},
        needs=("shape",),
    ),
    "eyes": Function(
        eyes, "all eyes with their brows; eyes#1 of the largest face", needs=("photo", "number"), models=_FACES
    ),
    "face": Function(
        face, "all faces, without hair and ears; face#1 the largest", needs=("photo", "number"), models=_FACES
    ),
    "feather": Function(feather, "a region with soft edges of that width", {"region": "region", "amount": "radius"}),
    "file": Function(
        mask_from_file, "a mask file, white where to restyle", {"path": "file"}, needs=("shape", "folder")
    ),
    "flood": Function(
        flood,
        "the connected pixels with the color of a place",
        {"x": "x", "y": "y"},
        {"tolerance": "number"},
        needs=("photo",),
    ),
    "grabcut": Function(
        grabcut,
        "the object inside a region, separated by color",
        {"region": "region"},
        {"keep": "region", "drop": "region"},
        needs=("photo",),
    ),
    "grow": Function(grow, "a region made wider on all sides", {"region": "region", "amount": "radius"}),
    "hair": Function(
        hair,
        "what of the subject is beside and above faces",
        needs=("photo", "number"),
        models=(*_FACES, "u2netp"),
    ),
    "linear": Function(
        linear,
        "a straight ramp, from 0 at the first point to 1 at the second",
        {"x0": "x", "y0": "y", "x1": "x", "y1": "y"},
        needs=("shape",),
    ),
    "lips": Function(lips, "the lips of all faces", needs=("photo", "number"), models=_FACES),
    "matte": Function(
        matte,
        "a region with soft edges found in the photo, such as hair",
        {"region": "region"},
        {"width": "radius"},
        needs=("photo",),
    ),
    "painted": Function(
        painted,
        'one color or index of a label map: painted(map.png, "blue")',
        {"path": "file", "label": "text"},
        needs=("shape", "folder"),
    ),
    "polygon": Function(
        polygon,
        "a polygon, by three or more corners",
        {"x1": "x", "y1": "y", "x2": "x", "y2": "y", "x3": "x", "y3": "y"},
        needs=("shape",),
        repeats=2,
    ),
    "radial": Function(
        radial,
        "a round ramp, from 1 at the inner radius to 0 at the outer",
        {"cx": "x", "cy": "y", "inner": "radius", "outer": "radius"},
        needs=("shape",),
    ),
    "rect": Function(
        rect,
        "an upright rectangle, by its four sides",
        {"left": "x", "top": "y", "right": "x", "bottom": "y"},
        needs=("shape",),
    ),
    "refine": Function(
        refine,
        "a region whose edges follow the photo's",
        {"region": "region"},
        {"width": "radius"},
        needs=("photo",),
    ),
    "scribble": Function(
        strokes,
        "the object that strokes in a picture mark: green to keep, red to drop",
        {"path": "file"},
        needs=("photo", "folder"),
    ),
    "shrink": Function(shrink, "a region made narrower on all sides", {"region": "region", "amount": "radius"}),
    "subject": Function(
        subject, "the subject of the picture, found by a network", needs=("photo",), models=("u2netp",)
    ),
    "text": Function(
        text,
        'what a text describes: text("the red car"); threshold= takes in more or less',
        {"words": "text"},
        {"threshold": "number"},
        needs=("photo", "text_segmenter"),
    ),
}
