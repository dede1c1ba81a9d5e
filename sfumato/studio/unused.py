"""Files of a session that nothing names any more."""

from __future__ import annotations

from sfumato.studio.session import Session

__all__ = ["remove_unused"]


def remove_unused(session: Session) -> None:
    """Remove files that neither the document nor what can be undone or done again names, and masks of layers likewise.

    Only files that were the session's own are removed. Results have their own copies.
    """
    with session.lock:
        document = session.document
        texts = [*document.regions]
        for state in session.painted.values():
            texts += [change.region for change in (*state.history.done, *state.history.undone)]
        lost = {mask for mask in document.masks if not _named(mask, texts)}
        if lost:
            for layer in document.layers:
                if layer.mask in lost and layer.id in session.painted:
                    session.painted[layer.id].forget()
            session.change(
                layers=tuple(
                    layer.model_copy(update={"mask": None}) if layer.mask in lost else layer
                    for layer in document.layers
                )
            )
        own = session.document.files
        own |= {place.name for place in session.files.iterdir() if _named(place.name, texts)}
        for name in (session.own | lost) - own:
            (session.files / name).unlink(missing_ok=True)
        session.own = own


def _named(file: str, texts: list[str]) -> bool:
    # A name within another keeps a file too long rather than not long enough.
    return any(file in text for text in texts)
