"""The photos in a folder, its subfolders and linked folders, each listed once."""

from __future__ import annotations

import errno
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from sfumato.errors import InputError, warn

__all__ = ["photos_in"]

_ENDINGS = {".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


def photos_in(
    folder: str | os.PathLike[str],
    *,
    leave_out: Iterable[Path] = (),
    recursive: bool = True,
    other: Callable[[Path], None] = lambda path: None,
) -> list[Path]:
    """List the PNG, JPEG, TIFF and WebP files in a folder and below it; none of them is opened.

    Parameters
    ----------
    folder : path
        Folder to search. Links to files and folders are followed; a photo with several paths is listed once. Names that
        begin with a dot are skipped, and so are links to a folder that contains `folder` itself.
    leave_out : iterable of path
        Files that are not photos.
    recursive : bool
        Search the folders in the folder as well.
    other : callable
        Called with each file that is not a photo, and with each folder that is not searched.

    Returns
    -------
    list of Path
        Sorted by name.

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
    sfumato.errors.InputError: no-such-folder: no such folder; name one with photos
    """
    folder = Path(folder)
    try:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; name one with photos")
    except OSError as error:  # a parent folder
        raise InputError(f"{folder}: cannot be read ({error.strerror}); choose another folder") from error
    seen = {Path(os.path.realpath(path)) for path in leave_out} | set(folder.resolve().parents)
    found: list[Path] = []
    failed: dict[Path, str] = {}
    # Links are followed last, so that they do not change the name of a photo in a plain subfolder.
    waiting, links = [folder], deque[Path]()
    while waiting or links:
        path = waiting.pop() if waiting else links.popleft()
        try:
            kind = path.stat().st_mode
            is_photo = stat.S_ISREG(kind) and _is_photo(path.name)
            real = path.resolve()
            if real in seen:
                continue
            if not (is_photo or (stat.S_ISDIR(kind) and (recursive or path == folder))):
                other(path)
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
                elif entry.is_dir() and recursive:
                    waiting.append(path / entry.name)
                elif not (_is_photo(entry.name) and entry.is_file()):
                    other(path / entry.name)
                elif real / entry.name not in seen:
                    seen.add(real / entry.name)
                    found.append(path / entry.name)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ELOOP):  # other than a broken link
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
