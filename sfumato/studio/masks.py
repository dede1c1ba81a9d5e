"""Painted masks of layers: at the photo's size and at the screen's, in memory and in files."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import files, images, regions
from sfumato.errors import InputError
from sfumato.images import Box
from sfumato.regions.renaming import files_in, with_files
from sfumato.studio.document import Document, StudioLayer
from sfumato.studio.history import History
from sfumato.studio.screen import gray_png
from sfumato.studio.session import Session

__all__ = [
    "LayerState",
    "check_files",
    "files_named",
    "free_name",
    "full_mask",
    "named",
    "put_mask",
    "shrink",
    "state_of",
    "with_own_mask",
    "write_masks",
]


@dataclass
class LayerState:
    """What a layer holds beside the document.

    `painted` (H, W) is its mask at the photo's size and `small` that at the screen's; `version` grows whenever what is
    selected may be another. `shown` is the region at the screen's size, `coverage` the share of the photo that it
    covers; `error` is the reason why there is none.
    """

    painted: NDArray[np.uint8] | None = field(default=None, repr=False)
    small: NDArray[np.uint8] | None = field(default=None, repr=False)
    history: History = field(default_factory=History, repr=False)
    version: int = 1
    unsaved: bool = False
    key: object = None
    shown: NDArray[np.float32] | None = field(default=None, repr=False)
    coverage: float = 0.0
    error: str | None = None

    def forget(self) -> None:
        """Let the painted mask go."""
        self.painted = self.small = None
        self.unsaved = False


def state_of(session: Session, layer: StudioLayer) -> LayerState:
    """Return what a layer holds, with its mask from disk if it is not in memory."""
    state = session.painted.setdefault(layer.id, LayerState())
    if layer.mask is not None and state.painted is None:
        picture = images.load(session.files / layer.mask, min_side=1)
        put_mask(session, state, np.ascontiguousarray(picture.in_8_bits().pixels[..., 0]))
        state.unsaved = False
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
    with named(session, small=False):
        mask = regions.evaluate(layer.region, image, session.files, **session.finders)
    return np.asarray(np.rint(mask * 255), np.uint8)


def with_own_mask(session: Session, copy: StudioLayer, source: StudioLayer) -> StudioLayer:
    """Return the copy of a layer, which is not in the document yet, with a copy of the mask."""
    painted, mask = state_of(session, source).painted, source.mask
    if mask is None or painted is None:
        return copy
    name = free_name(session)
    region = with_files(copy.region, lambda file: name if file == mask else file, session.files)
    state = LayerState()
    put_mask(session, state, painted.copy())
    session.painted[copy.id] = state
    return copy.model_copy(update={"mask": name, "region": region})


def write_masks(session: Session) -> None:
    """Write painted masks to their files, for recipes to read and for a restart to find."""
    for layer in session.document.layers:
        state = session.painted.get(layer.id)
        if layer.mask is not None and state is not None and state.painted is not None and state.unsaved:
            files.write(session.files / layer.mask, gray_png(state.painted))
            state.unsaved = False


def named(session: Session, *, small: bool) -> AbstractContextManager[None]:
    """Let the names of masks stand for what is in memory, which their files may not hold yet."""
    pictures: dict[str, images.Given] = {}
    for layer in session.document.layers:
        if layer.mask is not None:
            state = state_of(session, layer)
            values = state.small if small else state.painted
            assert values is not None
            pictures[layer.mask] = values
    return images.named(pictures)


def put_mask(session: Session, state: LayerState, mask: NDArray[np.uint8]) -> None:
    """Give a layer another painted mask, of the photo's size."""
    state.painted = mask
    state.small = None
    shrink(session, state, (0, 0, *mask.shape))


def shrink(session: Session, state: LayerState, box: Box) -> None:
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


def check_files(session: Session, *texts: str | None) -> None:
    """Check that regions name no file outside the session's folder.

    Raises
    ------
    InputError
        If one does.
    """
    for text in texts:
        for name in [] if text is None else files_in(text, session.files):
            if Path(name).name != name or "\\" in name:
                raise InputError(f"the region names {name}, a file in another folder; load it as a mask instead")


def files_named(document: Document) -> set[str]:
    """Return the names of the files that the regions of a document name."""
    return {name for text in document.regions for name in files_in(text)}


def free_name(session: Session) -> str:
    """Return a name for another mask's file."""
    taken = {path.name for path in session.files.iterdir()} | {layer.mask for layer in session.document.layers}
    number = 1
    while f"mask{number}.png" in taken:
        number += 1
    return f"mask{number}.png"
