"""Restyle a clip: the function."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

from sfumato import files
from sfumato.errors import InputError, OutputError, warn
from sfumato.jobs import needs
from sfumato.methods.recipe_files import check_files, files_of
from sfumato.recipe import Recipe
from sfumato.video.encoding import encoder_of
from sfumato.video.joining import check_streams
from sfumato.video.look import look
from sfumato.video.masks import count_masks
from sfumato.video.options import VideoOptions
from sfumato.video.parts import folder_of
from sfumato.video.record import FrameRecord
from sfumato.video.work import Job, carried_out

__all__ = ["plan", "restyle"]

Place = str | os.PathLike[str]


def restyle(
    path: Place,
    recipe: Recipe | Place,
    out: Place,
    *,
    options: VideoOptions | None = None,
    begin: float | None = None,
    end: float | None = None,
    masks: Place | None = None,
    resume: bool = False,
    overwrite: bool = False,
    folder: Place | None = None,
    device: str = "auto",
    precision: str = "auto",
) -> Generator[FrameRecord]:
    """Restyle the frames of a clip; sound and subtitles are copied.

    Parameters
    ----------
    path : path
        The clip.
    recipe : Recipe or path
        What to do.
    out : path
        File to write: MP4, MOV, MKV or WebM. It appears at the end, or when the iterator is closed before; until then,
        finished parts are in a folder beside it, "NAME.parts".
    options : VideoOptions, optional
        How frames are carried along, and how they are encoded.
    begin, end : float, optional
        Part to take, in seconds from the first frame.
    masks : path, optional
        Masks in place of the region: a video, or a folder with a picture for each frame of the whole clip.
    resume : bool
        Go on from the finished parts of a run that was stopped.
    overwrite : bool
        Whether `out`, or the parts of another run, may be replaced.
    folder : path, optional
        Where to look for the recipe's files, before the current folder; the folder of a recipe file by default.
    device, precision : str
        As for `sfumato.stylize`.

    Returns
    -------
    iterator of FrameRecord
        One for each frame. All has been checked before the first. If it is closed before its end, what there is is
        written to `out`, and the parts are kept to go on from.

    Raises
    ------
    InputError
        If the clip, the recipe or a file of it cannot be used, or there are fewer masks than frames.
    OutputError
        If the result cannot be written, or its kind cannot hold the sound of the clip.
    CheckpointError
        If there is nothing to resume, or it belongs to another job.
    ModelError
        If a network file that the recipe needs cannot be fetched.

    Examples
    --------
    >>> for done in restyle("clip.mp4", "dusk.toml", "out.mp4"):  # doctest: +SKIP
    ...     print(done.number, done.seconds, done.coverage, done.notes)
    """
    if not isinstance(recipe, Recipe):
        folder = Path(recipe).parent if folder is None else folder
        recipe = Recipe.load(Path(recipe))
    job = plan(
        Path(path),
        recipe,
        Path(out),
        options=options or VideoOptions(),
        begin=begin,
        end=end,
        masks=None if masks is None else Path(masks),
        resume=resume,
        overwrite=overwrite,
        folder=None if folder is None else Path(folder),
    )
    needs.fetch(job.models())
    return carried_out(job, resume=resume, device=device, precision=precision)


def plan(
    path: Path,
    recipe: Recipe,
    out: Path,
    *,
    options: VideoOptions,
    begin: float | None = None,
    end: float | None = None,
    masks: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    folder: Path | None = None,
) -> Job:
    """Check all that can be checked before the work; see `restyle`."""
    encoder_of(out)
    clip = look(path, begin, end)
    inputs = [path, *files_of(recipe, folder), *([masks] if masks else [])]
    files.check(out, inputs=inputs, overwrite=overwrite or resume)
    parts = folder_of(out)
    if parts.exists() and not (resume or overwrite):
        raise OutputError(
            f"{parts}: holds a run that was stopped; go on from it, or allow it to be replaced", option="resume"
        )
    check_files(recipe, folder)
    if masks is not None:
        needed, there = clip.before + clip.frames, count_masks(masks)
        if there < needed:
            raise InputError(f"{masks}: has {there} masks, and the clip {needed} frames; give one for each frame")
    check_streams(clip, out)
    if clip.short:
        warn(clip.short)
    return Job(clip, recipe, out, options, masks, folder)
