"""Labels of a photo and of a style brought together, so that sky is restyled after sky."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError, warn
from sfumato.labels.groups import merge
from sfumato.labels.masks import cutoff, limit

__all__ = ["Match", "match"]


class Match(NamedTuple):
    """What `match` returns.

    Parameters
    ----------
    content, style : dict of str to ndarray
        Masks of the photo and of the style, under the same names in the same order.
    """

    content: dict[str, NDArray[np.float32]]
    style: dict[str, NDArray[np.float32]]


@checked(labels=["content", "style"])
def match(
    content: Mapping[str, NDArray[np.float32]],
    style: Mapping[str, NDArray[np.float32]],
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    least: float = 0.2,
    area: float = 0.001,
) -> Match:
    """Bring the labels of a photo and of a style together.

    In this order: merge what looks alike, drop what is faint or small, keep what both have, and
    give what is left of the photo to the most probable label that remains. What is left of the
    style is left out: given to another label, it would spoil that label's statistics. If no label
    is shared, one label "all" covers both pictures: the same as a run without labels.

    Parameters
    ----------
    content, style : mapping of str to ndarray
        Masks (H, W) of the photo, and masks of the style, of a size of their own.
    groups : mapping of str to list of str, optional
        As for `merge`.
    least, area : float
        As for `cutoff`.

    Returns
    -------
    Match
        Both dicts, with the same names. The masks of the photo sum to 1, those of the style to at
        most 1.

    Raises
    ------
    RegionError
        If either picture has no label, or the groups make no sense.

    Warns
    -----
    SfumatoWarning
        If no label is shared.

    Examples
    --------
    >>> photo = {"lake": np.float32([[1, 0, 0]]), "sky": np.float32([[0, 1, 0]]), "dog": np.float32([[0, 0, 1]])}
    >>> style = {"sea": np.float32([[1, 0]]), "sky": np.float32([[0, 1]])}
    >>> {name: mask.tolist() for name, mask in match(photo, style).content.items()}
    {'water': [[1.0, 0.0, 0.0]], 'sky': [[0.0, 1.0, 1.0]]}
    """
    photo, model = merge(content, groups), merge(style, groups)
    kept, known = cutoff(photo, least=least, area=area), cutoff(model, least=least, area=area)
    for side, labels in (("photo", kept), ("style", known)):
        if not labels:
            raise RegionError(f"the {side} has no label, or only empty ones: label it, or go without labels")
    shared = [name for name in kept if name in known]
    if shared:
        ours = limit(photo, shared)
        theirs = {name: known[name] for name in shared}
    else:
        names = " and ".join(
            f"the {side} ({', '.join(map(repr, labels))})" for side, labels in (("photo", kept), ("style", known))
        )
        warn(f"{names} share no label: the whole photo is matched with the whole style, as without labels")
        ours, theirs = ({"all": np.ones_like(next(iter(labels.values())))} for labels in (photo, model))
    return Match(ours, theirs)
