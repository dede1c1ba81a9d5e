"""How far a restyled region is from the share of the style that suits it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.metrics.style import region_moments
from sfumato.metrics.weights import weights

__all__ = ["share_distance"]


@checked("picture", "photo", "style", masks=["mask"], unclipped=["picture", "photo", "style"])
def share_distance(
    picture: np.ndarray,
    photo: np.ndarray,
    style: np.ndarray,
    mask: np.ndarray | None = None,
    *,
    layers: Sequence[str] = ("relu3_1", "relu4_1", "relu5_1"),
) -> float:
    """Measure how far a restyled region is from the share of the style that suits it.

    Parameters
    ----------
    picture : ndarray (H, W, 3)
        The restyled picture, sRGB in [0, 1].
    photo : ndarray (H, W, 3)
        The photo as it was.
    style : ndarray (h, w, 3)
        The style, at the size at which its strokes are to be found in the picture.
    mask : ndarray (H, W), optional
        The region, in [0, 1]; by default all of the picture.
    layers : sequence of str
        Names out of `sfumato.features.LAYERS`.

    Returns
    -------
    float
        0 for a region that has the statistics of its share at any of the layers; smaller is better.

    Raises
    ------
    InputError
        If picture, photo and mask differ in size, or the mask selects nothing.
    RecipeError
        If a name is not a layer of VGG-19.
    ModelError
        If the network file "vgg19" is not in the model store and cannot be fetched.

    Notes
    -----
    The share is what the region would get if the whole photo were restyled: the linear map of least displacement that
    takes the photo's features to those of the style is applied to the region's (`sfumato.losses.style_share`). At each
    layer the squared Wasserstein-2 distance is taken as a fraction of the style's energy; the value is their geometric
    mean, since those of deep layers are far larger.

    `style_distance` asks for all of the style in the region, however small it is. This measure agrees better with
    people who compared pictures of the same region by eye (docs/figures.md).

    Examples
    --------
    >>> photo = np.random.default_rng(0).random((64, 64, 3), np.float32)
    >>> bool(share_distance(photo, photo, photo) < share_distance(photo / 4, photo, photo))
    True
    """
    import torch

    from sfumato import features
    from sfumato.losses import WassersteinLoss, style_share

    same_size(picture=picture, photo=photo)
    network = features.load()
    inside = weights(picture, mask, "picture")
    with torch.no_grad():
        wanted = region_moments(network, style, np.ones(style.shape[:2], np.float32), layers)
        whole = region_moments(network, photo, np.ones_like(inside), layers)
        before, after = (region_moments(network, each, inside, layers) for each in (photo, picture))
        found = [
            WassersteinLoss(style_share(wanted[layer], whole[layer], before[layer]).moments)(after[layer]).item()
            for layer in layers
        ]
    return float(np.exp(np.mean(np.log(np.maximum(found, 1e-12)))))
