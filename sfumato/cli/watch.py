"""Carry out a job: show its progress, write the result and report it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sfumato.cli import notes
from sfumato.cli.models import fetch_all
from sfumato.cli.progress import duration, interruptible, progress, seconds_so_far
from sfumato.cli.shared import RunOptions
from sfumato.jobs.job import Job
from sfumato.jobs.outputs import Outputs, checkpoint_of, free_name

if TYPE_CHECKING:
    from sfumato.methods import Result, Run
    from sfumato.optimize import Step

__all__ = ["carry_out", "drain", "output_of"]


def output_of(how: RunOptions, default: Path) -> Path:
    """Return the path that was asked for, or a free name; with `resume`, the name of the latest stopped run."""
    if how.output is not None:
        return how.output
    resumable = (lambda path: checkpoint_of(path).exists()) if how.resume else None
    return free_name(default, wanted=resumable, replace=how.force)


def carry_out(job: Job, how: RunOptions, save_recipe: Path | None = None, *, warnings: Sequence[str] = ()) -> None:
    """Restyle the job's photo, show progress, and write the result, and the job itself if asked to.

    The report also lists `warnings`, those from before the run.

    Raises
    ------
    SfumatoError
        If anything given cannot be used, or something cannot be written.
    typer.Exit
        With 130 after Ctrl-C; the best picture so far is written.
    """
    from sfumato import images
    from sfumato.compute.memory import keep_pages
    from sfumato.jobs.checks import check

    outputs = Outputs(job.output, how.force or how.resume, how.plot, how.preview_every, how.force, how.force)
    check(job, outputs, save_recipe)
    from sfumato.jobs.carry_out import begin, finish

    keep_pages()
    with notes.collect(shown=how.talkative), images.at_most(how.max_megapixels * 1_000_000):
        run = begin(
            job,
            outputs,
            resume=how.resume,
            device=how.device,
            precision=how.precision,
            save_recipe=save_recipe,
            fetch=partial(fetch_all, quiet=how.quiet),
        )
        if run.problem.found and how.talkative:
            notes.say(run.problem.found)
        stopping = interruptible(run.cancel, "leave without a picture")
        with stopping as stopped, _progress(quiet=how.quiet) as show:
            for step in run:
                show(step)
                if outputs.preview_every and len(run.trace) % outputs.preview_every == 0:
                    images.save(run.preview(), outputs.preview, overwrite=True)
        if stopped and not run.trace:
            typer.echo("sfumato: stopped before the first step was done; nothing was written", err=True)
            raise typer.Exit(130)
        result = finish(run, outputs)
    _report(result, run, job.output, how, [*warnings, *result.warnings])
    if not run.finished:
        raise typer.Exit(130)


def drain(run: Run) -> None:
    """Run to the end and show progress; write nothing."""
    from sfumato.compute.memory import keep_pages

    keep_pages()
    with _progress() as show:
        for step in run:
            show(step)


@contextmanager
def _progress(*, quiet: bool = False) -> Iterator[Callable[[Step], None]]:
    """Yield a function that shows a step."""
    with progress(quiet=quiet) as show:
        yield lambda step: show(
            step.done,
            f"size {step.level} of {step.levels} ({step.shape[1]}×{step.shape[0]}), step {step.iteration},"
            f" loss {step.loss:.4f}, {duration(step.seconds_left)} left",
        )


def _report(result: Result, run: Run, output: Path, how: RunOptions, warnings: Sequence[str]) -> None:
    """Report the result, and the time since the start of the command."""
    last, best = result.trace[-1], result.best
    seconds = run.seconds_before + seconds_so_far()
    if how.as_json:
        report = {
            "output": str(output),
            "finished": result.finished,
            "seconds": round(seconds, 3),
            "steps": len(result.trace),
            "loss": best.loss,
            "terms": dict(best.terms),
            "coverage": float(result.alpha.mean()),
            "warnings": list(warnings),
        }
        if run.problem.found:
            report["labels"] = run.problem.found
        typer.echo(json.dumps(report))
    elif how.quiet:
        return
    elif result.finished:
        typer.echo(f"{output}: {result.alpha.mean():.0%} of the picture restyled in {duration(seconds)}")
    else:
        typer.echo(
            f"{output}: stopped at {last.done:.0%}; this is the best picture so far."
            " To go on, run the same command with --resume"
        )
