"""The photos in a folder: subfolders and linked folders count, each once."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from sfumato.errors import InputError, warn

__all__ = ["photos_in"]

_ENDINGS = {".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


def photos_in(folder: str | os.PathLike[str], *, leave_out: Iterable[Path] = ()) -> list[Path]:
    """List the PNG, JPEG, TIFF and WebP files in a folder and below it; none of them is opened.

    Parameters
    ----------
    folder : path
        Where to look. Links to files and folders are followed, and what several paths lead to counts once. Names that
        begin with a dot are passed over, and so are links to a folder that holds `folder` itself.
    leave_out : iterable of path
        Files that are no photos.

    Returns
    -------
    list of Path
        In order of their names.

    Raises
    ------
    InputError
        If there is no such folder, or it cannot be read. Folders below it that cannot be read are left out, with one
        `SfumatoWarning` for all.

    Examples
    --------
    >>> photos_in("no-such-folder")
    Traceback (most recent call last):
    ...
    sfumato.errors.InputError: no-such-folder: no such folder; name one with photos to learn on
    """
    folder = Path(folder)
    try:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; name one with photos to learn on")
    except OSError as error:  # a folder on the way to it
        raise InputError(f"{folder}: cannot be read ({error.strerror}); choose another folder") from error
    seen = {Path(os.path.realpath(path)) for path in leave_out} | set(folder.resolve().parents)
    found: list[Path] = []
    failed: dict[Path, str] = {}
    # Links wait until the rest is done: no link changes the name that a photo in a plain subfolder goes by.
    waiting, links = [folder], deque[Path]()
    while waiting or links:
        path = waiting.pop() if waiting else links.popleft()
        try:
            kind = path.stat().st_mode
            is_photo = stat.S_ISREG(kind) and _is_photo(path.name)
            real = path.resolve()
            if real in seen or not (is_photo or stat.S_ISDIR(kind)):
                continue
            seen.add(real)
            if is_photo:
                found.append(path)
                continue
            with os.scandir(path) as entries:
                inside = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
            for entry in inside:
                if entry.is_symlink():
                    links.append(path / entry.name)
                elif entry.is_dir():
                    waiting.append(path / entry.name)
                elif _is_photo(entry.name) and entry.is_file() and real / entry.name not in seen:
                    seen.add(real / entry.name)
                    found.append(path / entry.name)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ELOOP):  # not a link that leads nowhere
                failed[path] = error.strerror or str(error)
    if folder in failed:
        raise InputError(f"{folder}: cannot be read ({failed[folder]}); choose another folder")
    if failed:
        path, reason = next(iter(failed.items()))
        count = f"{len(failed)} folders" if len(failed) > 1 else "1 folder"
        warn(f"{count} in {folder} cannot be read, {path} for one ({reason}); no photo in there is used")
    return sorted(found)


def _is_photo(name: str) -> bool:
    return Path(name).suffix.lower() in _ENDINGS
