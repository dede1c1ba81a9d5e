"""The state that a page shows: the whole of it, whenever something changes."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sfumato.errors import SfumatoError
from sfumato.studio import gallery
from sfumato.studio.document import StudioLayer
from sfumato.studio.layers import seen
from sfumato.studio.photo import screen_of
from sfumato.studio.session import Session

__all__ = ["look_at", "state"]


def state(session: Session) -> dict[str, Any]:
    """Return the state of a session as plain values, small enough to be sent at each change."""
    revision = session.revision
    document = session.document
    plain = document.model_dump(by_alias=True, exclude={"layers": True, "styles": True, "labels": {"segmenter"}})
    return {
        "id": session.id,
        "revision": revision,
        **plain,
        "layers": [_layer(session, layer) for layer in document.layers],
        "styles": [style.model_dump() for style in gallery.known(session)],
        "job": None if session.job is None else session.job.public(),
    }


def _layer(session: Session, layer: StudioLayer) -> dict[str, Any]:
    plain = layer.model_dump(by_alias=True)
    held = session.painted.get(layer.id)
    history = None if held is None else held.history
    found: dict[str, Any] = {
        "region_error": None,
        "mask_version": 0,
        "coverage": 0.0,
        "can_undo": bool(history and history.done),
        "can_redo": bool(history and history.undone),
    }
    if session.document.photo is not None and held is not None:
        found |= {"region_error": held.error, "mask_version": held.version, "coverage": round(held.coverage, 4)}
    return {**plain, **found}


def look_at(session: Session) -> None:
    """Evaluate the regions of all layers, so that the state can tell what they select."""
    with session.working():
        if session.document.photo is not None:
            for layer in session.document.layers:
                with suppress(SfumatoError):
                    seen(session, screen_of(session), layer)
