"""A job is a recipe with a photo and an output; `apply`, `run` and `replay` make one and carry it out here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sfumato.cli.models import fetch_needed
from sfumato.cli.options import RunOptions
from sfumato.errors import OutputError, RecipeError
from sfumato.recipe import Recipe, read

__all__ = ["Job", "carry_out", "load", "save"]


@dataclass(frozen=True)
class Job:
    """A recipe, the photo it is for, where the result goes, and where the recipe's files are looked for."""

    recipe: Recipe
    photo: Path
    output: Path
    folder: Path


def carry_out(job: Job, how: RunOptions) -> None:
    """Restyle the job's photo and write the result."""
    from sfumato import images
    from sfumato.cli import watch
    from sfumato.methods import steps

    replace = how.force or how.resume
    inputs = [job.photo, *(Path(style.image) for layer in job.recipe.layers for style in layer.styles)]
    images.check_output(job.output, inputs=[] if how.force else inputs, overwrite=replace)
    if how.plot is not None:
        _check_plot(how.plot, [*inputs, job.output], replace=how.force)
    picture = images.load(job.photo, max_pixels=how.max_megapixels * 1_000_000)
    outputs = watch.Outputs(job.output, replace, how.plot, how.preview_every, how.as_json, how.quiet)
    fetch_needed(job.recipe, job.folder, quiet=how.quiet)
    run = steps(job.recipe, picture, folder=job.folder, checkpoint_path=outputs.checkpoint, resume=how.resume)
    watch.carry_out(run, outputs)


def save(job: Job, path: Path, *, overwrite: bool) -> None:
    """Write a job as TOML: the recipe with "photo" and "output" on top.

    Raises
    ------
    OutputError
        If the file exists and may not be replaced, or cannot be written.
    """
    import tomli_w

    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists; choose another name or add --force")
    head = tomli_w.dumps({"photo": str(job.photo), "output": str(job.output)})
    try:
        path.write_text(head + job.recipe.to_toml(), "utf-8")
    except OSError as error:
        raise OutputError(f"cannot write the recipe {path}: {error.strerror}") from error


def load(path: Path, photo: Path | None, output: Path | None) -> Job:
    """Read a job, or a plain recipe to which the photo is given.

    Raises
    ------
    RecipeError
        If the file is no recipe, or there is no photo.
    """
    data = read(path)
    named, written = data.pop("photo", None), data.pop("output", None)
    if photo is None and named is None:
        raise RecipeError(f"{path} names no photo; give one: sfumato run {path} PHOTO")
    try:
        recipe = Recipe.from_mapping(data)
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None
    source = photo or beside(Path(str(named)), path.parent)
    default = Path(str(written)) if written and photo is None else Path(f"{source.stem}-{path.stem}.png")
    return Job(recipe, source, output or default, path.parent)


def beside(path: Path, folder: Path) -> Path:
    """Return a path as it is if it exists, else as seen from a folder."""
    return path if path.exists() or not (folder / path).exists() else folder / path


def _check_plot(plot: Path, taken: list[Path], *, replace: bool) -> None:
    """Refuse, before any work, a plot that cannot be written or would replace something."""
    if plot.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise OutputError(f"cannot write the plot {plot}: its name must end in .png, .svg or .pdf")
    if not plot.parent.is_dir():
        raise OutputError(f"cannot write the plot {plot}: there is no folder {plot.parent}; make it first")
    if any(plot.resolve() == path.resolve() for path in taken):
        raise OutputError(f"the plot {plot} is also a photo, style or output; choose another name")
    if plot.exists() and not replace:
        raise OutputError(f"{plot} exists; choose another name or add --force")
