"""What layers select: painted masks, regions as they are seen on the screen, and their changes, undone and redone."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sfumato import regions
from sfumato.errors import InputError, RegionError, SfumatoError, listening
from sfumato.images import Box
from sfumato.images.boxes import slices
from sfumato.images.resizing import resized
from sfumato.regions.renaming import files_in
from sfumato.regions.scaling import scaled
from sfumato.studio.document import StudioLayer
from sfumato.studio.history import Change, Patch, trim
from sfumato.studio.masks import LayerState, check_files, free_name, full_mask, named, put_mask, shrink, state_of
from sfumato.studio.screen import Screen
from sfumato.studio.session import Session

__all__ = ["Laying", "edit", "paint", "seen", "take_step"]

Laying: TypeAlias = Literal["set", "add", "erase"]
"""How a painted rectangle is laid into a mask."""

_AT_ONCE = 8_000_000  # pixels of a photo whose content is looked at while a hand waits

_MOST_REMEMBERED = 32  # number of masks of the screen's size that are kept


def seen(session: Session, screen: Screen, layer: StudioLayer) -> LayerState:
    """Return what a layer holds, with its region evaluated at the screen's size, unless it is known already."""
    state = state_of(session, layer)
    photo = session.document.photo
    key = (layer.region, state.version, photo and photo.version, session.segmenter)
    if state.key != key:
        shown, found = None, None
        try:
            shown = _evaluated(session, screen, layer.region)
        except SfumatoError as error:
            found = session.plain(str(error))
        state.key, state.shown, state.error = key, shown, found
        state.coverage = 0.0 if shown is None else float(shown.mean())
    return state


def edit(session: Session, layer: StudioLayer, region: str) -> None:
    """Give a layer another region; this can be undone.

    Raises
    ------
    RegionError
        If it cannot be read.
    InputError
        If it names a file outside the session's folder.
    """
    regions.parse(region, session.files)
    check_files(session, region)
    state = state_of(session, layer)
    _keep(session, layer, region, layer.mask)
    state.history.add(Change(layer.region))
    _changed(session, state)


def paint(
    session: Session, layer: StudioLayer, values: NDArray[np.uint8], left: int, top: int, laying: Laying = "set"
) -> None:
    """Lay a painted rectangle into a layer's mask; this can be undone.

    A layer whose region does not name its mask takes what its region selects as the mask first.

    Parameters
    ----------
    session : Session
        The layer's session.
    layer : StudioLayer
        Layer to paint on.
    values : ndarray of uint8, shape (h, w)
        The mask's new values; or how much of each pixel a stroke covers.
    left, top : int
        Where the rectangle is in the photo, in pixels.
    laying : {"set", "add", "erase"}
        Whether the values replace the mask, or a stroke adds to it or takes away from it.

    Raises
    ------
    InputError
        If the rectangle leaves the photo.
    RegionError
        If the region so far cannot be evaluated.
    """
    photo = session.document.photo
    assert photo is not None
    box: Box = (top, left, top + values.shape[0], left + values.shape[1])
    if min(box) < 0 or box[2] > photo.height or box[3] > photo.width:
        size = f"{photo.width}×{photo.height}"
        raise InputError(f"the rectangle {left},{top},{box[3]},{box[2]} leaves the photo, {size} pixels")
    state = state_of(session, layer)
    region, name = layer.region, layer.mask
    if name is None or name not in files_in(region, session.files):
        shape = photo.height, photo.width
        # As with shapes, what is added to everything begins with nothing.
        nothing = region == "all" and laying == "add"
        mask = np.zeros(shape, np.uint8) if nothing else _begun(session, layer, shape)
        old = np.zeros(shape, np.uint8) if state.painted is None else state.painted
        change = Change(region, Patch.of(old, (0, 0, *shape)))
        region = name = name or free_name(session)
    else:
        assert state.painted is not None
        mask, change = state.painted, Change(region, Patch.of(state.painted, box))
    painted = _laid(mask[slices(box)], values, laying)
    _keep(session, layer, region, name)
    if mask is not state.painted:
        put_mask(session, state, mask)
    mask[slices(box)] = painted
    shrink(session, state, box)
    state.history.add(change)
    _changed(session, state)


def take_step(session: Session, layer: StudioLayer, way: Literal["undo", "redo"]) -> None:
    """Take back the latest change of a layer's region or mask, or do it again.

    Raises
    ------
    InputError
        If there is nothing to undo, or to redo.
    """
    state = state_of(session, layer)
    source, target = state.history.done, state.history.undone
    if way == "redo":
        source, target = target, source
    if not source:
        raise InputError(f"there is nothing to {way} in the layer {layer.name!r}")
    # The file stays the layer's own: it may be needed again.
    _keep(session, layer, source[-1].region, layer.mask)
    before, patch = source.pop().patch, None
    if before is not None and state.painted is not None:
        patch = Patch.of(state.painted, before.box)
        before.put(state.painted)
        shrink(session, state, before.box)
    target.append(Change(layer.region, patch))
    _changed(session, state)


def _begun(session: Session, layer: StudioLayer, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Return what a layer selects, for a mask; of a large photo enlarged from the screen's size, since a hand waits."""
    if shape[0] * shape[1] <= _AT_ONCE or not regions.needs_photo(layer.region, session.files):
        return full_mask(session, layer).copy()
    assert session.screen is not None
    state = seen(session, session.screen, layer)
    if state.shown is None:
        raise RegionError(f"{state.error}")
    return np.asarray(np.rint(resized(state.shown, *shape) * 255), np.uint8)


def _laid(mask: NDArray[np.uint8], values: NDArray[np.uint8], laying: Laying) -> NDArray[np.uint8]:
    """Return a mask after a stroke, in whole steps of 255."""
    if laying == "set":
        return values
    now, stroke = mask.astype(np.uint32), values.astype(np.uint32)
    found = now + ((255 - now) * stroke + 127) // 255 if laying == "add" else (now * (255 - stroke) + 127) // 255
    return found.astype(np.uint8)


def _keep(session: Session, layer: StudioLayer, region: str, mask: str | None) -> None:
    """Keep a layer with another region and mask. What it holds beside the document is changed after that."""
    changed = layer.model_copy(update={"region": region, "mask": mask})
    layers = tuple(changed if each.id == layer.id else each for each in session.document.layers)
    session.keep(session.document.model_copy(update={"layers": layers}))


def _changed(session: Session, state: LayerState) -> None:
    state.version += 1
    trim(held.history for held in session.painted.values())
    session.changed()


def _evaluated(session: Session, screen: Screen, region: str) -> NDArray[np.float32]:
    text = scaled(region, screen.scale, session.files)
    if len(screen.memory) > _MOST_REMEMBERED:
        screen.memory.clear()
    with listening(lambda message: None), named(session, small=True):
        return regions.evaluate(
            text,
            screen.image,
            session.files,
            **session.finders,
            memory=screen.memory,
        )
