"""A job is a recipe with a photo and an output; `apply`, `run` and `replay` make one and carry it out here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sfumato import files
from sfumato.cli import notes
from sfumato.cli.models import fetch_needed
from sfumato.cli.options import RunOptions
from sfumato.cli.outputs import CHECKPOINT, PICTURE, PLOT, RECIPE, Output, check_all, checkpoint_of, free_name
from sfumato.errors import OutputError, RecipeError
from sfumato.recipe import Recipe, read

__all__ = ["Job", "carry_out", "load", "output_of", "save"]


@dataclass(frozen=True)
class Job:
    """A recipe, the photo it is for, where the result goes, and where the recipe's files are looked for."""

    recipe: Recipe
    photo: Path
    output: Path
    folder: Path


def output_of(how: RunOptions, default: Path) -> Path:
    """Return where a result goes: as asked for, or a name of its own, which goes on from a stopped run if it should."""
    if how.output is not None:
        return how.output
    resumable = (lambda path: checkpoint_of(path).exists()) if how.resume else None
    return free_name(default, wanted=resumable, replace=how.force)


def carry_out(job: Job, how: RunOptions, save_recipe: Path | None = None, *, heard: Sequence[str] = ()) -> None:
    """Restyle the job's photo and write the result; and the job itself, once nothing is found wrong with it.

    `heard` are the warnings shown before, for the report.

    Raises
    ------
    SfumatoError
        If anything given cannot be used, or something cannot be written.
    """
    from sfumato import images
    from sfumato.cli import watch
    from sfumato.methods import steps
    from sfumato.methods.photoreal.paint import PhotorealProblem
    from sfumato.methods.recipe_files import files_of

    outputs = watch.Outputs(job.output, how.force or how.resume, how.plot, how.preview_every, how.as_json, how.quiet)
    if how.plot is not None:
        _check_plot(how.plot, job.recipe)
    listed = [
        Output(job.output, "result", PICTURE, outputs.overwrite, even_inputs=how.force),
        Output(outputs.checkpoint, "checkpoint", CHECKPOINT, overwrite=True),
    ]
    if how.preview_every:
        listed.append(Output(outputs.preview, "preview", PICTURE, overwrite=True))
    if how.plot is not None:
        listed.append(Output(how.plot, "plot", PLOT, outputs.overwrite))
    if save_recipe is not None:
        listed.append(Output(save_recipe, "recipe", RECIPE, how.force))
    check_all(listed, [job.photo, *files_of(job.recipe, job.folder)])
    with (
        notes.gathered(shown=not (how.quiet or how.as_json)) as heard_here,
        images.at_most(how.max_megapixels * 1_000_000),
    ):
        picture = images.load(job.photo)
        needed = fetch_needed(job.recipe, job.folder, quiet=how.quiet)
        run = steps(job.recipe, picture, folder=job.folder, checkpoint_path=outputs.checkpoint, resume=how.resume)
        if isinstance(run.problem, PhotorealProblem):
            said = run.problem.found
        else:
            deeplab = "deeplab" in needed and job.recipe.segmenter == "auto"
            said = "labels are found by deeplab; --segmenter takes another" if deeplab else ""
        if said and not (how.quiet or how.as_json):
            notes.say(said)
        if save_recipe is not None:
            save(job, save_recipe)
        watch.carry_out(run, outputs, [*heard, *heard_here])


def save(job: Job, path: Path) -> None:
    """Write a job as TOML, the recipe with "photo" and "output" on top; all files are named as seen from its folder.

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


def load(path: Path, photo: Path | None, how: RunOptions) -> Job:
    """Read a job, or a plain recipe to which the photo is given.

    Raises
    ------
    RecipeError
        If the file is no recipe, or there is no photo.
    """
    data = read(path)
    named, written = data.pop("photo", None), data.pop("output", None)
    for name, value in (("photo", named), ("output", written)):
        if value is not None and not (isinstance(value, str) and value):
            raise RecipeError(f"{path}: {name} should be a file's name, got {value!r}")
    if photo is None and named is None:
        raise RecipeError(f"{path} names no photo; give one: sfumato run {path} PHOTO")
    try:
        recipe = Recipe.from_mapping(data)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None
    from sfumato.methods.recipe_files import place_of

    source = photo or place_of(named, path.parent)
    if written and photo is None:
        return Job(recipe, source, how.output or path.parent / written, path.parent)
    return Job(recipe, source, output_of(how, Path(f"{source.stem}-{path.stem}.png")), path.parent)


def _seen(place: Path, folder: Path) -> str:
    """Return a path as seen from a folder; an absolute one stays as it is."""
    if place.is_absolute():
        return str(place)
    return os.path.relpath(place.absolute(), folder.absolute())


def _check_plot(plot: Path, recipe: Recipe) -> None:
    """Refuse a plot where there is nothing to draw."""
    if recipe.method == "fast":
        raise OutputError(f"there is no plot {plot} to write: the fast method has no losses; leave out --plot")
    if recipe.method == "photo" and recipe.transfer != "network":
        raise OutputError(f"there is no plot {plot} to write: a transfer of color has no losses; leave out --plot")
