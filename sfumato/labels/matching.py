"""Labels of a photo and of a style brought together, so that sky is restyled after sky."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sfumato.errors import RegionError, warn
from sfumato.labels.groups import grouping, merge
from sfumato.labels.masks import cutoff, limit

__all__ = ["Match", "match"]

_ROUNDING = 1e-4  # what is less is not worth a word


class Match(NamedTuple):
    """What `match` returns.

    Parameters
    ----------
    content, style : dict of str to ndarray
        Masks of the photo and of the style, under the same names in the same order.
    notes : list of str
        A sentence for each label: merged, dropped and where its pixels went, or kept.
    """

    content: dict[str, NDArray[np.float32]]
    style: dict[str, NDArray[np.float32]]
    notes: list[str]


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
        Both dicts, with the same names, and a list of sentences that account for every label. The
        masks of the photo sum to 1, those of the style to at most 1.

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
    >>> for note in match(photo, style).notes:
    ...     print(note)
    photo: 'lake' counts as 'water'
    photo: 'dog' counts as 'animal'
    style: 'sea' counts as 'water'
    photo: 'animal' dropped, not in the style; its 33.3 % of the photo went to 'sky' (100 %)
    'water': 33.3 % of the photo, 50 % of the style
    'sky': 66.7 % of the photo, 50 % of the style
    """
    photo, model = merge(content, groups), merge(style, groups)
    notes = [*_counted("photo", grouping(content, groups)), *_counted("style", grouping(style, groups))]
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
        notes.append(f"{names} share no label: the whole photo takes after the whole style, as without labels")
        warn(notes[-1])
        ours, theirs = ({"all": np.ones_like(next(iter(labels.values())))} for labels in (photo, model))
    for name, mask in photo.items():
        if name not in ours:
            reason = _reason(name, mask, kept, least, "style", model)
            went = f"; its {_share(mask)} of the photo {_went(mask, ours)}" if mask.any() else ""
            notes.append(f"photo: {name!r} dropped, {reason}{went}")
    rest = np.clip(1 - sum(photo.values()), 0, 1)
    if rest.mean() > _ROUNDING:
        notes.append(f"photo: {_share(rest)} had no label and {_went(rest, ours)}")
    for name, mask in model.items():
        if name not in theirs:
            reason = _reason(name, mask, known, least, "photo", photo)
            notes.append(f"style: {name!r} left out, {reason}; it was {_share(mask)} of the style")
    notes += [f"{name!r}: {_share(ours[name])} of the photo, {_share(theirs[name])} of the style" for name in ours]
    return Match(ours, theirs, notes)


def _counted(side: str, groups: Mapping[str, str]) -> list[str]:
    """Say which labels go under the name of a group."""
    notes = []
    for group in dict.fromkeys(groups.values()):
        names = [name for name in groups if groups[name] == group]
        if names != [group]:
            verb = "counts" if len(names) == 1 else "count"
            notes.append(f"{side}: {', '.join(map(repr, names))} {verb} as {group!r}")
    return notes


def _reason(
    name: str,
    mask: NDArray[np.float32],
    kept: Mapping[str, NDArray[np.float32]],
    least: float,
    other: str,
    theirs: Mapping[str, NDArray[np.float32]],
) -> str:
    """Say why a label is not among those that both pictures have."""
    if name in kept:
        return f"too faint or small in the {other}" if name in theirs else f"not in the {other}"
    if not mask.any():
        return "empty"
    return f"nowhere above {mask.max():.2g}" if mask.max() < least else "too small"


def _went(mask: NDArray[np.float32], labels: Mapping[str, NDArray[np.float32]]) -> str:
    """Say which labels took over a mask: at each pixel the most probable, as `limit` does it."""
    best = np.stack(list(labels.values())).argmax(axis=0)
    gains = np.bincount(best.ravel(), weights=mask.ravel(), minlength=len(labels)) / mask.sum(dtype=np.float64)
    pairs = sorted(zip(gains.tolist(), labels, strict=True), key=lambda pair: -pair[0])
    return "went to " + ", ".join(f"{name!r} ({100 * gain:.3g} %)" for gain, name in pairs if gain > _ROUNDING)


def _share(mask: NDArray[np.float32]) -> str:
    """Write the share of the picture that a mask covers."""
    return f"{100 * mask.mean(dtype=np.float64):.3g} %"
