"""Carry out jobs: a picture is painted and kept with all that it took."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import tomli_w

from sfumato import files, images, models
from sfumato.errors import collecting
from sfumato.images import Picture
from sfumato.jobs import job as jobs
from sfumato.jobs.carry_out import begin, finish
from sfumato.jobs.outputs import Outputs
from sfumato.methods import Run
from sfumato.studio.command import command
from sfumato.studio.document import ResultInfo
from sfumato.studio.job import Job
from sfumato.studio.look import look
from sfumato.studio.pasting import paste_files
from sfumato.studio.plan import Stage, planned
from sfumato.studio.preview import Preview
from sfumato.studio.results import COMMAND, SCREEN, WORK, keep_document
from sfumato.studio.screen import scaled_jpeg

__all__ = ["carry_out"]


class _Made(NamedTuple):
    """A picture in the folder of a result."""

    name: str
    method: str
    picture: Picture
    finished: bool


def carry_out(job: Job) -> None:
    """Carry out a job; its session keeps the result.

    Raises
    ------
    SfumatoError
        If something is missing, or cannot be used.
    """
    if job.kind == "look":
        look(job, lambda names: _fetch(job, names))
    else:
        _paint(job)


def _paint(job: Job) -> None:
    session, began = job.session, time.monotonic()
    name = secrets.token_hex(6)
    folder = session.results / name
    work = folder / WORK
    work.mkdir(parents=True)
    notes: list[str] = []
    try:
        with collecting(notes):
            with session.lock:
                plan = paste_files(session, work) if session.document.panel.mode == "paste" else planned(session, work)
                keep_document(session, folder)
            line = " && ".join([*plan.done, *_commands(plan.stages, work)])
            made = _Made(plan.ready, "paste", images.load(work / plan.ready), True) if plan.ready else None
            for number, stage in enumerate(plan.stages):
                found = _run(job, stage, work, (number / len(plan.stages), (number + 1) / len(plan.stages)))
                made = found or made
                if found is None or not found.finished:
                    break
        if made is None or (plan.stages and made.name == plan.ready):
            return
        whole = made.finished and made.name == (plan.stages[-1].output if plan.stages else plan.ready)
        if not whole:
            line = f"# the picture was stopped early; this paints it to the end\n{line}"
        files.write(folder / COMMAND, line.encode())
        shown = scaled_jpeg(made.picture)
        files.write(folder / SCREEN, shown)
        job.show(shown)
        info = ResultInfo(
            id=name,
            name=made.name,
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - began, 1),
            method=made.method,
            width=made.picture.width,
            height=made.picture.height,
            finished=whole,
        )
        with session.lock:
            session.change(results=(info, *session.document.results))
            session.note(notes)
    finally:
        if not any(result.id == name for result in session.document.results):
            shutil.rmtree(folder, ignore_errors=True)


def _commands(stages: Sequence[Stage], work: Path) -> list[str]:
    """Return the command of each run, and write the recipes that they may need."""
    lines = []
    for number, stage in enumerate(stages, start=1):
        saved = "recipe.toml" if len(stages) == 1 else f"recipe-{number}.toml"
        head = tomli_w.dumps({"photo": stage.photo, "output": stage.output})
        files.write(work / saved, (head + stage.recipe.to_toml()).encode())
        lines.append(command(stage.recipe, stage.photo, stage.output, saved))
    return lines


def _run(job: Job, stage: Stage, work: Path, share: tuple[float, float]) -> _Made | None:
    """Carry out one run, and write its picture; None if it was cancelled before its first step."""
    if job.stop.is_set():
        return None
    outputs = Outputs(work / stage.output)
    job.say("preparing")
    run = begin(
        jobs.Job(stage.recipe, work / stage.photo, outputs.picture, work),
        outputs,
        fetch=lambda names: _fetch(job, names),
    )
    screen = job.session.screen
    first = screen is not None and share[0] == 0 and run.problem.photo.shape == screen.full
    preview = Preview(run, screen.image if first and screen is not None and run.problem.pasted is None else None)
    if not job.stop.is_set():
        _watch(job, run, preview, share)
    if not run.trace:
        return None
    job.say("writing the picture")
    result = finish(run, outputs)
    outputs.checkpoint.unlink(missing_ok=True)
    return _Made(stage.output, stage.recipe.method, result.picture, result.finished)


def _watch(job: Job, run: Run, preview: Preview, share: tuple[float, float]) -> None:
    for step in run:
        job.advance(step, share)
        if job.stop.is_set():
            run.cancel()
        elif preview.due():
            job.show(preview.picture())
        job.session.changed()


def _fetch(job: Job, names: Iterable[str]) -> None:
    """Fetch network files that are missing, and say so."""
    for name in names:
        if models.state(name) != "ready":
            job.say(f"fetching the network file {name}, which is needed once")
            models.path(name)
