"""The method harmonize."""

from __future__ import annotations

from pathlib import Path

from sfumato.methods.harmonize.paint import paint
from sfumato.methods.harmonize.prepare import prepare
from sfumato.methods.method import Method
from sfumato.methods.prepare import regions_need
from sfumato.recipe import Harmonize

__all__ = ["METHOD"]


def _needs(recipe: Harmonize, folder: Path | None) -> set[str]:
    return {"vgg19"} | regions_need(recipe, folder)


METHOD = Method(prepare, paint, _needs)
