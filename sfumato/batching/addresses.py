"""Files by path or by address, such as "s3://bucket/photo.jpg", which fsspec opens."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sfumato.errors import ImageError, InputError, OutputError

__all__ = [
    "MAGIC",
    "exists",
    "find",
    "folder_of",
    "is_folder",
    "is_remote",
    "local",
    "matches",
    "normal",
    "read",
    "write",
]

_LOCAL = "file://"

#: Characters that make a name a pattern.
MAGIC = "*?["

# Stores that have buckets and no folders; making the folder of a file would make a missing bucket.
_WITH_BUCKETS = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss"}


def is_remote(name: str) -> bool:
    """Tell whether a name is an address rather than a path.

    Examples
    --------
    >>> is_remote("s3://bucket/a.jpg"), is_remote("photos/a.jpg"), is_remote("file:///a.jpg")
    (True, False, False)
    """
    return "://" in name and not name.startswith(_LOCAL)


def normal(address: str) -> str:
    """Return an address as it compares with others.

    Examples
    --------
    >>> normal("memory:///in/") == normal("memory://in")
    True
    """
    kind, _, place = address.partition("://")
    return f"{kind}://{place.strip('/')}"


def local(name: str) -> Path:
    """Return the path that a name stands for.

    Examples
    --------
    >>> local("file:///photos/a.jpg").as_posix()
    '/photos/a.jpg'
    """
    return Path(name.removeprefix(_LOCAL))


def folder_of(name: str) -> str:
    """Return the folder of a file.

    Examples
    --------
    >>> folder_of("s3://bucket/day/a.jpg"), folder_of("a.jpg")
    ('s3://bucket/day', '.')
    """
    return name.rpartition("/")[0] if is_remote(name) else str(local(name).parent)


def read(address: str) -> bytes:
    """Read a file.

    Raises
    ------
    ImageError
        If it cannot be read.
    """
    system, place = _opened(address)
    with _told(address, "cannot be read", ImageError):
        found: bytes = system.cat_file(place)
    return found


def write(address: str, content: bytes) -> None:
    """Write a file in one go, so that in an object store it appears whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    system, place = _opened(address)
    with _told(address, "cannot be written", OutputError):
        if _WITH_BUCKETS.isdisjoint([system.protocol] if isinstance(system.protocol, str) else system.protocol):
            system.makedirs(posixpath.dirname(place), exist_ok=True)
        system.pipe_file(place, content)


def exists(name: str) -> bool:
    """Tell whether there is a file.

    Raises
    ------
    InputError
        If an address cannot be opened.
    """
    if not is_remote(name):
        return os.path.lexists(local(name))
    system, place = _opened(name)
    with _told(name, "cannot be opened", InputError):
        return bool(system.exists(place))


def is_folder(address: str) -> bool:
    """Tell whether an address is that of a folder.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    system, place = _opened(address)
    with _told(address, "cannot be opened", InputError):
        return bool(system.isdir(place))


def find(address: str, *, recursive: bool = False) -> list[str]:
    """List the files in a folder at an address, and those below it; hidden ones are left out.

    Raises
    ------
    InputError
        If the folder cannot be read.
    """
    system, place = _opened(address)
    with _told(address, "cannot be read", InputError):
        found = system.find(place, maxdepth=None if recursive else 1)
    return [system.unstrip_protocol(name) for name in found if not _is_hidden(name, place)]


def matches(pattern: str) -> list[str]:
    """List the files whose addresses match a pattern; hidden ones are left out.

    Raises
    ------
    InputError
        If the place cannot be read.
    """
    system, place = _opened(pattern)
    with _told(pattern, "cannot be read", InputError):
        found = system.glob(place, detail=True)
    fixed = place[: min(place.find(letter) for letter in MAGIC if letter in place)].rpartition("/")[0]
    return [
        system.unstrip_protocol(name)
        for name, what in found.items()
        if what["type"] == "file" and not _is_hidden(name, fixed)
    ]


def _is_hidden(name: str, folder: str) -> bool:
    """Tell whether a file, or a folder that it is in, has a name that begins with a dot, below a folder."""
    return "/." in "/" + name.removeprefix(folder).lstrip("/")


def _opened(address: str) -> tuple[Any, str]:
    """Return the file system of an address, and the place in it."""
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"{address}: addresses need the package fsspec; install sfumato[batch]") from error
    with _told(address, "cannot be opened", InputError):
        # Listings would be remembered, and show neither what others wrote meanwhile nor what was removed.
        system, place = fsspec.core.url_to_fs(address, use_listings_cache=False)
    return system, str(place)


@contextmanager
def _told(address: str, what: str, kind: type[InputError | OutputError]) -> Iterator[None]:
    """Turn any error of a file system, whose kinds are its own, into one line."""
    try:
        yield
    except Exception as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else str(error) or type(error).__name__
        raise kind(f"{address}: {what}: {reason.splitlines()[0]}") from error
