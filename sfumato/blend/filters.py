"""Filters that restore a photo's own detail in a result, or remove specks of color."""

from __future__ import annotations

import warnings

import cv2
import numpy as np

from sfumato.arrays import checked, same_size
from sfumato.errors import InputError

__all__ = ["clean_colors", "keep_detail", "recursive_filter", "screened_poisson"]

# Radius and ε of the guided filter that removes specks.
_SPECKS, _SPECK_CONTRAST = 2, 0.01


@checked("result", "photo", unclipped=["result"])
def clean_colors(result: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Remove specks of color from a result, and keep its lightness.

    Parameters
    ----------
    result : ndarray (H, W, 3)
        RGB in [0, 1].
    photo : ndarray (H, W, 3)
        RGB in [0, 1], of the same size. Colors do not mix across its edges.

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB in [0, 1].

    Raises
    ------
    ImageError
        If the pictures differ in size.

    Notes
    -----
    A guided filter of a* and b* of CIELAB by the photo, of radius 2 and ε 0.01, as in Luan et al., "Deep painterly
    harmonization", 2018, §3.4.

    Examples
    --------
    >>> gray = np.full((9, 9, 3), 0.5, np.float32)
    >>> speck = gray.copy()
    >>> speck[4, 4] = (0.5, 0.5, 0.9)
    >>> bool(np.ptp(clean_colors(speck, gray)[4, 4]) < np.ptp(speck[4, 4]) / 4)
    True
    """
    from skimage.color import lab2rgb, rgb2lab

    same_size(photo=photo, result=result)
    lab, guide = rgb2lab(result).astype(np.float32), np.ascontiguousarray(photo, np.float32)
    for channel in (1, 2):
        plane = np.ascontiguousarray(lab[..., channel])
        lab[..., channel] = cv2.ximgproc.guidedFilter(guide, plane, _SPECKS, _SPECK_CONTRAST)
    with warnings.catch_warnings():
        # It warns of colors out of gamut, which are clipped below.
        warnings.simplefilter("ignore", UserWarning)
        return np.asarray(lab2rgb(lab), np.float32).clip(0, 1)


@checked("guide", values=["image"])
def recursive_filter(
    image: np.ndarray,
    guide: np.ndarray,
    *,
    sigma_space: float = 60.0,
    sigma_range: float = 1.0,
    iterations: int = 3,
) -> np.ndarray:
    """Smooth an image, but not across the edges of a guide.

    Parameters
    ----------
    image : ndarray (H, W) or (H, W, 3)
        Values on any scale; they are smoothed.
    guide : ndarray (H, W, 3)
        RGB in [0, 1].
    sigma_space : float
        Standard deviation in pixels where the guide is flat. Values below 1 act as 1.
    sigma_range : float
        Step in the guide, summed over the channels, that counts as a distance of `sigma_space` pixels. Values below
        0.01 act as 0.01.
    iterations : int
        Number of passes along rows and then columns. Too few leave streaks.

    Returns
    -------
    ndarray
        Float32, of the image's shape and within its range.

    Raises
    ------
    InputError
        If the image and the guide differ in size.

    Notes
    -----
    Gastal and Oliveira, "Domain transform for edge-aware image and video processing", SIGGRAPH 2011, eq. 14 and 21,
    by OpenCV. It takes a few passes over the picture, for any widths.

    As published, the picture's outermost pixels are repeated beyond its borders, and so have a large weight. The upper
    and left borders keep six times as much pixel noise as the rest.

    Examples
    --------
    >>> guide = np.zeros((1, 8, 3), np.float32)
    >>> guide[:, 4:] = 1
    >>> recursive_filter(np.float32([[1, 0, 1, 0, 8, 9, 8, 9]]), guide, sigma_space=3, sigma_range=0.1).round(1)
    array([[0.7, 0.6, 0.6, 0.5, 8.3, 8.4, 8.4, 8.5]], dtype=float32)
    """
    same_size(guide=guide, image=image)
    source, along = (np.ascontiguousarray(array, np.float32) for array in (image, guide))
    mode = cv2.ximgproc.DTF_RF
    filtered = cv2.ximgproc.dtFilter(along, source, sigma_space, sigma_range, mode=mode, numIters=iterations)
    return np.asarray(filtered)


@checked("photo", "result", unclipped=["result"])
def keep_detail(
    photo: np.ndarray,
    result: np.ndarray,
    *,
    sigma_space: float = 60.0,
    sigma_range: float = 1.0,
    iterations: int = 3,
) -> np.ndarray:
    """Combine the colors of a result with the detail of the photo it was made from.

    Detail is what `recursive_filter` removes when the photo is the guide. Edges count as color, so they stay as sharp
    as in the photo.

    Parameters
    ----------
    photo, result : ndarray (H, W, 3)
        RGB in [0, 1].
    sigma_space, sigma_range, iterations
        See `recursive_filter`.

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB, clipped to [0, 1].

    Raises
    ------
    ImageError
        If the pictures differ in size.

    Notes
    -----
    Photo Style Transfer eq. 9, ``(I - RF(I)) + RF(O)``, written as ``I + RF(O - I)``: the same, because the filter is
    linear, in half the time. The paper's ``sigma_range`` is 100, for colors up to 255.

    Examples
    --------
    >>> photo = np.full((1, 6, 3), 0.5, np.float32)
    >>> photo[:, 2] = 0.6
    >>> keep_detail(photo, np.full_like(photo, 0.2))[0, :, 0].round(2)
    array([0.18, 0.18, 0.28, 0.18, 0.18, 0.18], dtype=float32)
    """
    same_size(photo=photo, result=result)
    base = np.asarray(photo, np.float32)
    change = recursive_filter(
        result - base, base, sigma_space=sigma_space, sigma_range=sigma_range, iterations=iterations
    )
    change += base
    return np.clip(change, 0, 1, out=change)


@checked("photo", "result", unclipped=["result"])
def screened_poisson(photo: np.ndarray, result: np.ndarray, *, weight: float) -> np.ndarray:
    """Find the picture whose colors are close to a result's and whose gradients are close to the photo's.

    Parameters
    ----------
    photo, result : ndarray (H, W, 3)
        RGB in [0, 1].
    weight : float
        Weight of the colors relative to the gradients. Structures finer than about ``1 / √weight`` pixels come from the
        photo, coarser ones from the result.

    Returns
    -------
    ndarray (H, W, 3)
        Float32 RGB, clipped to [0, 1].

    Raises
    ------
    InputError
        If the weight is not above 0 and finite, or the pictures differ in size.

    Notes
    -----
    Mechrez, Shechtman and Zelnik-Manor, "Photorealistic style transfer with screened Poisson equation", BMVC 2017: the
    minimum of ``weight |x - O|² + |∇x - ∇I|²`` in each channel. The change x - I solves
    ``(weight - Δ)(x - I) = weight (O - I)``. Nothing is known beyond the border, so cosine transforms solve it.

    Examples
    --------
    >>> photo = np.full((1, 6, 3), 0.5, np.float32)
    >>> photo[:, 2] = 0.6
    >>> screened_poisson(photo, np.full_like(photo, 0.2), weight=0.01)[0, :, 0].round(2)
    array([0.18, 0.18, 0.28, 0.18, 0.18, 0.18], dtype=float32)
    """
    from scipy.fft import dctn, idctn

    if not 0 < weight < np.inf:
        raise InputError(f"the weight of a screened Poisson equation must be above 0 and finite, got {weight:g}")
    same_size(photo=photo, result=result)
    # Eigenvalues of the second differences along columns and rows, one for each cosine, divided by the weight.
    down, across = (
        (4 / weight * np.sin(np.pi / 2 * np.arange(n) / n) ** 2).astype(np.float32) for n in photo.shape[:2]
    )
    share = 1 / (1 + down[:, None] + across)
    merged = np.empty(photo.shape, np.float32)
    for channel in range(photo.shape[2]):
        own = photo[..., channel]
        change = dctn((result[..., channel] - own).astype(np.float32), overwrite_x=True)
        change *= share
        np.add(own, idctn(change, overwrite_x=True), out=merged[..., channel], casting="same_kind")
    return np.clip(merged, 0, 1, out=merged)
