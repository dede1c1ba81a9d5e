"""Regions of a picture as soft masks.

A region is written as an expression, which has the same meaning for pictures of any size::

    subject & ~rect(0, 0, 200, 80)
    feather(ellipse(50%, 40%, 30%, 25%), 5%) | "my mask.png"

====================  ===========================================================================
``a | b``             either: the larger value of both
``a - b``             a without b: ``a & ~b``; same precedence as ``|``, from left to right
``a & b``             both: the smaller value of both; binds more tightly than ``|`` and ``-``
``~a``                everything else: 1 - a; binds most tightly
``120``, ``120px``    a length in pixels
``50%``               a share of the width along x, of the height along y, and of the shorter
                      side where there is no direction (radial, grow, shrink, feather)
``mask.png``          a mask file; in quotes if its name has spaces or dashes
``person``            a label: everything that a segmenter finds for it
``person#2``          one thing of that label: the second largest
``face``, ``eyes#1``  parts of all faces; of the largest face
====================  ===========================================================================

Soft masks stay soft. Minimum, maximum and 1 - a (the operators of Zadeh's fuzzy sets, 1965) follow the usual rules,
such as ``a & a`` = ``a`` and ``~(a & b)`` = ``~a | ~b``. The exception is ``a & ~a``, which is not empty where a is
between 0 and 1.

`FUNCTIONS` lists the names of functions; any other name is a label. To add a function, write a module with a function
that returns a mask, and add an entry to the list. Each function also works on plain arrays.
"""

from sfumato.regions.crf import crf
from sfumato.regions.evaluation import evaluate, models_needed, needs_photo, parse
from sfumato.regions.faces import Face, eyes, face, find_faces, hair, lips
from sfumato.regions.files import mask_from_file
from sfumato.regions.finders import Finders
from sfumato.regions.flood import flood
from sfumato.regions.functions import FUNCTIONS, Function
from sfumato.regions.grabcut import grabcut
from sfumato.regions.matte import matte
from sfumato.regions.morphology import feather, grow, shrink
from sfumato.regions.painted import painted
from sfumato.regions.pointing import click
from sfumato.regions.refine import refine
from sfumato.regions.scribble import scribble
from sfumato.regions.semantic import find, label
from sfumato.regions.shapes import ellipse, linear, polygon, radial, rect
from sfumato.regions.subject import background, subject
from sfumato.regions.text import text

__all__ = [
    "FUNCTIONS",
    "Face",
    "Finders",
    "Function",
    "background",
    "click",
    "crf",
    "ellipse",
    "evaluate",
    "eyes",
    "face",
    "feather",
    "find",
    "find_faces",
    "flood",
    "grabcut",
    "grow",
    "hair",
    "label",
    "linear",
    "lips",
    "mask_from_file",
    "matte",
    "models_needed",
    "needs_photo",
    "painted",
    "parse",
    "polygon",
    "radial",
    "rect",
    "refine",
    "scribble",
    "shrink",
    "subject",
    "text",
]
