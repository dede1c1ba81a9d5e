"""Save a run, and go on from where it was."""

from __future__ import annotations

import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import torch

from sfumato.errors import CheckpointError, OutputError

__all__ = ["read", "write"]


def write(path: str | Path, state: dict[str, Any], *, fingerprint: str) -> None:
    """Write a checkpoint whole or not at all.

    Parameters
    ----------
    path : path
        Where to; an older checkpoint there is replaced.
    state : dict
        ``Step.state()``.
    fingerprint : str
        Of all that shapes the run; a checkpoint only resumes the run it came from.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    path = Path(path)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            torch.save({"fingerprint": fingerprint, "state": state}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise OutputError(
            f"cannot write the checkpoint {path}: {error.strerror or error}; free some space or choose another output"
        ) from error


def read(path: str | Path, *, fingerprint: str) -> dict[str, Any]:
    """Read a checkpoint.

    Parameters
    ----------
    path : path
        Where `write` put it.
    fingerprint : str
        Of the run that is to go on.

    Returns
    -------
    dict
        The state that was saved.

    Raises
    ------
    CheckpointError
        If there is none, it is damaged, or it comes from another run.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        found, state = saved["fingerprint"], saved["state"]
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path} to resume from; run without --resume") from error
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise CheckpointError(f"the checkpoint {path} is damaged; remove it and run without --resume") from error
    if found != fingerprint:
        raise CheckpointError(
            f"the checkpoint {path} belongs to another photo, style or recipe; run without --resume to start anew"
        )
    return dict(state)
