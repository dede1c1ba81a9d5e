"""What `sfumato batch` shows: progress, a dry run, the report at the end."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sfumato.cli import notes
from sfumato.cli.progress import duration, seconds_so_far
from sfumato.errors import SfumatoError

if TYPE_CHECKING:
    from sfumato.batching import Plan, Totals

__all__ = ["report", "show_plan", "so_far"]

_NOTES = 10  # maximum number of notes in a report


def so_far(totals: Totals) -> str:
    """Return how far a batch is, how fast it goes, and when it may end."""
    text = f"{totals.done} done, {totals.failed} failed, {totals.left} left"
    if totals.seconds_left is None:
        return text
    return f"{text}, {_rounded(totals.per_minute)} pictures a minute, {duration(totals.seconds_left)} left"


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def show_plan(plan: Plan, *, as_json: bool) -> None:
    """Show what would be painted, and where it would go."""
    from sfumato.batching import is_done

    counts = Counter[str]()
    for task in plan:
        try:
            what = "skip" if plan.exists == "skip" and is_done(task) else "paint"
        except SfumatoError as error:
            what = f"fail: {error}"
        counts[what.partition(":")[0]] += 1
        if as_json:
            typer.echo(
                json.dumps({"photo": task.photo, "output": task.output, "recipe": task.order.name, "would": what})
            )
        else:
            typer.echo(notes.one_line(f"{task.photo} -> {task.output}: {what}"))
    if not as_json:
        told = ", ".join(f"{counts[what]} to {what}" for what in ("paint", "skip", "fail") if counts[what])
        typer.echo(f"{told}{_passed_over(plan)}; nothing was written")


def report(totals: Totals, plan: Plan, errors: Path | None, *, as_json: bool, quiet: bool) -> None:
    """Report what became of the pictures."""
    counts = {name: getattr(totals, name) for name in ("painted", "skipped", "failed", "left")}
    if as_json:
        summary = {**counts, "passed_over": plan.photos.passed_over, "seconds": round(seconds_so_far(), 3)}
        typer.echo(json.dumps(summary))
        return
    for error in totals.errors:
        typer.echo(notes.one_line(f"failed: {error}"), err=True)
    if totals.failed > len(totals.errors):
        where = f" in {errors}" if errors else "; name a file for all of them with --errors"
        typer.echo(f"and {notes.counted(totals.failed - len(totals.errors), 'other')}{where}", err=True)
    if quiet:
        return
    for note, count in totals.notes.most_common(_NOTES):
        notes.say(f"{notes.counted(count, 'picture')}: {note}")
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count or name == "painted")
    typer.echo(f"{told}{_passed_over(plan)} in {duration(seconds_so_far())}")
    if totals.left:
        typer.echo("to continue, run the same command again")


def _passed_over(plan: Plan) -> str:
    count = plan.photos.passed_over
    return (
        f", {notes.counted(count, 'file that is not a picture', 'files that are not pictures')} passed over"
        if count
        else ""
    )
