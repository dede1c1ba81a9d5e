"""Write files whole or not at all, and check before a long computation that they can be written."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from sfumato.errors import OutputError

__all__ = ["check", "check_ending", "write"]

_STALE = 3600  # age in seconds from which an unfinished file counts as left over

_FULL = {errno.ENOSPC, errno.EDQUOT}


def write(path: str | os.PathLike[str], *content: bytes | memoryview) -> None:
    """Write a file so that it appears whole or not at all.

    Parameters
    ----------
    path : path
        Target; an existing file is replaced at the end, and kept if anything fails.
    *content : bytes
        Parts of the file, in order.

    Raises
    ------
    OutputError
        If the folder does not exist or cannot be written to, or the disk is full.

    Examples
    --------
    >>> write("none/a.txt", b"text")
    Traceback (most recent call last):
    ...
    sfumato.errors.OutputError: none/a.txt: cannot be written: no such file or directory; choose another folder
    """
    path = Path(path)
    # A hidden name beside the target, so that the file can be moved into place in one step.
    ours = f".{hashlib.sha256(path.name.encode(errors='surrogateescape')).hexdigest()[:8]}-"
    temporary = path.with_name(f"{ours}{secrets.token_hex(8)}.part")
    _remove_remains(path.parent, ours)
    try:
        with temporary.open("xb") as file:
            for part in content:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise OutputError(f"{path}: cannot be written: {_advice(error)}") from error


def _remove_remains(folder: Path, ours: str) -> None:
    """Remove unfinished copies of the same file, left by processes that were killed while writing it."""
    with suppress(OSError):
        for remains in folder.glob(f"{ours}*.part"):
            if time.time() - remains.stat().st_mtime > _STALE:
                remains.unlink(missing_ok=True)


def check(
    path: str | os.PathLike[str],
    *,
    endings: Collection[str] = (),
    inputs: Iterable[str | os.PathLike[str]] = (),
    overwrite: bool = False,
) -> None:
    """Check before a long computation that a file can be written.

    Parameters
    ----------
    path : path
        Target.
    endings : collection of str, optional
        Allowed endings of its name, in lower case, such as ".png"; any if empty.
    inputs : iterable of path
        Input files, which are never overwritten.
    overwrite : bool
        Whether another existing file may be replaced.

    Raises
    ------
    OutputError
        If the name has another ending, `path` is a folder, a device or one of the inputs, its folder does not exist or
        cannot be written to, or it exists and `overwrite` is False.

    Examples
    --------
    >>> check("network.txt", endings=[".sfm"])
    Traceback (most recent call last):
    ...
    sfumato.errors.OutputError: network.txt: unknown ending '.txt'; use .sfm
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise OutputError(f"{path}: a folder; name a file in it")
        check_ending(path, endings)
        if not path.parent.is_dir():
            raise OutputError(f"{path}: there is no folder {path.parent}; make it first")
        if path.exists() or path.is_symlink():
            if path.exists() and not path.is_file():
                raise OutputError(f"{path}: a device or a pipe, not a file; choose another name")
            if path.exists() and any(Path(other).exists() and path.samefile(other) for other in inputs):
                raise OutputError(f"{path}: also an input; choose another name for the result")
            if not overwrite:
                raise OutputError(
                    f"{path}: exists already; choose another name, or allow it to be replaced", option="force"
                )
        _try_to_write(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OutputError(f"{path}: {reason.lower()}; choose another name") from error


def check_ending(path: Path, endings: Collection[str]) -> None:
    """Refuse a file name whose ending is not among those given; if none are given, accept any.

    Raises
    ------
    OutputError
        If it has another ending.

    Examples
    --------
    >>> check_ending(Path("a.PNG"), [".png", ".pdf"])
    """
    if endings and path.suffix.lower() not in endings:
        *most, last = endings
        names = f"{', '.join(most)} or {last}" if most else last
        raise OutputError(f"{path}: unknown ending {path.suffix!r}; use {names}")


def _try_to_write(path: Path) -> None:
    """Create a file in the folder and remove it; permissions alone do not tell whether that works."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except PermissionError as error:
        raise OutputError(f"{path}: no permission to write to {path.parent}; choose another folder") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {_advice(error)}") from error


def _advice(error: OSError) -> str:
    """Return what is wrong and what to do."""
    if error.errno in _FULL:
        return "the disk is full; free some space, or choose another folder"
    return f"{(error.strerror or str(error)).lower()}; choose another folder"
