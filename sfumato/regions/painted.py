"""One label of a label map as a region."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sfumato.errors import RegionError
from sfumato.regions.colormap import read_indices, read_labels
from sfumato.regions.files import located

__all__ = ["painted"]


def painted(
    path: str | Path, label: str, shape: tuple[int, int], *, folder: str | Path | None = None
) -> NDArray[np.float32]:
    """Select one color of a label map, or one index of a map of indices.

    Parameters
    ----------
    path : str or Path
        The label map: as for `read_indices` if the label is a number, else as for `read_labels`.
    label : str
        The name of a color, such as "blue", or a number.
    shape : (int, int)
        Height and width of the photo, in pixels.
    folder : str or Path, optional
        Folder in which the file is looked up first, before the current folder.

    Returns
    -------
    ndarray
        float32 (H, W), zeros and ones.

    Raises
    ------
    RegionError
        If there is no such file, if it is not a label map, or if it does not have the label.

    Examples
    --------
    >>> painted("labels.png", "blue", (480, 640))  # doctest: +SKIP
    """
    file = located(path, folder, "label map")
    labels = (read_indices if label.isdecimal() else read_labels)(file, shape)
    if label not in labels:
        raise RegionError(f"label map {str(path)!r} has no {label!r}; it has {', '.join(labels)}")
    return labels[label]
