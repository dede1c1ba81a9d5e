"""How far a picture is from a style: Gatys's own measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from sfumato.arrays import checked
from sfumato.metrics.weights import weights

if TYPE_CHECKING:
    from torch import Tensor

    from sfumato.features import VGG19
    from sfumato.losses import Moments

__all__ = ["style_distance"]

_TILE = 640  # pixels, a multiple of every layer's stride: what goes through the network at once, less its margin


@checked("picture", "style", masks=["mask", "style_mask"], unclipped=["picture", "style"])
def style_distance(
    picture: np.ndarray,
    style: np.ndarray,
    mask: np.ndarray | None = None,
    style_mask: np.ndarray | None = None,
    *,
    layers: Sequence[str] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
) -> float:
    """Measure how far a picture is from a style.

    Parameters
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].
    style : ndarray of float32, shape (h, w, 3)
        sRGB in [0, 1], at the size at which its strokes are to be found in the picture.
    mask : ndarray of float32, shape (H, W), optional
        Which part of the picture counts, in [0, 1]; all of it when left out.
    style_mask : ndarray of float32, shape (h, w), optional
        Which part of the style counts, in [0, 1]; all of it when left out.
    layers : sequence of str
        Names out of `sfumato.features.LAYERS`, all of one weight.

    Returns
    -------
    float
        0 for the same style; 1 for a picture in which the network sees nothing. There is no upper bound.

    Raises
    ------
    InputError
        If a mask is not of its picture's size, or selects nothing.
    RecipeError
        If a name is not a layer of VGG-19.
    ModelError
        If the network file "vgg19" is not in the model store and cannot be fetched.

    Notes
    -----
    The mean over the layers of ``‖G - A‖² / ‖A‖²``, G and A the Gram matrices of picture and style per position, each
    position weighed by what the mask covers of it (Gatys et al. 2016 eq. 3-5; Localized Style Transfer eq. 2). Only
    the mask's surroundings, as far as the deepest layer sees, are put through the network, and by tiles.

    The network is the one that style is optimized with, so that a picture may please it more than the eye.

    Examples
    --------
    >>> painting = np.random.default_rng(0).random((32, 32, 3), np.float32)
    >>> style_distance(painting, painting)
    0.0
    >>> style_distance(painting / 2, painting) < style_distance(painting / 4, painting)
    True
    """
    import torch

    from sfumato import features
    from sfumato.losses import GramLoss

    network = features.load()
    with torch.no_grad():
        wanted = _moments(network, style, weights(style, style_mask, "style"), layers)
        found = _moments(network, picture, weights(picture, mask, "picture"), layers)
        return float(np.mean([GramLoss(wanted[layer])(found[layer]).item() for layer in layers]))


def _moments(network: VGG19, picture: np.ndarray, mask: np.ndarray, layers: Sequence[str]) -> dict[str, Moments]:
    """Return what each layer sees in a region, gathered tile by tile."""
    import torch

    from sfumato.features import carry
    from sfumato.losses import Moments, moments

    image = _tensor(picture.transpose(2, 0, 1))
    areas = {layer: carried.sum() for layer, carried in carry(_tensor(mask[None]), layers).items()}
    total: dict[str, Moments] = {}
    for core, window in _tiles(mask, layers):
        part = np.zeros_like(mask)
        part[core] = mask[core]
        carried = carry(_tensor(part[window][None]), layers)
        for layer, activation in network(image[(..., *window)], layers).items():
            found = moments(activation, carried[layer], area=areas[layer])
            known = total.setdefault(layer, Moments(*map(torch.zeros_like, found)))
            total[layer] = Moments(known.mean + found.mean, known.gram + found.gram)
    return total


def _tiles(mask: np.ndarray, layers: Sequence[str]) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Yield the parts of a mask, and with each the window that the network needs for it; rows, then columns."""
    from sfumato.features import depth, radius, stride

    deepest = max(layers, key=depth)
    # Windows start on the deepest layer's grid, or its poolings would pair other pixels than in one pass.
    grid = stride(deepest)
    margin = -(-radius(deepest) // grid) * grid
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    # Whole steps of the grid, so that a position belongs to one part only.
    first = [int(inside[0]) // grid * grid for inside in (rows, columns)]
    last = [(int(inside[-1]) // grid + 1) * grid for inside in (rows, columns)]
    for corner in product(*(range(start, stop, _TILE) for start, stop in zip(first, last, strict=True))):
        ends = [min(start + _TILE, stop) for start, stop in zip(corner, last, strict=True)]
        core = slice(corner[0], ends[0]), slice(corner[1], ends[1])
        if mask[core].any():
            around = [slice(max(part.start - margin, 0), part.stop + margin) for part in core]
            yield core, (around[0], around[1])


def _tensor(planes: np.ndarray) -> Tensor:
    """Return planes (C, H, W) as (1, C, H, W)."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(planes, np.float32))[None]
