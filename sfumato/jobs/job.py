"""Jobs: a recipe with a photo and an output, which can be saved and loaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sfumato import files
from sfumato.errors import OutputError, RecipeError
from sfumato.recipe import Recipe, read

__all__ = ["Job", "load", "save"]


@dataclass(frozen=True)
class Job:
    """A recipe, the photo it is for, where the result goes, and where the recipe's files are looked for."""

    recipe: Recipe
    photo: Path
    output: Path
    folder: Path


def save(job: Job, path: Path) -> None:
    """Write a job as TOML: "photo" and "output", then the recipe; all paths are relative to the file's folder.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    import tomli_w

    from sfumato.methods.recipe_files import seen_from

    head = {name: _seen(place, path.parent) for name, place in (("photo", job.photo), ("output", job.output))}
    try:
        text = tomli_w.dumps(head) + seen_from(job.recipe, path.parent, job.folder).to_toml()
        content = text.encode()
    except UnicodeEncodeError:
        raise OutputError(
            f"cannot write the recipe {path}: the name {str(job.photo)!r} or {str(job.output)!r} is not text that"
            " a recipe can hold; rename the file"
        ) from None
    files.write(path, content)


def load(path: Path) -> tuple[Recipe, Path | None, Path | None]:
    """Read a job, or a plain recipe.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    recipe : Recipe
        Recipe of the job.
    photo : Path or None
        The photo that it names.
    output : Path or None
        The output that it names.

    Raises
    ------
    RecipeError
        If the file is not a recipe.
    """
    data = read(path)
    named, written = data.pop("photo", None), data.pop("output", None)
    for name, value in (("photo", named), ("output", written)):
        if value is not None and not (isinstance(value, str) and value):
            raise RecipeError(f"{path}: {name} should be a file's name, got {value!r}")
    try:
        recipe = Recipe.from_mapping(data)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None
    output = path.parent / written if written else None
    return recipe, Path(named) if named else None, output


def _seen(place: Path, folder: Path) -> str:
    """Return a path relative to a folder; an absolute path stays as it is."""
    if place.is_absolute():
        return str(place)
    return os.path.relpath(place.absolute(), folder.absolute())
