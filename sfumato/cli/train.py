"""`sfumato train`: train a network that paints in given styles."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sfumato.cli import notes
from sfumato.cli.completion import devices
from sfumato.cli.help import OUTPUT
from sfumato.cli.progress import duration, interruptible, progress
from sfumato.cli.shared import AsJson, Force, Plot, Quiet
from sfumato.errors import CheckpointError, OutputError, RecipeError
from sfumato.jobs.outputs import (
    CHECKPOINT,
    NETWORK,
    PICTURE,
    PLOT,
    Output,
    check_all,
    checkpoint_of,
    free_name,
)

if TYPE_CHECKING:
    import numpy as np

    from sfumato.feedforward.train import Training, TrainingStep

__all__ = ["EXAMPLES", "train"]

EXAMPLES = """\b
Examples:
  sfumato train --style starry_night.jpg --photos photos/ -o starry.sfm
  sfumato train -s a.jpg -s b.jpg --photos photos/ -o two.sfm --preview-every 100
  sfumato train --style a.jpg --photos photos/ -o a.sfm --resume --steps 8000"""

_SECONDS = 60  # between checkpoints

_RECENT = 100  # steps to average for the report: the loss of a single step depends on the photos it drew


def train(
    style: Annotated[list[Path], typer.Option("--style", "-s", help="Style picture; repeat for several styles.")],
    photos: Annotated[Path, typer.Option(help="Folder of photos to learn from, including subfolders and linked ones.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Network file to write (.sfm); named after the style when left out.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option(metavar="N", help="Number of training steps. [4000]")] = None,
    batch: Annotated[int | None, typer.Option(metavar="N", help="Number of photos in each step. [4]")] = None,
    size: Annotated[
        int | None, typer.Option(metavar="N", help="Side of the squares cut from the photos, in pixels. [256]")
    ] = None,
    style_size: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Longer side of the style pictures, in pixels; smaller gives finer strokes. [512]"
        ),
    ] = None,
    content_weight: Annotated[
        float | None, typer.Option(metavar="X", help="Weight of the content loss; higher keeps more of the photo. [1]")
    ] = None,
    style_weight: Annotated[
        float | None, typer.Option(metavar="X", help="Weight of the style loss; higher gives more of the style. [3]")
    ] = None,
    variation_weight: Annotated[
        float | None, typer.Option(metavar="X", help="Weight of the total variation; higher is smoother. [0.5]")
    ] = None,
    pixel_weight: Annotated[
        float | None, typer.Option(metavar="X", help="Weight of the pixel difference to the photo. [0]")
    ] = None,
    width: Annotated[
        int | None, typer.Option(metavar="N", help="Number of channels in the network's first layer. [32]")
    ] = None,
    masks: Annotated[
        bool, typer.Option("--with-masks", help="Train the network to paint inside a mask and to keep the rest.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue a stopped training, or train a finished network further.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    device: Annotated[
        str,
        typer.Option(metavar="NAME", help="Device to train on: auto, cpu, cuda, or cuda:1.", autocompletion=devices),
    ] = "auto",
    seed: Annotated[int | None, typer.Option(metavar="N", help="Seed of the random numbers. [0]")] = None,
    preview_every: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Write a preview beside the output every N steps.",
            show_default=False,
            rich_help_panel=OUTPUT,
        ),
    ] = 0,
    plot: Plot = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    force: Force = False,
) -> None:
    """Train a network that paints any photo in one or several styles, in a single pass."""
    given = locals()
    resumable = (lambda path: path.exists() or checkpoint_of(path).exists()) if resume else None
    output = output or free_name(Path(f"{style[0].stem}.sfm"), wanted=resumable, replace=force)
    preview, saved = output.parent / f"{output.stem}.preview.png", checkpoint_of(output)
    listed = [
        Output(output, "network", NETWORK, force or resume),
        Output(saved, "checkpoint", CHECKPOINT, overwrite=True),
    ]
    if plot is not None:
        listed.append(Output(plot, "plot", PLOT, force or resume))
    if preview_every:
        listed.append(Output(preview, "preview", PICTURE, overwrite=True))
    check_all(listed, style)
    if saved.exists() and not (resume or force):
        raise OutputError(f"{saved} is from a stopped training; continue with --resume, or start over with --force")
    if resume and not (saved.exists() or output.exists()):
        raise CheckpointError(f"there is nothing to resume: neither {saved} nor {output} exists; leave out --resume")
    if len({path.stem for path in style}) < len(style):
        raise RecipeError(f"two of the styles {', '.join(map(str, style))} have the same name; rename one")

    from sfumato import images
    from sfumato.cli.models import fetch_all
    from sfumato.compute.device import choose_device
    from sfumato.compute.memory import keep_pages
    from sfumato.feedforward.network import Network
    from sfumato.feedforward.photos import Photos
    from sfumato.feedforward.settings import Settings
    from sfumato.feedforward.train import Training
    from sfumato.optimize import checkpoint

    named = {name: given[name] for name in Settings.__dataclass_fields__ if given.get(name) is not None}
    settings = Settings(**named)
    place = choose_device(device)
    keep_pages()
    with notes.collect(shown=not (quiet or as_json)) as warnings:
        pictures = {path.stem: _style(path) for path in style}
        fetch_all(["vgg19"], quiet=quiet)
        found = Photos(photos, settings.size, leave_out=[*style, preview, *filter(None, [plot])])
        training = Training(pictures, found, settings, device=place)
        if resume and saved.exists():
            training.resume(checkpoint.read(saved, fingerprint=training.fingerprint))
        elif resume:
            training.go_on_from(Network.load(output))

    def save_checkpoint() -> None:
        checkpoint.write(saved, training.state(), fingerprint=training.fingerprint)

    # Save the first step at once: if the training is killed within a minute, no older checkpoint is taken for its own.
    latest = -math.inf
    with interruptible(lambda: None, "leave at once") as stopped, progress(quiet=quiet) as show:
        for record in training.run():
            left = duration(record.seconds * (1 - record.done) / record.done)
            show(
                record.done,
                f"step {record.step} of {record.steps}, loss {record.loss:.4f}, {left} left",
            )
            if preview_every and record.step % preview_every == 0:
                images.save(images.from_array(training.preview()), preview, overwrite=True)
            if time.monotonic() - latest > _SECONDS:
                save_checkpoint()
                latest = time.monotonic()
            if stopped:
                break
    finished = training.step == settings.steps
    if not finished:
        save_checkpoint()
    training.trained().save(output)
    if plot is not None and training.records:
        _plot(training.records, settings.size, plot)
    if finished:
        saved.unlink(missing_ok=True)  # last: from the checkpoint, all of the above can be repeated
    _report(training, output, finished, warnings, as_json=as_json, quiet=quiet)
    if not finished:
        raise typer.Exit(130)


def _style(path: Path) -> np.ndarray:
    """Read a style picture (H, W, 3), with its opacity as a fourth channel if it is partly transparent."""
    import numpy as np

    from sfumato import images

    colors, opacity = images.visible(images.load(path))
    return colors if opacity is None else np.dstack([colors, opacity])


def _plot(trace: Sequence[TrainingStep], size: int, path: Path) -> None:
    """Write a plot of the losses."""
    from sfumato.jobs.plot import plot_losses
    from sfumato.optimize import Step

    steps = [
        Step(1, 1, each.step, each.steps, (size, size), each.loss, each.terms, each.seconds, each.done)
        for each in trace
    ]
    plot_losses(steps, path)


def _report(
    training: Training,
    output: Path,
    finished: bool,
    warnings: Sequence[str],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Report what was trained, and which photos could not be used."""
    skipped, recent = training.photos.skipped, training.records[-_RECENT:]
    if as_json:
        names = recent[0].terms if recent else ()
        report = {
            "output": str(output),
            "finished": finished,
            "steps": training.step,
            "seconds": round(training.seconds, 3),
            "terms": {name: sum(each.terms[name] for each in recent) / len(recent) for name in names},
            "photos": len(training.photos.files),
            "skipped": list(skipped.values()),
            "warnings": list(warnings),
        }
        typer.echo(json.dumps(report))
    elif not quiet:
        if skipped:
            path, reason = next(iter(skipped.items()))
            count = f"{len(skipped)} of {len(training.photos.files)} photos"
            notes.say(f"{count} could not be used; the first: {reason or path}")
        if finished:
            typer.echo(f"{output}: trained for {training.step} steps")
        else:
            whole = f"{training.step} of {training.settings.steps} steps"
            typer.echo(f"{output}: stopped after {whole}; to go on, run the same command with --resume")
