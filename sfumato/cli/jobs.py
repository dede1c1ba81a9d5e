"""A job is a recipe with a photo and an output; `apply`, `run` and `replay` make one and carry it out here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sfumato.cli import notes
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


def carry_out(job: Job, how: RunOptions, save_recipe: Path | None = None) -> None:
    """Restyle the job's photo and write the result; and the job itself, once nothing is found wrong with it.

    Raises
    ------
    SfumatoError
        If anything given cannot be used, or something cannot be written.
    """
    from sfumato import images
    from sfumato.cli import watch
    from sfumato.methods import steps
    from sfumato.methods.photo import PhotoScene

    replace = how.force or how.resume
    inputs = [job.photo, *(Path(style.image) for layer in job.recipe.layers for style in layer.styles)]
    inputs += [Path(name) for name in (job.recipe.labels, job.recipe.reference_labels) if name]
    images.check_output(job.output, inputs=[] if how.force else inputs, overwrite=replace)
    outputs = watch.Outputs(job.output, replace, how.plot, how.preview_every, how.as_json, how.quiet)
    if how.plot is not None:
        if job.recipe.method == "fast":
            raise OutputError(f"there is no plot {how.plot} to write: the fast method has no losses; leave out --plot")
        if job.recipe.method == "photo" and job.recipe.transfer != "network":
            raise OutputError(
                f"there is no plot {how.plot} to write: a transfer of color has no losses; leave out --plot"
            )
        _check_plot(how.plot, [*inputs, job.output], replace=how.force)
    if how.preview_every and _is_among(outputs.preview, inputs):
        raise OutputError(f"the previews would replace {outputs.preview}; rename that, or choose another --output")
    if save_recipe is not None:
        _check_recipe(save_recipe, [*inputs, job.output], replace=how.force)
    with notes.gathered(shown=not (how.quiet or how.as_json)) as heard:
        picture = images.load(job.photo, max_pixels=how.max_megapixels * 1_000_000)
        needed = fetch_needed(job.recipe, job.folder, quiet=how.quiet)
        run = steps(job.recipe, picture, folder=job.folder, checkpoint_path=outputs.checkpoint, resume=how.resume)
        if isinstance(run.scene, PhotoScene):
            said = run.scene.found
        else:
            deeplab = "deeplab" in needed and job.recipe.segmenter == "auto"
            said = "labels are found by deeplab; --segmenter takes another" if deeplab else ""
        if said and not (how.quiet or how.as_json):
            notes.say(said)
        if save_recipe is not None:
            save(job, save_recipe)
        watch.carry_out(run, outputs, heard)


def save(job: Job, path: Path) -> None:
    """Write a job as TOML: the recipe with "photo" and "output" on top.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    import tomli_w

    head = tomli_w.dumps({"photo": str(job.photo), "output": str(job.output)})
    try:
        text = (head + job.recipe.to_toml()).encode()
        path.write_bytes(text)
    except OSError as error:
        raise OutputError(f"cannot write the recipe {path}: {error.strerror}") from error
    except UnicodeEncodeError:
        raise OutputError(
            f"cannot write the recipe {path}: the name {str(job.photo)!r} or {str(job.output)!r} is not text that"
            " a recipe can hold; rename the file"
        ) from None


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
    if _is_among(plot, taken):
        raise OutputError(f"the plot {plot} is also a photo, style or output; choose another name")
    if plot.exists() and not replace:
        raise OutputError(f"{plot} exists; choose another name or add --force")


def _check_recipe(path: Path, taken: list[Path], *, replace: bool) -> None:
    """Refuse, before any work, a recipe file that cannot be written or would replace something."""
    if not path.parent.is_dir():
        raise OutputError(f"cannot write the recipe {path}: there is no folder {path.parent}; make it first")
    if _is_among(path, taken):
        raise OutputError(f"the recipe {path} is also a photo, style or output; choose another name")
    if path.exists() and not replace:
        raise OutputError(f"{path} exists; choose another name or add --force")


def _is_among(path: Path, others: list[Path]) -> bool:
    return any(path.resolve() == other.resolve() for other in others)
