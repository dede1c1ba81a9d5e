"""How visible the seam is where a styled region meets the photo: false edges and ghosts.

A false edge is an edge that neither the photo nor the styled picture has: a hard cut, or a feather that is too narrow.
A ghost is two structures that show through one another: a feather that is too wide.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked, same_size
from sfumato.errors import InputError
from sfumato.images.resizing import scaled_size, shrunk

__all__ = ["Seam", "seam"]

Plane = NDArray[np.float32]

_SEEN = 1000  # pixels: larger pictures are reduced to this longer side, as on a screen
_FINE, _COARSE = 0.0015, 0.006  # of the longer side: 1.5 and 6 pixels of 1000
_DIFFERENCE = 1 / 3  # variance of the blur in the difference of a pixel's neighbors
_WINDOW = 4  # sigmas: width of the window in which structures are compared


class Seam(NamedTuple):
    """What `seam` found, in CIELAB ΔE*ab: the height of a clean step along the whole boundary with the same visibility.

    Attributes
    ----------
    value : float
        All three combined, ``sqrt((fine² + coarse² + ghost²) / 2)``; 0 is seamless.
    fine : float
        False edges as sharp as a line.
    coarse : float
        False edges as soft as a shade.
    ghost : float
        Structures of both pictures on top of one another.
    """

    value: float
    fine: float
    coarse: float
    ghost: float


@checked("photo", "styled", "result", masks=["mask"], unclipped=["photo", "styled", "result"])
def seam(
    photo: np.ndarray, styled: np.ndarray, result: np.ndarray, mask: np.ndarray, *, width: float | None = None
) -> Seam:
    """Measure how visible the seam is between a photo and its styled region.

    Parameters
    ----------
    photo, styled, result : ndarray (H, W, 3)
        sRGB in [0, 1]: the two pictures, and their blend.
    mask : ndarray (H, W)
        The region, in [0, 1]; its boundary is where it crosses 0.5. Without a boundary there is no seam.
    width : float, optional
        Width in pixels of the band around the boundary that is measured, half to each side; by default an eighth of
        the longer side. The band should contain the whole blend, at least the width of a feather.

    Returns
    -------
    Seam
        In ΔE*ab. It does not depend on the length of the boundary, and hardly on the picture's size above 600 pixels.

    Raises
    ------
    InputError
        If the pictures are not of the mask's size, or the width is below 1.

    Notes
    -----
    The photo P, the styled picture S and the result R are converted to CIELAB and blurred by a Gaussian. Its σ is
    0.15 % or 0.6 % of the longer side, and at least a pixel. ``∂`` is a derivative of the blurred picture, ``|·|`` the
    Euclidean norm over L, a and b.

    False edges, at both σ: over the directions ``k`` of 0, 45, 90 and 135 degrees,
    ``e² = ½ Σ_k max(0, |∂_k R| - max(|∂_k P|, |∂_k S|))²``. The inner maximum is taken over the square of 2σ around the
    pixel, so that an existing edge of the same direction nearby, such as an object's outline, is not a seam.

    Ghosts, at the finer σ: ``g² = min(p² E_P, s² E_S) (1 - ρ)``. ``s`` is the share of S in R, the smaller of two least
    squares fits of ``R = P + s (S - P)``: to the colors of the pixel (if they differ by at least 1), and to the
    gradients around it (if they differ by less than 0.1 per pixel, there is no ghost); ``p`` is the same for P. The
    minimum within σ counts. ``E`` is the directed energy of the gradients in a window of 4σ: the difference of the
    structure tensor's eigenvalues, which is small for noise. ``ρ`` is the correlation of both pictures' gradients
    there, at least 0.

    Each part is ``sqrt(2 √π σ Σ e² / length)`` over the band. For a straight cut between flat colors, this is their
    difference, at any σ. With the width w of a feather, false edges fall about as w^-½ and ghosts grow as w^½.

    Examples
    --------
    >>> photo = np.full((64, 64, 3), 0.4)
    >>> styled, mask = photo + 0.2, np.repeat([[0.0, 1.0]], 32, axis=1).repeat(64, axis=0)
    >>> cut = seam(photo, styled, np.where(mask[..., None] > 0, styled, photo), mask)
    >>> [round(part) for part in cut]  # both are gray, of lightness 43 and 63
    [20, 20, 20, 0]
    """
    longer = max(mask.shape)
    width = max(longer / 8, 1) if width is None else width
    same_size(mask=mask, photo=photo, styled=styled, result=result)
    if not width >= 1:
        raise InputError(f"the band's width is {width:g} pixels; give 1 or more")
    scale = min(1, _SEEN / longer)
    inside = _reduced(mask, scale) >= 0.5
    if inside.all() or not inside.any():
        return Seam(0.0, 0.0, 0.0, 0.0)
    own, other, made = (_lab(_reduced(picture, scale)) for picture in (photo, styled, result))
    fine, coarse = (max(share * longer * scale, 1) for share in (_FINE, _COARSE))
    band = np.maximum(_depth(inside), _depth(~inside)) - 0.5 <= max(width * scale, 1) / 2
    # The length of a boundary is the total variation of what it bounds (coarea formula).
    length = float(np.hypot(*_gradients(inside.astype(np.float32), fine)).sum())
    parts = [
        math.sqrt(2 * math.sqrt(math.pi) * sigma * float(energy(own, other, made, sigma)[band].sum()) / length)
        for energy, sigma in ((_edges, fine), (_edges, coarse), (_ghosts, fine))
    ]
    return Seam(math.sqrt(sum(part**2 for part in parts) / 2), *parts)


def _edges(photo: Plane, styled: Plane, result: Plane, sigma: float) -> Plane:
    """Return the energy of the edges that neither picture has nearby, (H, W)."""
    near = np.ones((2 * round(2 * sigma) + 1,) * 2, np.uint8)
    total = np.zeros(photo.shape[:2], np.float32)
    for own, other, made in zip(*(_directions(_gradients(x, sigma)) for x in (photo, styled, result)), strict=True):
        total += np.maximum(made - cv2.dilate(np.maximum(own, other), near), 0) ** 2 / 2
    return total


def _ghosts(photo: Plane, styled: Plane, result: Plane, sigma: float) -> Plane:
    """Return the energy of different structures of both pictures in the same place, (H, W)."""
    own, other, made = (_gradients(x, sigma) for x in (photo, styled, result))
    near, window = np.ones((2 * round(sigma) + 1,) * 2, np.uint8), _WINDOW * sigma
    by_slope = _shares(own, other, made, sigma, least=0.1, otherwise=0)
    by_color = _shares(photo[None], styled[None], result[None], 0, least=1, otherwise=1)
    of_own, of_other = (
        cv2.erode(np.minimum(*shares), near) ** 2 * _directed(gradients, window)
        for *shares, gradients in zip(by_slope, by_color, (own, other), strict=True)
    )
    energy = _blurred(_dot(own, own), window) * _blurred(_dot(other, other), window)
    alike = _blurred(_dot(own, other), window) / np.sqrt(np.maximum(energy, 1e-12))
    return np.asarray(np.minimum(of_own, of_other) * (1 - alike.clip(0, 1)))


def _shares(own: Plane, other: Plane, made: Plane, sigma: float, least: float, otherwise: int) -> tuple[Plane, Plane]:
    """Return the share of each picture in the result, (H, W) in [0, 1], where they differ by `least` or more."""
    change = other - own
    scale = _blurred(_dot(change, change), sigma)
    share = (_blurred(_dot(made - own, change), sigma) / np.maximum(scale, least**2)).clip(0, 1)
    return np.where(scale < least**2, otherwise, 1 - share), np.where(scale < least**2, otherwise, share)


def _reduced(image: np.ndarray, scale: float) -> np.ndarray:
    """Return the image at the size at which it is seen."""
    return shrunk(np.asarray(image, np.float32), *scaled_size(image, scale))


def _lab(image: np.ndarray) -> Plane:
    from skimage.color import rgb2lab

    # OpenCV's conversion uses a table that is off by half a unit.
    return np.asarray(rgb2lab(image.clip(0, 1)), np.float32)


def _depth(selected: NDArray[np.bool_]) -> Plane:
    return np.asarray(cv2.distanceTransform(selected.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


def _blurred(x: Plane, sigma: float) -> Plane:
    size = 2 * math.ceil(4 * sigma) + 1
    return x if sigma == 0 else np.asarray(cv2.GaussianBlur(x, (size, size), sigma, borderType=cv2.BORDER_REPLICATE))


def _gradients(x: Plane, sigma: float) -> Plane:
    """Return the derivatives along x and y of an array (H, W, ...) blurred by sigma, (2, H, W, ...)."""
    x = _blurred(x, math.sqrt(sigma**2 - _DIFFERENCE))
    return np.stack([cv2.Sobel(x, -1, 1 - y, y, ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE) for y in (0, 1)])


def _directions(gradients: Plane) -> Iterator[Plane]:
    """Yield the steepness along x, y and both diagonals."""
    x, y = gradients
    for direction in (x, y, (x + y) * math.sqrt(0.5), (x - y) * math.sqrt(0.5)):
        yield np.sqrt((direction**2).sum(-1))


def _dot(a: Plane, b: Plane) -> Plane:
    return np.asarray((a * b).sum((0, -1)))


def _directed(gradients: Plane, window: float) -> Plane:
    """Return the difference of the eigenvalues of the structure tensor."""
    x, y = gradients
    return np.hypot(_blurred((x**2 - y**2).sum(-1), window), 2 * _blurred((x * y).sum(-1), window))
