"""A style that shows a face gives it to the faces in the photo: brow to brow, cheek to cheek."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch

from sfumato.features import carry
from sfumato.features.tiles import activations_of, cut
from sfumato.images.boxes import padded, slices
from sfumato.methods.optimization import Optimization
from sfumato.methods.problem import PreparedLayer, PreparedStyle
from sfumato.optimize import Content, Level, to_image
from sfumato.regions import Face, find_faces
from sfumato.regions.faces import masks

__all__ = ["like_portraits"]

# Layers at which features are compared, and the limits of the gain.
_LAYERS, _GAIN = ("relu3_1", "relu4_1"), (0.7, 5.0)

# Maximum side of the tiles that the network is shown, without their surroundings.
_TILE = 640

# Minimum size of a face as a fraction of the style's shorter side: small ones are not what the style is about.
_LARGE = 0.25


@torch.no_grad()
def like_portraits(optimization: Optimization, level: Level, part: PreparedLayer, weight: float) -> list[Content]:
    """Return what the faces in a region are to be near, as they are in the faces of its styles.

    Parameters
    ----------
    optimization : Optimization
        Network and tensors of the problem.
    level : Level
        Size of the crop.
    part : PreparedLayer
        The layer with its styles.
    weight : float
        Weight of all contents together.

    Returns
    -------
    list of Content
        Empty if no style is a portrait.

    References
    ----------
    Selim, Elgharib and Doyle, "Painting style transfer for head portraits using convolutional neural networks", ACM
    Transactions on Graphics 35(4), 2016: the target is the photo's features times the gain
    ``clip(W(F_S) / F_P, 0.7, 5)``, with W the warp between the faces.
    """
    problem, size = optimization.problem, (level.height, level.width)
    scale = level.height / problem.content.shape[0]
    faces = [face.moved((0, 0), scale) for face in problem.faces]
    content = optimization.content(level)
    found: list[Content] = []
    for style in part.styles:
        picture = to_image(optimization.style_picture(style, style.size(1.0)))
        portrait = _portrait(picture, style)
        if portrait is None:
            continue
        warped, seen = _warped(picture, portrait, faces, size)
        mask = optimization.tensor((masks.ovals(faces, size) * seen)[..., None])
        carried = carry(mask, _LAYERS, mode=optimization.weights.mask_mode)
        shapes = {layer: (each.shape[-2], each.shape[-1]) for layer, each in carried.items()}
        tiles = list(cut(size, _LAYERS, [carried], _TILE))
        own, theirs = (
            activations_of(optimization.network, each, shapes, tiles) for each in (content, optimization.tensor(warped))
        )
        share = style.weight / sum(each.weight for each in part.styles)
        for layer in own:
            gain = (theirs[layer].float() / (own[layer].float() + 1e-4)).clamp(*_GAIN)
            target = (own[layer].float() * gain).to(own[layer])
            found.append(Content(layer, target, weight * share / len(_LAYERS), mask))
    return found


def _portrait(picture: np.ndarray, style: PreparedStyle) -> Face | None:
    """Return the largest face of a style, if it is large, and in the part of the style that is used."""
    for face in find_faces(picture)[:1]:
        x, y = face.points.mean(0)
        place = int(y / picture.shape[0] * style.picture.shape[0]), int(x / picture.shape[1] * style.picture.shape[1])
        if masks.size(face) >= _LARGE * min(picture.shape[:2]) and (style.mask is None or style.mask[place] > 0.5):
            return face
    return None


def _warped(
    picture: np.ndarray, portrait: Face, faces: Sequence[Face], shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return a portrait warped to each face, (h, w, 3), triangle by triangle, and where there is any, (h, w)."""
    from scipy.interpolate import LinearNDInterpolator

    places = np.full((*shape, 2), np.nan, np.float32)
    for face in reversed(faces):  # where two overlap, the larger one lies on top
        box = slices(padded(masks.box_of(face.points), 0, shape))
        rows, columns = np.mgrid[box] + 0.5
        found = LinearNDInterpolator(face.points, portrait.points)(columns, rows) - 0.5
        np.copyto(places[box], found, where=np.isfinite(found), casting="same_kind")
    seen = ~np.isnan(places[..., 0])
    places[~seen] = 0
    return cv2.remap(picture, places[..., 0], places[..., 1], cv2.INTER_LINEAR), seen.astype(np.float32)
