"""The style pictures that a network is trained on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sfumato.errors import RecipeError
from sfumato.images.resizing import at_most

__all__ = ["shrunk_styles"]

# Minimum side of a shrunk style picture, in pixels.
_THINNEST = 16


def shrunk_styles(styles: Mapping[str, np.ndarray], size: int) -> list[np.ndarray]:
    """Check the names of style pictures, and shrink the pictures.

    Parameters
    ----------
    styles : mapping of str to ndarray (H, W, 3 or 4)
        Style pictures by name.
    size : int
        Maximum longer side, in pixels.

    Returns
    -------
    list of ndarray of float32, shape (h, w, 3 or 4)

    Raises
    ------
    RecipeError
        If there is no style, or a name cannot be stored in a network.

    Examples
    --------
    >>> [style.shape for style in shrunk_styles({"a": np.zeros((96, 200, 3))}, 100)]
    [(48, 100, 3)]
    """
    if not styles:
        raise RecipeError("there is no style to learn; give at least one")
    for name in styles:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise RecipeError(
                f"the style's name {name!r} is not text that a network can hold; rename the file"
            ) from None
    return [at_most(np.asarray(style, np.float32), size, least=_THINNEST) for style in styles.values()]
