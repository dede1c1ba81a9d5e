"""Groups of labels that look alike and count as one."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import RegionError
from sfumato.regions import words

__all__ = ["grouping", "merge", "read_groups"]

_ENDINGS = (" merged", " other", " stuff")


def read_groups(path: str | Path | None = None) -> dict[str, list[str]]:
    """Read a table of labels that look alike.

    The table is a TOML file with lines such as ``water = ["lake", "river", "sea"]``. A group's name is a member of the
    group. Case, "-" and "_" do not matter, and neither do the endings "-merged", "-other" and "-stuff" of COCO. Only
    the first name of "house, home" or "house;home" counts.

    Parameters
    ----------
    path : str or Path, optional
        The file; by default the package's own table, for the labels of ADE20K, COCO and Pascal VOC.

    Returns
    -------
    dict of str to list of str
        The labels of each group.

    Raises
    ------
    RegionError
        If the file cannot be read, is not TOML, contains something else than lists of names, or has a label in two
        groups.

    Examples
    --------
    >>> read_groups()["mountain"]
    ['mountain', 'hill', 'rock']
    """
    if path is None:
        return words.groups()
    try:
        groups: dict[str, list[str]] = tomllib.loads(Path(path).read_text("utf-8"))
        _members(groups)
    except OSError as error:
        raise RegionError(f"cannot read the table of labels {path}: {error.strerror}") from None
    except RegionError as error:
        raise RegionError(f"{path}: {error}") from None
    except (ValueError, RecursionError) as error:  # not text, or not TOML
        raise RegionError(f"cannot read the table of labels {path}: {str(error).lower()}") from None
    return groups


def grouping(labels: Iterable[str], groups: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
    """Return the name under which each label counts.

    Parameters
    ----------
    labels : iterable of str
        Names of labels.
    groups : mapping of str to list of str, optional
        The labels of each group, compared as in `read_groups`; by default the package's own table. An empty mapping
        groups nothing.

    Returns
    -------
    dict of str to str
        The name of each label's group, or the label itself if it is in none.

    Raises
    ------
    RegionError
        If the groups are not lists of names, or a label is in two of them.

    Examples
    --------
    >>> grouping(["lake", "Tree-merged", "person"])
    {'lake': 'water', 'Tree-merged': 'plant', 'person': 'person'}
    """
    members = _members(read_groups() if groups is None else groups)
    return {name: members.get(_plain(name), name) for name in labels}


@checked(labels=["labels"])
def merge(
    labels: Mapping[str, NDArray[np.float32]], groups: Mapping[str, Sequence[str]] | None = None
) -> dict[str, NDArray[np.float32]]:
    """Add up the masks of labels that look alike.

    Segmenters distinguish lakes from rivers; for a style, both are water (Wang and Wang, "Photo style transfer with
    deep learning", section 4, after Luan et al. 2017).

    Parameters
    ----------
    labels : mapping of str to ndarray
        Masks (H, W).
    groups : mapping of str to list of str, optional
        As for `grouping`.

    Returns
    -------
    dict of str to ndarray
        Masks, float32 (H, W), under the names of the groups. Labels that are in no group stay unchanged.

    Raises
    ------
    RegionError
        If the groups are not lists of names, or a label is in two of them.

    Examples
    --------
    >>> lake, sky = np.full((2, 2, 2), 0.5, np.float32)
    >>> list(merge({"lake": lake, "sky-other-merged": sky}))
    ['water', 'sky']
    """
    merged: dict[str, NDArray[np.float32]] = {}
    for name, group in grouping(labels, groups).items():
        merged[group] = np.minimum(merged.get(group, 0) + labels[name], 1, dtype=np.float32)
    return merged


def _members(groups: Mapping[str, Any]) -> dict[str, str]:
    """Map each label, in its plain spelling, to its group."""
    members: dict[str, str] = {}
    for group, names in groups.items():
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise RegionError(f"group {group!r} needs a list of labels such as ['lake', 'river'], got {names!r}")
        for name in (group, *names):
            other = members.setdefault(_plain(name), group)
            if other != group:
                raise RegionError(f"label {name!r} is in two groups, {other!r} and {group!r}: leave it in one")
    return members


def _plain(label: str) -> str:
    """Return a label in the table's spelling."""
    name = " ".join(re.split("[,;]", label.lower())[0].replace("-", " ").replace("_", " ").split())
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name
