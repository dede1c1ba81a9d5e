"""`sfumato video`: restyle a region of a clip."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from sfumato.cli import notes
from sfumato.cli.apply import styles_of
from sfumato.cli.help import OUTPUT
from sfumato.cli.models import fetch_all
from sfumato.cli.options import recipe_options
from sfumato.cli.progress import interruptible, progress
from sfumato.cli.shared import AsJson, Device, Force, Networks, Precision, Quiet, Styles
from sfumato.cli.video_report import report, so_far
from sfumato.errors import RecipeError
from sfumato.jobs import job as jobs
from sfumato.jobs.outputs import PICTURE, Output, check_all, free_name
from sfumato.recipe import Recipe
from sfumato.recipe.layers import STYLE

__all__ = ["EXAMPLES", "video"]

EXAMPLES = """\b
Examples:
  sfumato video clip.mp4 --style a.jpg --region person -o out.mp4
  sfumato video clip.mp4 --network a.sfm --region "~subject" --lossless
  sfumato video clip.mp4 --style a.jpg --method localized --keyframes 24
  sfumato video clip.mp4 --recipe recipe.toml --from 3.5 --to 9 --preview-every 50
  sfumato video clip.mp4 --style a.jpg --masks masks/ -o out.mp4"""

_FRAMES = "Frames"


@recipe_options("fast", without={"corners", "labels", "reference_labels"})
def video(
    clip: Annotated[Path, typer.Argument(help="The clip.", show_default=False)],
    options: dict[str, Any],
    style: Styles = None,
    network: Networks = None,
    recipe: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Recipe file, in place of a style and its options.",
            show_default=False,
            rich_help_panel=STYLE,
        ),
    ] = None,
    begin: Annotated[
        float | None,
        typer.Option("--from", metavar="SECONDS", help="Begin there.", show_default=False, rich_help_panel=_FRAMES),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option("--to", metavar="SECONDS", help="End before this.", show_default=False, rich_help_panel=_FRAMES),
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Masks in place of the region, white where to restyle: a video, or a folder with a picture for each"
            " frame.",
            show_default=False,
            rich_help_panel=_FRAMES,
        ),
    ] = None,
    masks_every: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Look for labels and subjects in every Nth frame; carry them along between. [8]",
            rich_help_panel=_FRAMES,
        ),
    ] = None,
    keyframes: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Paint every Nth frame and carry it to those between, for methods that optimize. [24]",
            show_default=False,
            rich_help_panel=_FRAMES,
        ),
    ] = 0,
    every_frame: Annotated[
        bool,
        typer.Option(
            "--every-frame", help="Paint every frame, for methods that optimize: slow.", rich_help_panel=_FRAMES
        ),
    ] = False,
    steadiness: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="How much a frame takes over from the one before, from 0 to below 1, for the method fast. [0.92]",
            rich_help_panel=_FRAMES,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write (MP4, MOV, MKV or WebM); named after the inputs when left out.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    lossless: Annotated[
        bool,
        typer.Option(
            "--lossless",
            help="Encode without loss: pixels outside the region keep their values; the file is large.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    crf: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Quality of the encoding otherwise: 0 is best, 51 worst. [18]", rich_help_panel=OUTPUT
        ),
    ] = None,
    preview_every: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Write a preview beside the output every N frames.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.", rich_help_panel=OUTPUT)] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    force: Force = False,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Restyle a region of a clip, frame after frame; sound and subtitles are copied.

    The method is fast unless another is given. A stopped run leaves what there is, and goes on with --resume.
    """
    from sfumato import images
    from sfumato.compute.memory import keep_pages
    from sfumato.video.encoding import FORMATS
    from sfumato.video.options import VideoOptions
    from sfumato.video.parts import folder_of
    from sfumato.video.record import Pace
    from sfumato.video.run import plan
    from sfumato.video.work import carried_out

    numbers: dict[str, Any] = {"masks_every": masks_every, "steadiness": steadiness, "crf": crf}
    told = VideoOptions(
        keyframes=keyframes,
        every_frame=every_frame,
        lossless=lossless,
        **{name: value for name, value in numbers.items() if value is not None},
    )
    found, name, folder = _recipe(recipe, style or [], network or [], options, masks)
    if output is None:
        ending = clip.suffix if clip.suffix.lower() in FORMATS else ".mp4"
        resumable = (lambda path: folder_of(path).exists()) if resume else None
        output = free_name(Path(f"{clip.stem}-{name}{ending}"), wanted=resumable, replace=force)
    preview = output.parent / f"{output.stem}.preview.png"
    pace, stopped = Pace(), list[int]()
    keep_pages()
    with notes.collect(shown=not (quiet or as_json)) as heard:
        job = plan(
            clip,
            found,
            output,
            options=told,
            begin=begin,
            end=end,
            masks=masks,
            resume=resume,
            overwrite=force,
            folder=folder,
        )
        if preview_every:
            check_all([Output(preview, "preview", PICTURE, overwrite=True)], [clip])
        fetch_all(job.models(), quiet=quiet)
        records = carried_out(job, resume=resume, device=device, precision=precision)
        stopping = interruptible(lambda: stopped.append(1), "leave without a clip", first="stopping after this frame")
        with stopping, closing(records), progress(quiet=quiet or as_json) as show:
            try:
                for record in records:
                    pace.add(record)
                    show((record.number + 1) / record.frames, so_far(record, pace))
                    if preview_every and pace.done % preview_every == 0:
                        images.save(images.from_array(record.picture()), preview, overwrite=True)
                    if stopped:
                        break
            except KeyboardInterrupt as interrupt:
                records.throw(interrupt)  # to close it would write what there is
    report(output, pace, bool(stopped), heard, as_json=as_json, quiet=quiet)
    if stopped:
        raise typer.Exit(130)


def _recipe(
    file: Path | None, styles: list[str], networks: list[str], options: dict[str, Any], masks: Path | None
) -> tuple[Recipe, str, Path]:
    """Return the recipe, a name for it, and where its files are looked for first.

    Raises
    ------
    RecipeError
        If there is none, or there are two.
    """
    if masks is not None and "region" in options:
        raise RecipeError(f"the masks {masks} take the place of the region {options['region']!r}; leave one out")
    if file is None:
        found = Recipe.from_options(style=styles_of(styles, networks), **{"method": "fast", **options})
        return found, Path(found.layers[0].styles[0].image).stem, Path()
    given = [*(["style"] if styles else []), *(["network"] if networks else []), *options]
    if given:
        raise RecipeError(f"the recipe {file} says all of it; leave out {' and '.join(given)}")
    return jobs.load(file)[0], file.stem, file.parent
