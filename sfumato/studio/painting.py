"""Carry out jobs: a picture is painted and kept with all that it took."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import tomli_w

from sfumato import files, models
from sfumato.errors import collecting
from sfumato.jobs import job as jobs
from sfumato.jobs.carry_out import begin, finish
from sfumato.jobs.outputs import Outputs
from sfumato.methods import Result, Run
from sfumato.studio.command import command
from sfumato.studio.document import ResultInfo
from sfumato.studio.job import Job
from sfumato.studio.look import look
from sfumato.studio.pasting import paste_files
from sfumato.studio.plan import Stage, planned
from sfumato.studio.preview import Preview
from sfumato.studio.results import COMMAND, SCREEN, SNAPSHOT, WORK
from sfumato.studio.screen import scaled_jpeg
from sfumato.studio.session import Session

__all__ = ["carry_out"]


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
                stages, lines = _stages(session, work)
                snapshot = session.document.model_dump_json(by_alias=True)
            done = None
            for number, stage in enumerate(stages):
                if job.stop.is_set():
                    break
                result = _run(job, stage, work, (number / len(stages), (number + 1) / len(stages)))
                if result is None:
                    break
                shown = scaled_jpeg(result.picture)
                job.show(shown)
                saved = "recipe.toml" if len(stages) == 1 else f"recipe-{number + 1}.toml"
                head = tomli_w.dumps({"photo": stage.photo, "output": stage.output})
                files.write(work / saved, (head + stage.recipe.to_toml()).encode())
                lines.append(command(stage.recipe, stage.photo, stage.output, saved))
                done = stage, result, shown
        if done is None:
            return
        whole = done[0] is stages[-1] and done[1].finished
        line = " && ".join(lines)
        if not whole:
            line = f"# the picture was stopped early; this paints it to the end\n{line}"
        files.write(folder / COMMAND, line.encode())
        files.write(folder / SNAPSHOT, snapshot.encode())
        files.write(folder / SCREEN, done[2])
        _keep(session, name, *done[:2], seconds=time.monotonic() - began, finished=whole, notes=notes)
    finally:
        if not any(result.id == name for result in session.document.results):
            shutil.rmtree(folder, ignore_errors=True)


def _stages(session: Session, work: Path) -> tuple[list[Stage], list[str]]:
    """Return the runs, and the commands that come before theirs."""
    if session.document.panel.mode == "paste":
        stage, line = paste_files(session, work)
        return [stage], [line]
    return planned(session, work), []


def _run(job: Job, stage: Stage, work: Path, share: tuple[float, float]) -> Result | None:
    """Carry out one run, and write its picture; None if it was cancelled before its first step."""
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
    return result


def _watch(job: Job, run: Run, preview: Preview, share: tuple[float, float]) -> None:
    for step in run:
        job.advance(step, share)
        if job.stop.is_set():
            run.cancel()
        elif preview.due():
            job.show(preview.picture())
        job.session.changed()


def _keep(
    session: Session, name: str, stage: Stage, result: Result, *, seconds: float, finished: bool, notes: list[str]
) -> None:
    """Enter a result into the session's history."""
    info = ResultInfo(
        id=name,
        name=stage.output,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        method=stage.recipe.method,
        width=result.picture.width,
        height=result.picture.height,
        finished=finished,
    )
    with session.lock:
        session.change(results=(info, *session.document.results))
        session.note(notes)


def _fetch(job: Job, names: Iterable[str]) -> None:
    """Fetch network files that are missing, and say so."""
    for name in names:
        if models.state(name) != "ready":
            job.say(f"fetching the network file {name}, which is needed once")
            models.path(name)
