"""What `sfumato video` shows: progress, and the report at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sfumato.cli import notes
from sfumato.cli.progress import duration, seconds_so_far

if TYPE_CHECKING:
    from sfumato.video.record import FrameRecord, Pace

__all__ = ["report", "so_far"]


def so_far(record: FrameRecord, pace: Pace) -> str:
    """Return how far a clip is, how fast it goes, and when it may end."""
    text = f"frame {record.number + 1} of {record.frames}"
    if pace.seconds_left is None:
        return text
    return f"{text}, {pace.per_second:.1f} frames a second, {duration(pace.seconds_left)} left"


def report(output: Path, pace: Pace, stopped: bool, heard: list[str], *, as_json: bool, quiet: bool) -> None:
    """Report what became of the frames."""
    if as_json:
        told = {
            "output": str(output),
            "finished": not stopped,
            "seconds": round(seconds_so_far(), 3),
            "frames": pace.done,
            "shots": pace.cuts,
            "frames_per_second": round(pace.per_second, 3),
            "coverage": pace.coverage,
            "notes": dict(pace.notes),
            "warnings": heard,
        }
        typer.echo(json.dumps(told))
        return
    if quiet:
        return
    for note, count in pace.notes.most_common(10):
        notes.say(f"{notes.counted(count, 'frame')}: {note}")
    speed = f", {pace.per_second:.1f} frames a second" if pace.per_second else ""
    typer.echo(
        f"{output}: {notes.counted(pace.done, 'frame')}, {pace.coverage:.0%} of the picture restyled, in"
        f" {duration(seconds_so_far())}{speed}"
    )
    if stopped:
        typer.echo("this is the clip so far; to go on, run the same command with --resume")
