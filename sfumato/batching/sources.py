"""What is to be painted: photos from folders, patterns, lists and addresses."""

from __future__ import annotations

import glob
import os
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from sfumato.batching import addresses
from sfumato.errors import InputError, warn
from sfumato.feedforward.folders import photos_in
from sfumato.jobs.outputs import PICTURE

__all__ = ["Photos", "listed", "photos_of"]


@dataclass
class Photos:
    """Photos, and where they were found.

    Attributes
    ----------
    found : list of (str, str)
        Path or address of each photo, and its folder relative to the place that was searched.
    places : set of (str, bool)
        Folders that photos were found in, and whether the folders in them were searched as well.
    passed_over : int
        Number of files that are no pictures.
    """

    found: list[tuple[str, str]] = field(default_factory=list)
    places: set[tuple[str, bool]] = field(default_factory=set)
    passed_over: int = 0


def photos_of(sources: Iterable[str | os.PathLike[str]], *, recursive: bool = False) -> Photos:
    """List the photos of folders, patterns, paths and addresses; none of them is opened.

    Parameters
    ----------
    sources : iterable of path
        Folders, files, patterns such as ``day*/[0-9]*.jpg`` and ``photos/**/*.png``, and addresses of the same.
    recursive : bool
        Search the folders in folders as well.

    Returns
    -------
    Photos
        Each once, in order. Files are pictures by the endings of their names.

    Raises
    ------
    InputError
        If a folder, a file or an address cannot be read, or there is no photo at all.

    Examples
    --------
    >>> photos_of(["no-such-photo.jpg"])
    Traceback (most recent call last):
    ...
    sfumato.errors.InputError: no-such-photo.jpg: no such file or folder
    """
    photos, seen, single = Photos(), set[str](), list[str]()
    folders_left_out = 0

    def add(names: Iterable[str], root: str) -> None:
        for name in names:
            if not _is_picture(name):
                photos.passed_over += 1
            elif (place := _place(name)) not in seen:
                seen.add(place)
                photos.found.append((name, _relative(name, root)))
                photos.places.add((addresses.folder_of(name), False))

    for source in (os.fspath(each) for each in sources):
        if not addresses.is_remote(source):
            source = str(addresses.local(source))
        if _is_pattern(source):
            root = _fixed(source)
            if "**" in source:
                photos.places.add((root, True))
            names = _matching(source)
            if not names:
                warn(f"{source}: no file matches this pattern")
            add(names, root)
        elif addresses.is_remote(source):
            if _is_picture(source):
                single.append(source)
                continue
            if not addresses.is_folder(source):
                raise InputError(f"{source}: no such folder, and not the name of a picture")
            photos.places.add((source, recursive))
            add(addresses.find(source, recursive=recursive), source)
        elif os.path.isdir(source):  # noqa: PTH112 - it raises nothing
            other: list[Path] = []
            found = photos_in(source, recursive=recursive, other=other.append)
            folders = sum(path.is_dir() for path in other)
            folders_left_out += folders
            photos.passed_over += len(other) - folders
            photos.places.add((source, recursive))
            add(map(str, found), source)
        elif _exists(source):
            single.append(source)
        else:
            raise InputError(f"{source}: no such file or folder")
    for kind in dict.fromkeys(map(_system, single)):
        alike = [name for name in single if _system(name) == kind]
        add(alike, _common(alike))
    if not photos.found:
        others = f"files of other kinds: {photos.passed_over}"
        if folders_left_out:
            others += f", folders that were not searched: {folders_left_out}"
        raise InputError(
            f"there are no PNG, JPEG, TIFF or WebP pictures in what is given; {others}",
            option="recursive" if folders_left_out else "",
        )
    return photos


def listed(lines: Iterable[str], folder: Path) -> list[str]:
    """Return the sources of a list, one a line; paths are looked for beside the list, then in the current folder.

    Parameters
    ----------
    lines : iterable of str
        Paths, patterns or addresses. Empty lines are left out.
    folder : Path
        Folder of the list.

    Examples
    --------
    >>> listed(["a.jpg\\n", "\\n"], Path("no-such-folder"))
    ['a.jpg']
    """
    found = []
    for line in lines:
        name = line.rstrip("\r\n")
        if not name.strip():
            continue
        beside = folder / name
        found.append(str(beside) if not addresses.is_remote(name) and _exists(beside) else name)
    return found


def _is_picture(name: str) -> bool:
    return posixpath.splitext(name)[1].lower() in PICTURE


def _is_pattern(source: str) -> bool:
    """Tell whether a source is a pattern; a file whose name has such letters is none."""
    return any(letter in source for letter in addresses.MAGIC) and (addresses.is_remote(source) or not _exists(source))


def _exists(path: str | Path) -> bool:
    """Tell whether a file or folder exists; unlike that of `Path`, this raises nothing for an impossible name."""
    return os.path.exists(path)  # noqa: PTH110


def _fixed(pattern: str) -> str:
    """Return the folder before the first part of a pattern that varies."""
    parts = pattern.split("/")
    first = next(number for number, part in enumerate(parts) if any(letter in part for letter in addresses.MAGIC))
    return "/".join(parts[:first]) or ("/" if pattern.startswith("/") else ".")


def _matching(pattern: str) -> list[str]:
    if addresses.is_remote(pattern):
        return addresses.matches(pattern)
    return sorted(name for name in glob.iglob(pattern, recursive=True) if Path(name).is_file())  # noqa: PTH207


def _place(name: str) -> str:
    """Return what is the same for all names of a file, but for links."""
    return addresses.normal(name) if addresses.is_remote(name) else os.path.abspath(name)  # noqa: PTH100


def _system(name: str) -> str:
    """Return what distinguishes addresses of different kinds from each other and from paths."""
    return name.partition("://")[0] if addresses.is_remote(name) else ""


def _common(names: Sequence[str]) -> str:
    """Return the deepest folder that holds all files, or an empty text if there is none."""
    folders = {addresses.folder_of(name) for name in names}
    try:
        if kind := _system(names[0]):
            common = posixpath.commonpath(folder.partition("://")[2] for folder in folders)
            return f"{kind}://{common}"
        return os.path.commonpath(map(os.path.abspath, folders))
    except ValueError:  # several drives
        return ""


def _relative(name: str, root: str) -> str:
    """Return the folder of a file relative to another that holds it."""
    folder = addresses.folder_of(name)
    if addresses.is_remote(name):
        return addresses.normal(folder).removeprefix(addresses.normal(root)).strip("/")
    found = PurePath(os.path.relpath(folder, root)).as_posix() if root else "."
    return "" if found == "." else found
