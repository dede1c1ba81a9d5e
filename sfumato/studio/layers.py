"""What layers select: painted masks, regions as they are seen on the screen, and their changes, undone and redone."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import images, regions
from sfumato.errors import InputError, SfumatoError, listening
from sfumato.images import Box
from sfumato.images.boxes import slices
from sfumato.regions.renaming import files_in
from sfumato.regions.scaling import scaled
from sfumato.studio.document import StudioLayer
from sfumato.studio.history import Change, History, Patch
from sfumato.studio.screen import Screen
from sfumato.studio.session import Session

__all__ = ["LayerState", "edit", "full_mask", "paint", "redo", "seen", "state_of", "undo", "write_masks"]

_MOST_REMEMBERED = 32  # number of masks of the screen's size that are kept


@dataclass
class LayerState:
    """What a layer holds beside the document.

    `painted` (H, W) is its mask at the photo's size and `small` that at the screen's; `version` grows whenever what is
    selected may be another; `shown` is the region at the screen's size, or the reason why there is none.
    """

    painted: NDArray[np.uint8] | None = field(default=None, repr=False)
    small: NDArray[np.uint8] | None = field(default=None, repr=False)
    history: History = field(default_factory=History, repr=False)
    version: int = 1
    unsaved: bool = False
    key: object = None
    shown: NDArray[np.float32] | None = field(default=None, repr=False)
    error: str | None = None

    @property
    def coverage(self) -> float:
        """Share of the photo that the region covers."""
        return 0.0 if self.shown is None else float(self.shown.mean())


def state_of(session: Session, layer: StudioLayer) -> LayerState:
    """Return what a layer holds, with its mask from disk if it is not in memory."""
    state = session.painted.setdefault(layer.id, LayerState())
    if layer.mask is not None and state.painted is None:
        picture = images.load(session.files / layer.mask, min_side=1)
        _set_mask(session, state, np.ascontiguousarray(picture.in_8_bits().pixels[..., 0]))
        state.unsaved = False
    return state


def seen(session: Session, screen: Screen, layer: StudioLayer) -> LayerState:
    """Return what a layer holds, with its region evaluated at the screen's size, unless it is known already."""
    state = state_of(session, layer)
    photo = session.document.photo
    key = (layer.region, state.version, photo and photo.version, session.document.settings.segmenter)
    if state.key != key:
        state.key, state.shown, state.error = key, None, None
        try:
            state.shown = _evaluated(session, screen, layer.region)
        except SfumatoError as error:
            state.error = session.plain(str(error))
    return state


def full_mask(session: Session, layer: StudioLayer) -> NDArray[np.uint8]:
    """Return a layer's region at the photo's own size, uint8 (H, W).

    Raises
    ------
    RegionError
        If it cannot be evaluated.
    """
    document = session.document
    assert document.photo is not None
    if layer.mask is not None and layer.region in (layer.mask, f'"{layer.mask}"'):
        painted = state_of(session, layer).painted
        assert painted is not None
        return painted
    shape = document.photo.height, document.photo.width
    image = np.broadcast_to(np.float32(0), (*shape, 3))
    if regions.needs_photo(layer.region, session.files):
        image = images.load(session.files / document.photo.name).rgb()
    with _masks(session, small=False):
        mask = regions.evaluate(layer.region, image, session.files, segmenter=document.settings.segmenter)
    return np.asarray(np.rint(mask * 255), np.uint8)


def edit(session: Session, layer: StudioLayer, region: str) -> None:
    """Give a layer another region; this can be undone.

    Raises
    ------
    RegionError
        If it cannot be read.
    """
    regions.parse(region, session.files)
    state_of(session, layer).history.add(Change(layer.region, layer.mask))
    _put(session, layer, region, layer.mask)


def paint(session: Session, layer: StudioLayer, values: NDArray[np.uint8], left: int, top: int) -> None:
    """Put a painted rectangle into a layer's mask; this can be undone.

    A layer whose region does not name its mask takes what its region selects as the mask first.

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
    if min(box) < 0 or box[2] > photo.height or box[3] > photo.width or not values.size:
        raise InputError(
            f"the rectangle {box[1]},{box[0]},{box[3]},{box[2]} leaves the photo, {photo.width}×{photo.height}"
        )
    state = state_of(session, layer)
    region, name = layer.region, layer.mask
    if name is None or name not in files_in(region, session.files):
        before = full_mask(session, layer)
        name = name or _free_name(session)
        old = np.zeros_like(before) if state.painted is None else state.painted
        change = Change(layer.region, layer.mask, Patch.of(old, (0, 0, *old.shape)))
        region = name
        _set_mask(session, state, before.copy())
    else:
        assert state.painted is not None
        change = Change(layer.region, layer.mask, Patch.of(state.painted, box))
    assert state.painted is not None
    state.history.add(change)
    state.painted[slices(box)] = values
    _shrink(session, state, box)
    _put(session, layer, region, name)


def undo(session: Session, layer: StudioLayer) -> None:
    """Take back the latest change of a layer's region or mask.

    Raises
    ------
    InputError
        If there is nothing to undo.
    """
    history = state_of(session, layer).history
    _step(session, layer, history.done, history.undone, "undo")


def redo(session: Session, layer: StudioLayer) -> None:
    """Do again what was undone last.

    Raises
    ------
    InputError
        If there is nothing to redo.
    """
    history = state_of(session, layer).history
    _step(session, layer, history.undone, history.done, "redo")


def write_masks(session: Session) -> None:
    """Write painted masks to their files, for recipes to read and for a restart to find."""
    for layer in session.document.layers:
        state = session.painted.get(layer.id)
        if layer.mask is not None and state is not None and state.painted is not None and state.unsaved:
            images.save(images.from_array(state.painted), session.files / layer.mask, overwrite=True)
            state.unsaved = False


def _step(session: Session, layer: StudioLayer, source: list[Change], target: list[Change], word: str) -> None:
    if not source:
        raise InputError(f"there is nothing to {word} in the layer {layer.name!r}")
    state, change = state_of(session, layer), source.pop()
    patch = None
    if change.patch is not None and state.painted is not None:
        patch = Patch.of(state.painted, change.patch.box)
        change.patch.put(state.painted)
        _shrink(session, state, change.patch.box)
    target.append(Change(layer.region, layer.mask, patch))
    # The file stays the layer's own: it may be needed again.
    _put(session, layer, change.region, layer.mask)


def _put(session: Session, layer: StudioLayer, region: str, mask: str | None) -> None:
    state_of(session, layer).version += 1
    changed = layer.model_copy(update={"region": region, "mask": mask})
    layers = tuple(changed if each.id == layer.id else each for each in session.document.layers)
    session.change(layers=layers)


def _evaluated(session: Session, screen: Screen, region: str) -> NDArray[np.float32]:
    text = scaled(region, screen.scale, session.files)
    if len(screen.memory) > _MOST_REMEMBERED:
        screen.memory.clear()
    with listening(lambda message: None), _masks(session, small=True):
        return regions.evaluate(
            text,
            screen.image,
            session.files,
            segmenter=session.document.settings.segmenter,
            memory=screen.memory,
        )


def _masks(session: Session, *, small: bool) -> AbstractContextManager[None]:
    """Let the names of masks stand for what is in memory, which their files may not hold yet."""
    pictures: dict[str, images.Given] = {}
    for layer in session.document.layers:
        if layer.mask is not None:
            state = state_of(session, layer)
            values = state.small if small else state.painted
            assert values is not None
            pictures[layer.mask] = values
    return images.named(pictures)


def _set_mask(session: Session, state: LayerState, mask: NDArray[np.uint8]) -> None:
    state.painted = mask
    state.small = None
    _shrink(session, state, (0, 0, *mask.shape))


def _shrink(session: Session, state: LayerState, box: Box) -> None:
    """Bring the part of the screen's mask up to date that shows a rectangle of the mask."""
    assert state.painted is not None
    assert session.screen is not None
    state.unsaved = True
    (height, width), scale = session.screen.image.shape[:2], session.screen.scale
    if scale == 1 or state.small is None:
        state.small = cv2.resize(state.painted, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
        return
    down, across = state.painted.shape[0] / height, state.painted.shape[1] / width
    top, left = max(0, int(box[0] / down) - 1), max(0, int(box[1] / across) - 1)
    bottom, right = min(height, int(box[2] / down) + 2), min(width, int(box[3] / across) + 2)
    source = state.painted[round(top * down) : round(bottom * down), round(left * across) : round(right * across)]
    state.small[top:bottom, left:right] = cv2.resize(source, (right - left, bottom - top), interpolation=cv2.INTER_AREA)


def _free_name(session: Session) -> str:
    taken = {path.name for path in session.files.iterdir()} | {layer.mask for layer in session.document.layers}
    number = 1
    while f"mask{number}.png" in taken:
        number += 1
    return f"mask{number}.png"
