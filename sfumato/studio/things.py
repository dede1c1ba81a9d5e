"""What is in a photo, as an ID map: a value for each thing, and the word that selects it."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sfumato import images, models, regions
from sfumato.errors import InputError, ModelError, SfumatoError, listening, unexpected
from sfumato.regions import segmenters
from sfumato.regions.evaluation import Memory
from sfumato.regions.expression import Call
from sfumato.regions.parser import parse
from sfumato.studio.document import Labels, Thing, is_published
from sfumato.studio.photo import screen_of
from sfumato.studio.screen import Screen, gray_png
from sfumato.studio.session import Session

__all__ = ["MAP", "find", "finish", "start", "start_if_new", "word_at"]

#: Name of the ID map in a session's folder.
MAP = "idmap.png"

_LOG = logging.getLogger("sfumato.studio")

_RUNNING: weakref.WeakSet[threading.Thread] = weakref.WeakSet()

# Factor of the subject's area where things are drawn smaller ones last: about as large a thing of a name lies above it.
_SUBJECT = 1.25

_MOST = 255  # things in an 8-bit map
_THERE = 0.5  # value of a mask from which a pixel belongs to a thing
_LEAST = 0.0005  # share of the photo below which a thing cannot be pointed at


def start(session: Session, *, fetch: bool = False) -> threading.Thread:
    """Look for things in the background. Network files are only fetched if that is asked for."""
    labels = session.document.labels
    session.change(labels=Labels(state="working", version=labels.version))
    thread = threading.Thread(target=_work, args=(session, fetch), name="sfumato-things", daemon=True)
    _RUNNING.add(thread)
    thread.start()
    return thread


def start_if_new(session: Session) -> None:
    """Look for things, unless that was done for this photo."""
    with session.lock:
        if session.document.photo is not None and session.document.labels.state == "none":
            start(session)


def finish(seconds: float = 10.0) -> None:
    """Wait for what is being looked for, for a while: a network that is at work cannot be stopped cleanly."""
    for thread in list(_RUNNING):
        thread.join(seconds)


def find(
    image: NDArray[np.float32], segmenter: str = "auto", *, fetch: bool = False
) -> tuple[dict[str, NDArray[np.float32]], str | None]:
    """Find things in a picture.

    Parameters
    ----------
    image : ndarray (h, w, 3)
        sRGB in [0, 1].
    segmenter : str
        See `sfumato.regions.segmenters.choose`.
    fetch : bool
        Fetch network files that are missing.

    Returns
    -------
    masks : dict of str to ndarray
        Masks by the word that selects them: the subject, and single things or else labels.
    lacking : str or None
        What is missing to find more, and what to do.
    """
    masks: dict[str, NDArray[np.float32]] = {}
    lacking = None
    if fetch or models.state("u2netp") == "ready":
        subject = regions.subject(image)
        if subject.any():
            masks["subject"] = subject
    else:
        lacking = "the subject is found once the network file u2netp is there"
    try:
        if fetch or _is_there(segmenter):
            found = regions.find(image, segmenter, fetch=fetch)
            parts = {name.partition("#")[0] for name in found if "#" in name}
            masks |= {name: mask for name, mask in found.items() if name not in parts}
        else:
            file = segmenters.model_of(segmenter) or segmenter
            lacking = f"people, animals and other things are found once the network file {file} is there"
    except ModelError as error:
        lacking = str(error)
    return masks, lacking


def word_at(session: Session, screen: Screen, x: float, y: float) -> str | None:
    """Return the word for the thing at a point of the photo, in its pixels; None if none is known there.

    Raises
    ------
    InputError
        If the point is not in the photo.
    """
    height, width = screen.full
    if not (0 <= x < width and 0 <= y < height):
        raise InputError(f"{x:g},{y:g} is not in the photo, {width}×{height} pixels")
    ids = _ids(session, screen)
    if ids is None:
        return None
    value = int(ids[min(int(y * screen.scale), ids.shape[0] - 1), min(int(x * screen.scale), ids.shape[1] - 1)])
    return next((thing.word for thing in session.document.labels.things if thing.id == value), None)


def _ids(session: Session, screen: Screen) -> NDArray[np.uint8] | None:
    """Return the ID map; None if there is none yet."""
    labels = session.document.labels
    if labels.state != "ready":
        return None
    if screen.ids is None:
        screen.ids = np.asarray(images.load(session.folder / MAP, min_side=1).pixels[..., 0])
    return screen.ids


def _work(session: Session, fetch: bool) -> None:
    document = session.document
    if document.photo is None:
        return
    version, segmenter = document.photo.version, session.segmenter
    things: tuple[Thing, ...] = ()
    ids, error = None, None
    with listening(lambda message: None):
        try:
            screen = screen_of(session)
            masks, error = find(screen.image, segmenter, fetch=fetch)
            ids, things = _mapped(masks)
        except SfumatoError as problem:
            error = session.plain(str(problem))
        except Exception as problem:  # whatever it is, the page should not wait for ever
            _LOG.exception("things could not be looked for")
            error = f"things could not be looked for: {unexpected(problem)}"[:300]
    with session.lock:
        now = session.document
        if now.photo is None or now.photo.version != version or session.segmenter != segmenter:
            return  # another search has begun
        labels = Labels(state="failed", error=error, version=now.labels.version, segmenter=segmenter)
        if ids is not None and things:
            (session.folder / MAP).write_bytes(gray_png(ids))
            screen.ids = ids
            screen.memory.update(_calls(masks))
            labels = labels.model_copy(update={"state": "ready", "version": labels.version + 1, "things": things})
        elif error is None:
            labels = labels.model_copy(update={"state": "ready", "version": labels.version + 1})
            (session.folder / MAP).write_bytes(gray_png(np.zeros(screen.image.shape[:2], np.uint8)))
        session.change(labels=labels)


def _mapped(masks: Mapping[str, NDArray[np.float32]]) -> tuple[NDArray[np.uint8] | None, tuple[Thing, ...]]:
    """Draw things over each other, smaller ones last."""
    if not masks:
        return None, ()

    def size(word: str) -> float:
        # A person is often the subject as well, and is better called a person; a cup on a table is not the table.
        return float(masks[word].sum()) * (_SUBJECT if word == "subject" else 1)

    order = sorted(masks, key=size, reverse=True)[:_MOST]
    ids = np.zeros(next(iter(masks.values())).shape, np.uint8)
    for value, word in enumerate(order, start=1):
        ids[masks[word] > _THERE] = value
    seen = np.bincount(ids.ravel(), minlength=len(order) + 1) / ids.size
    things = tuple(
        Thing(id=value, name=word.partition("#")[0], word=word, share=round(float(masks[word].mean()), 4))
        for value, word in enumerate(order, start=1)
        if seen[value] > _LEAST
    )
    return ids, things


def _calls(masks: Mapping[str, NDArray[np.float32]]) -> Memory:
    """Return what an evaluation of these words would find."""
    found = ((parse(word), mask) for word, mask in masks.items())
    return {call: mask for call, mask in found if isinstance(call, Call)}


def _is_there(segmenter: str) -> bool:
    """Tell whether a segmenter can be used without fetching anything."""
    file = segmenters.model_of(segmenter)
    if file:
        return models.state(file) == "ready"
    return not is_published(segmenter) or (segmenter != "auto" and segmenters.known_names(segmenter) is not None)
