"""Soft labels: drop faint ones, and fill gaps.

Labels are a dict of soft masks by name, float32 (H, W), which sum to at most 1 at every pixel: a segmenter's
probabilities, or a painted map. The functions do not change their arguments.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError

__all__ = ["cutoff", "hard", "limit", "normalize"]


@checked(labels=["labels"])
def cutoff(
    labels: Mapping[str, NDArray[np.float32]], *, least: float = 0.2, area: float = 0.001
) -> dict[str, NDArray[np.float32]]:
    """Drop labels that are faint everywhere, or small.

    Wang and Wang, "Photo style transfer with deep learning", section 3.3, ignore labels of low probability, but give
    no threshold and do not say whether it applies to a pixel or to the picture. Here a label is dropped as a whole if
    its probability is below `least` everywhere: dropping single pixels would put edges into soft masks. The remaining
    masks are not changed; `limit` fills the gaps.

    Parameters
    ----------
    labels : mapping of str to ndarray
        Masks (H, W).
    least : float
        Minimum of a label's highest probability.
    area : float
        Minimum share of the picture that a label covers in total, 0 to 1. The default is about one position of VGG-19's
        fifth block in a picture of 512 pixels: a smaller label has no statistics.

    Returns
    -------
    dict of str to ndarray
        The remaining labels. If all would be dropped, the largest is kept, unless all are empty.

    Examples
    --------
    >>> sky = np.float32([[0.9, 0.8], [0.6, 0.7]])
    >>> list(cutoff({"sky": sky, "kite": (1 - sky) / 4}))
    ['sky']
    """
    kept = [name for name, mask in labels.items() if mask.any() and mask.max() >= least and mask.mean() >= area]
    if not kept:
        largest = max(labels, key=lambda name: float(labels[name].sum()), default="")
        kept = [largest] if labels and labels[largest].any() else []
    return {name: np.array(labels[name], np.float32) for name in kept}


@checked(labels=["labels"])
def hard(labels: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Assign each pixel to its most probable label.

    Parameters
    ----------
    labels : mapping of str to ndarray
        Masks (H, W).

    Returns
    -------
    dict of str to ndarray
        Masks, float32 (H, W), of zeros and ones, under the same names. Of equal probabilities the first wins. The masks
        sum to 1, except where all labels are 0. A label that wins nowhere has an empty mask.

    Examples
    --------
    >>> hard({"sky": np.float32([[0.4, 0.7]]), "sea": np.float32([[0.6, 0.3]])})["sky"]
    array([[0., 1.]], dtype=float32)
    """
    stack = _stacked(labels)
    if not labels:
        return {}
    best = np.where(stack.any(axis=0), stack.argmax(axis=0), -1)
    return {name: (best == number).astype(np.float32) for number, name in enumerate(labels)}


@checked(labels=["labels"])
def normalize(labels: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Scale the masks so that they sum to 1 at every pixel.

    Parameters
    ----------
    labels : mapping of str to ndarray
        Masks (H, W) with any sum.

    Returns
    -------
    dict of str to ndarray
        Masks, float32 (H, W), that sum to 1. A pixel that is 0 in all labels gets the label of the nearest pixel that
        is not. If no labels are given, the dict is empty.

    Raises
    ------
    RegionError
        If all masks are empty.

    Examples
    --------
    >>> normalize({"sky": np.float32([[0.5, 0, 0]]), "sea": np.float32([[0, 0, 0.2]])})["sky"]
    array([[1., 1., 0.]], dtype=float32)
    """
    stack = _stacked(labels)
    if not labels:
        return {}
    total = stack.sum(axis=0)
    stack /= np.where(total > 0, total, 1)
    return _filled(list(labels), stack)


@checked(labels=["content"])
def limit(content: Mapping[str, NDArray[np.float32]], style: Iterable[str]) -> dict[str, NDArray[np.float32]]:
    """Keep only the labels of a photo that the style also has.

    In each pixel, the probability of the dropped labels goes to the most probable remaining label. (Wang and Wang,
    section 4, drop the labels, but do not say what happens to their probability.)

    Parameters
    ----------
    content : mapping of str to ndarray
        Masks (H, W) of the photo.
    style : iterable of str
        Names of the style's labels, such as a dict with these keys.

    Returns
    -------
    dict of str to ndarray
        Masks, float32 (H, W), that sum to 1. A pixel that is 0 in all labels gets the label of the nearest pixel that
        is not. Where masks sum to more than 1, they are scaled down.

    Raises
    ------
    RegionError
        If no label is left, or all that are left are empty.

    Examples
    --------
    >>> photo = {"sky": np.float32([[1, 0.6]]), "sea": np.float32([[0, 0.1]]), "boat": np.float32([[0, 0.3]])}
    >>> limit(photo, ["sky", "sea"])["sky"]
    array([[1. , 0.9]], dtype=float32)
    """
    stack, names = _stacked(content), set(style)
    kept = [number for number, name in enumerate(content) if name in names and stack[number].any()]
    if not kept:
        raise RegionError(
            f"no label of the photo {sorted(content)} is in the style {sorted(names)}: merge those that belong "
            "together, or go without labels"
        )
    stack = stack[kept]
    total = stack.sum(axis=0)
    stack /= np.maximum(total, 1)
    best = stack.argmax(axis=0)[None]
    gain = np.where(total > 0, 1 - stack.sum(axis=0), 0)
    np.put_along_axis(stack, best, np.take_along_axis(stack, best, 0) + gain, 0)
    return _filled([list(content)[number] for number in kept], stack)


def _stacked(labels: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Copy the masks into one array (labels, H, W)."""
    return np.array(list(labels.values()), np.float32)


def _filled(names: list[str], stack: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """Assign pixels that are 0 in all masks to the label of the nearest pixel that is not."""
    from scipy import ndimage

    empty = ~stack.any(axis=0)
    if empty.all():
        raise RegionError(f"the labels {sorted(names)} are all empty: give a mask that selects something")
    if empty.any():
        rows, columns = ndimage.distance_transform_edt(empty, return_distances=False, return_indices=True)
        best = stack.argmax(axis=0)[rows, columns][empty]
        stack[:, empty] = np.arange(len(names))[:, None] == best
    return dict(zip(names, stack, strict=True))
