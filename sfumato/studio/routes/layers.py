"""Layers: added, changed, ordered; their regions and masks."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import cv2
import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response
from numpy.typing import NDArray

from sfumato import regions
from sfumato.errors import InputError
from sfumato.images.resizing import resized
from sfumato.studio import layers, masks
from sfumato.studio.changes import updated
from sfumato.studio.document import StudioLayer
from sfumato.studio.editing import edited
from sfumato.studio.photo import new_layer, screen_of
from sfumato.studio.routes.common import Body, Here, Json, Mapping, answer, picture
from sfumato.studio.screen import gray_png
from sfumato.studio.session import Session
from sfumato.studio.things import word_at
from sfumato.studio.uploads import received

__all__ = ["router"]

router = APIRouter(prefix="/s/{id}/layers")

# What only commands of their own change.
_FIXED = {"id", "mask", "region"}


@router.post("")
def add_layer(session: Here, values: Mapping) -> JSONResponse:
    """Add a layer on top, with some values, or as a copy of another with its mask."""
    with session.working():
        layer, source = new_layer(session), None
        if "copy" in values:
            screen_of(session)
            source = _layer(session, str(values["copy"]))
            layer = source.model_copy(update={"id": layer.id, "name": f"{source.name} copy"[:100]})
        given = {name: values[name] for name in values if name in StudioLayer.model_fields}
        layer = updated(layer, {name: value for name, value in given.items() if name not in ("id", "mask")})
        regions.parse(layer.region, session.files)
        masks.check_files(session, layer.region, *(choice.mask for choice in layer.styles))
        if source is not None:
            layer = masks.with_own_mask(session, layer, source)
        session.change(layers=(layer, *session.document.layers))
    return answer(session)


@router.put("/order")
def order_layers(session: Here, order: Json) -> JSONResponse:
    """Put the layers in another order, top first."""
    with session.working():
        known = {layer.id: layer for layer in session.document.layers}
        if not isinstance(order, list) or sorted(map(str, order)) != sorted(known):
            raise InputError("the order should name each layer once, top first")
        session.change(layers=tuple(known[str(name)] for name in order))
    return answer(session)


@router.patch("/{lid}")
def change_layer(session: Here, lid: str, changes: Mapping) -> JSONResponse:
    """Change fields of a layer, all of them or none; another region can be undone."""
    with session.working():
        layer, given = _layer(session, lid), dict(changes)
        region = given.pop("region", None)
        layer = updated(layer, {name: value for name, value in given.items() if name not in _FIXED})
        masks.check_files(session, *(choice.mask for choice in layer.styles))
        if region is None or region == layer.region:
            session.change(layers=tuple(layer if each.id == lid else each for each in session.document.layers))
        else:
            if not isinstance(region, str) or not region.strip():
                raise InputError("the region is empty; write 'all' for the whole picture")
            screen_of(session)
            layers.edit(session, layer, region)
    return answer(session)


@router.delete("/{lid}")
def remove_layer(session: Here, lid: str) -> JSONResponse:
    """Remove a layer."""
    with session.working():
        layer = _layer(session, lid)
        masks.write_masks(session)  # which other layers may name
        session.change(layers=tuple(each for each in session.document.layers if each is not layer))
        session.painted.pop(lid, None)
    return answer(session)


@router.post("/{lid}/region")
def point(session: Here, lid: str, change: Mapping) -> JSONResponse:
    """Change a region by pointing."""
    with session.working():
        layer, screen = _layer(session, lid), screen_of(session)
        region = edited(layer.region, change, lambda x, y: word_at(session, screen, x, y))
        if region != layer.region:
            layers.edit(session, layer, region)
    return answer(session)


@router.post("/{lid}/mask")
async def upload_mask(session: Here, lid: str, request: Request) -> Response:
    """Take a mask file as the whole mask."""
    async with received(request, session.folder) as place:

        def taken() -> JSONResponse:
            with session.working():
                layer, screen = _layer(session, lid), screen_of(session)
                mask = regions.mask_from_file(place, screen.full)
                layers.paint(session, layer, np.asarray(np.rint(mask * 255), np.uint8), 0, 0)
            return answer(session)

        return await asyncio.to_thread(taken)


@router.post("/{lid}/{way}")
def undo_or_redo(session: Here, lid: str, way: Literal["undo", "redo"]) -> JSONResponse:
    """Take back the latest change of region or mask, or do it again."""
    with session.working():
        screen_of(session)
        layers.take_step(session, _layer(session, lid), way)
    return answer(session)


@router.put("/{lid}/mask")
def paint(
    session: Here,
    lid: str,
    content: Body,
    x: int,
    y: int,
    w: Annotated[int, Query(gt=0)],
    h: Annotated[int, Query(gt=0)],
    scale: Literal["photo", "screen"] = "photo",
    op: layers.Laying = "set",
) -> JSONResponse:
    """Lay a painted rectangle into the mask: gray, in pixels of the photo or of the screen."""
    photo = session.document.photo
    if photo is not None and (w > photo.width or h > photo.height):
        raise InputError(f"a stroke of {w}×{h} pixels is larger than the photo, {photo.width}×{photo.height} pixels")
    values = _gray(content, (h, w))
    with session.working():
        layer, screen = _layer(session, lid), screen_of(session)
        if scale == "screen" and screen.scale != 1:
            values, x, y = _at_full_size(values, x, y, screen.image.shape[:2], screen.full)
        layers.paint(session, layer, values, x, y, op)
    return answer(session)


@router.get("/{lid}/mask.png")
def show_mask(session: Here, lid: str, size: Literal["screen", "full"] = "screen") -> Response:
    """Return what a layer selects, as a gray picture of the screen's or the photo's size."""
    with session.working():
        layer, screen = _layer(session, lid), screen_of(session)
        if size == "full":
            return picture(gray_png(masks.full_mask(session, layer)), "image/png")
        found = layers.seen(session, screen, layer)
        if found.shown is None:
            raise InputError(str(found.error))
        values = cv2.convertScaleAbs(found.shown, alpha=255)
    return picture(gray_png(np.asarray(values, np.uint8)), "image/png")


def _layer(session: Session, name: str) -> StudioLayer:
    found = session.document.layer(name)
    if found is None:
        raise HTTPException(404, f"there is no layer {name!r} any more")
    return found


def _gray(content: bytes, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Decode a gray PNG of a known size."""
    found = None
    if content[:8] == b"\x89PNG\r\n\x1a\n" and content[16:24] == b"".join(side.to_bytes(4) for side in shape[::-1]):
        found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if found is None or found.shape != shape:
        raise InputError(f"the stroke should be a gray PNG of {shape[1]}×{shape[0]} pixels")
    return np.asarray(found, np.uint8)


def _at_full_size(
    values: NDArray[np.uint8], x: int, y: int, small: tuple[int, ...], full: tuple[int, int]
) -> tuple[NDArray[np.uint8], int, int]:
    """Enlarge a rectangle of the screen's pixels to those of the photo."""
    down, across = full[0] / small[0], full[1] / small[1]
    top, bottom = round(y * down), round((y + values.shape[0]) * down)
    left, right = round(x * across), round((x + values.shape[1]) * across)
    return np.asarray(resized(values, bottom - top, right - left), np.uint8), left, top
