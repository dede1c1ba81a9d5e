"""How far a picture is from a style: Gatys's own measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sfumato.arrays import checked
from sfumato.images.boxes import bounding_box, padded, slices
from sfumato.metrics.weights import weights

if TYPE_CHECKING:
    from torch import Tensor

    from sfumato.features import VGG19
    from sfumato.losses import Moments

__all__ = ["region_moments", "style_distance"]

_TILE = 640  # pixels, the largest side that goes through the network at once, less its margin


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
        wanted = region_moments(network, style, weights(style, style_mask, "style"), layers)
        found = region_moments(network, picture, weights(picture, mask, "picture"), layers)
        return float(np.mean([GramLoss(wanted[layer])(found[layer]).item() for layer in layers]))


def region_moments(network: VGG19, picture: np.ndarray, mask: np.ndarray, layers: Sequence[str]) -> dict[str, Moments]:
    """Return what each layer sees in a region, gathered tile by tile."""
    import torch

    from sfumato.features import carry, depth
    from sfumato.features.tiles import cut
    from sfumato.losses import Moments, moments

    layers = sorted(layers, key=depth)
    around = _surroundings(mask, layers[-1])
    image, mask = _tensor(picture[around].transpose(2, 0, 1)), mask[around]
    masks = carry(_tensor(mask[None]), layers)
    total: dict[str, Moments] = {}
    for tile in cut(mask.shape, layers, [masks], _TILE):
        for layer, activation in network(image[(..., *tile.window)], layers).items():
            there, inside = tile.at(layer)
            seen = masks[layer][(..., *there)]
            found = moments(activation[(..., *inside)], seen, area=masks[layer].sum())
            known = total.setdefault(layer, Moments(*map(torch.zeros_like, found)))
            total[layer] = Moments(known.mean + found.mean, known.gram + found.gram)
    return total


def _surroundings(mask: np.ndarray, layer: str) -> tuple[slice, slice]:
    """Return the box of a mask, widened by what a layer sees; it starts on the layer's grid."""
    from sfumato.features import radius, stride

    grid = stride(layer)
    box = bounding_box(mask)
    assert box is not None, "an empty mask was refused before"
    reach = -(-radius(layer) // grid) * grid
    top, left, bottom, right = (side // grid * grid for side in (box[0], box[1], box[2] + grid - 1, box[3] + grid - 1))
    return slices(padded((top, left, bottom, right), reach, mask.shape))


def _tensor(planes: np.ndarray) -> Tensor:
    """Return planes (C, H, W) as (1, C, H, W)."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(planes, np.float32))[None]
