"""The method photo."""

from __future__ import annotations

from pathlib import Path

from sfumato.methods.method import Method
from sfumato.methods.photoreal.paint import paint
from sfumato.methods.photoreal.prepare import prepare
from sfumato.methods.prepare import regions_need
from sfumato.recipe import Photoreal
from sfumato.regions import segmenters

__all__ = ["METHOD"]


def _needs(recipe: Photoreal, folder: Path | None) -> set[str]:
    # Labels that are not given are found by a segmenter, or by clustering features of VGG-19.
    unlabeled = recipe.semantic != "none" and recipe.labels is None
    needed = {"vgg19"} if unlabeled or recipe.transfer == "network" else set()
    if unlabeled and recipe.segmenter != "auto":  # "auto" does without a segmenter if there is none
        needed |= {segmenters.model_of(recipe.segmenter)} - {""}
    return needed | regions_need(recipe, folder)


METHOD = Method(prepare, paint, _needs)
