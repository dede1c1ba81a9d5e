"""Prepare a photo and its reference, with labels that match."""

from __future__ import annotations

from pathlib import Path

from sfumato.compute.device import Machine
from sfumato.images import Picture
from sfumato.methods.photoreal.labels import find_labels
from sfumato.methods.photoreal.problem import PhotorealProblem
from sfumato.methods.prepare import prepare as prepare_regions
from sfumato.methods.recipe_files import place_of
from sfumato.recipe import Photoreal

__all__ = ["prepare"]


def prepare(recipe: Photoreal, photo: Picture, machine: Machine, folder: Path | None = None) -> PhotorealProblem:
    """Prepare a photo and its reference.

    Parameters
    ----------
    recipe : Photoreal
        What to do; its style is the reference.
    photo : Picture
        Photo to change.
    machine : Machine
        Device and precision.
    folder : Path, optional
        Where to look for files, before the current folder.

    Raises
    ------
    RegionError
        If a label map cannot be used.
    ImageError
        If the reference cannot be read.
    """
    # Changes to a photo are smooth: there are no strokes to finish.
    plain = prepare_regions(recipe, photo, machine, folder, calm=True)
    reference = place_of(recipe.layers[0].styles[0].image, folder)
    maps = None
    if recipe.labels is not None and recipe.reference_labels is not None:
        maps = place_of(recipe.labels, folder), place_of(recipe.reference_labels, folder)
    labels, found = find_labels(plain, reference, maps)
    return PhotorealProblem(
        photo=photo,
        recipe=recipe,
        machine=machine,
        crop=plain.crop,
        content=plain.content,
        parts=plain.parts,
        scale=plain.scale,
        labels=labels,
        found=found,
    )
