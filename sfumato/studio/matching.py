"""The labels that a photo and its reference share, as they will be matched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sfumato import methods
from sfumato.compute.device import Machine
from sfumato.errors import RecipeError
from sfumato.studio import gallery
from sfumato.studio.photo import screen_of
from sfumato.studio.recipes import recipe_of
from sfumato.studio.screen import gray_png
from sfumato.studio.session import Session

__all__ = ["Matched", "drawn", "match"]

# Longer side of the copy of the photo that is looked at, in pixels.
_LONGEST = 704


@dataclass(frozen=True)
class Matched:
    """What was matched: values of labels in the photo and in the reference, 0 where there is none."""

    photo: NDArray[np.uint8] = field(repr=False)
    reference: NDArray[np.uint8] = field(repr=False)


def match(session: Session) -> dict[str, Any]:
    """Find the labels that the photo and the reference share.

    Raises
    ------
    SfumatoError
        If there is no reference, or the labels cannot be found.
    """
    screen, reference = screen_of(session), session.document.panel.reference
    if reference is None:
        raise RecipeError("there is no reference yet; choose the photo whose look to take")
    style = gallery.file_of(session, reference.style).name
    layers = [{"region": "all", "styles": [{"image": style}]}]
    recipe = recipe_of(session, "photo", layers, semantic=reference.semantic)
    picture = screen.copy(_LONGEST)
    problem: Any = methods.METHODS["photo"].prepare(recipe, picture, Machine.choose(), session.files)
    session.matched = Matched(
        _values([label.mask for label in problem.labels]), _values([label.reference for label in problem.labels])
    )
    names = [{"id": value, "name": label.name} for value, label in enumerate(problem.labels, start=1)]
    return {"found": problem.found, "labels": names}


def drawn(session: Session, side: Literal["photo", "reference"]) -> bytes:
    """Return the labels of one picture as a gray PNG.

    Raises
    ------
    RecipeError
        If nothing was matched yet.
    """
    if session.matched is None:
        raise RecipeError("nothing is matched yet; choose a reference and match the labels first")
    return gray_png(getattr(session.matched, side))


def _values(masks: list[NDArray[np.float32]]) -> NDArray[np.uint8]:
    """Return the number of the largest mask at each pixel, from 1; 0 where all are nearly empty."""
    stack = np.stack(masks)
    return np.asarray(np.where(stack.max(0) > 0.1, stack.argmax(0) + 1, 0), np.uint8)
