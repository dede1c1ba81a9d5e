"""Match the labels of a photo with those of a style, so that sky is restyled after sky."""

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
        Masks of the photo and of the style, with the same names in the same order.
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
    """Match the labels of a photo with those of a style.

    The steps are, in this order: merge labels that look alike, drop faint and small ones, and keep those that both
    pictures have. In the photo, the probability of dropped labels goes to the most probable remaining one. In the
    style it is left out, because it would spoil the statistics of another label. If no label is shared, a single label
    "all" covers both pictures, as in a run without labels.

    Parameters
    ----------
    content, style : mapping of str to ndarray
        Masks (H, W) of the photo, and masks (h, w) of the style.
    groups : mapping of str to list of str, optional
        As for `merge`.
    least, area : float
        As for `cutoff`.

    Returns
    -------
    Match
        Both dicts, with the same names. The photo's masks sum to 1, the style's to at most 1.

    Raises
    ------
    RegionError
        If either picture has no label, or the groups are not lists of names, or a label is in two of them.

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
