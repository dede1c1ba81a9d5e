"""How much the colors of a region would have to be stretched to carry a style."""

from __future__ import annotations

import numpy as np

from sfumato.arrays import checked
from sfumato.color import rgb_to_oklab
from sfumato.color.moments import moments, stretching
from sfumato.metrics.weights import weights

__all__ = ["color_stretch"]


@checked("photo", "style", masks=["mask", "style_mask"], unclipped=["photo", "style"])
def color_stretch(
    photo: np.ndarray, style: np.ndarray, mask: np.ndarray | None = None, style_mask: np.ndarray | None = None
) -> float:
    """Measure how much the colors of a region would have to be stretched to be as varied as those of a style.

    Parameters
    ----------
    photo : ndarray (H, W, 3)
        sRGB in [0, 1].
    style : ndarray (h, w, 3)
        sRGB in [0, 1].
    mask, style_mask : ndarray (H, W) and (h, w), optional
        The region, and the part of the style that counts, in [0, 1]; all of each when left out.

    Returns
    -------
    float
        About 1 for colors that vary as much, above 1 for a region that is plainer. Beside a painting, a varied object
        has 0.6 to 1.5; a dark river, a black pot or a gray wall has 2 to 8, and above 4, all of the style is too much.

    Raises
    ------
    InputError
        If a mask is not of its picture's size, or selects nothing.

    Notes
    -----
    The largest factor, along any direction of Oklab, of the linear map of least displacement (Monge-Kantorovich) that
    gives the region's colors the covariance of the style's.

    Examples
    --------
    >>> photo = np.random.default_rng(0).random((32, 32, 3), np.float32)
    >>> round(color_stretch(photo, photo), 3)
    1.0
    >>> color_stretch(0.45 + photo / 10, photo) > 5
    True
    """
    spreads = []
    for image, given, name in ((photo, mask, "photo"), (style, style_mask, "style")):
        weight = weights(image, given, name)
        counted = weight > 0
        share = weight[counted].astype(np.float64)
        spreads.append(moments(rgb_to_oklab(image[counted]).astype(np.float64), share / share.sum())[1])
    return float(np.linalg.eigvalsh(stretching(*spreads))[-1])
