"""What the user sees while a run goes on, and what is left when it ends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from sfumato import images
from sfumato.cli import notes
from sfumato.cli.outputs import checkpoint_of
from sfumato.cli.progress import duration, interruptible, progress, seconds_so_far
from sfumato.compute.memory import keep_pages
from sfumato.methods import Result, Run
from sfumato.methods.photoreal.paint import PhotorealProblem
from sfumato.optimize import Step

__all__ = ["Outputs", "carry_out", "drain"]


@dataclass(frozen=True)
class Outputs:
    """Where things go: the picture, a loss plot, previews every so many iterations; JSON or text on standard output."""

    picture: Path
    overwrite: bool = False
    plot: Path | None = None
    preview_every: int = 0
    as_json: bool = False
    quiet: bool = False

    @property
    def checkpoint(self) -> Path:
        """Where the run saves its state."""
        return checkpoint_of(self.picture)

    @property
    def preview(self) -> Path:
        """Where previews go; each replaces the one before."""
        return self.picture.parent / f"{self.picture.stem}.preview.png"


def carry_out(run: Run, outputs: Outputs, heard: Sequence[str]) -> None:
    """Drain a run, showing its progress, and write what it made; `heard` are the warnings shown by then.

    Raises
    ------
    SfumatoError
        If something cannot be written.
    typer.Exit
        With 130 after Ctrl-C; the best picture so far is written.
    """
    keep_pages()
    with interruptible(run.cancel, "leave without a picture") as stopped, _progress(quiet=outputs.quiet) as show:
        for step in run:
            show(step)
            if outputs.preview_every and len(run.trace) % outputs.preview_every == 0:
                images.save(run.preview(), outputs.preview, overwrite=True)
    if stopped and not run.trace:
        typer.echo("sfumato: stopped before the first step was done; nothing was written", err=True)
        raise typer.Exit(130)
    result = run.result()
    result.save(outputs.picture, overwrite=outputs.overwrite)
    if outputs.plot is not None:
        from sfumato.cli.plot import plot_losses

        plot_losses(result.trace, outputs.plot)
    if run.finished:
        outputs.checkpoint.unlink(missing_ok=True)
    else:
        run.save_checkpoint()
    labels = run.problem.found if isinstance(run.problem, PhotorealProblem) else None
    _report(result, outputs, heard, labels, run.seconds_before + seconds_so_far())
    if not run.finished:
        raise typer.Exit(130)


def drain(run: Run) -> None:
    """Run to the end, showing progress and writing nothing."""
    keep_pages()
    with _progress() as show:
        for step in run:
            show(step)


@contextmanager
def _progress(*, quiet: bool = False) -> Iterator[Callable[[Step], None]]:
    """Yield what shows a step."""
    with progress(quiet=quiet) as show:
        yield lambda step: show(
            step.done,
            f"size {step.level} of {step.levels} ({step.size[1]}×{step.size[0]}), step {step.iteration},"
            f" loss {step.loss:.4f}, {duration(step.seconds_left)} left",
        )


def _report(result: Result, outputs: Outputs, heard: Sequence[str], labels: str | None, seconds: float) -> None:
    """Say what was made; `seconds` is how long that took, from the start of the command."""
    last, best = result.trace[-1], result.best
    if outputs.as_json:
        report = {
            "output": str(outputs.picture),
            "finished": result.finished,
            "seconds": round(seconds, 3),
            "steps": len(result.trace),
            "loss": best.loss,
            "terms": dict(best.terms),
            "coverage": float(result.alpha.mean()),
            "warnings": [*heard, *result.warnings],
        }
        if labels is not None:
            report["labels"] = labels
        typer.echo(json.dumps(report))
        return
    if outputs.quiet:
        return
    for note in result.warnings:
        notes.say(note)
    if result.finished:
        typer.echo(f"{outputs.picture}: {result.alpha.mean():.0%} of the picture restyled in {duration(seconds)}")
    else:
        typer.echo(
            f"{outputs.picture}: stopped at {last.done:.0%}; this is the best picture so far."
            " To go on, run the same command with --resume"
        )
