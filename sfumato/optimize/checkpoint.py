"""Checkpoints: save the state of a run, and read it to resume the run."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from sfumato import files
from sfumato.errors import CheckpointError

__all__ = ["read", "write"]

# Bytes of the sha256 that comes before the saved state.
_DIGEST = 32


def write(path: str | Path, state: dict[str, Any], *, fingerprint: str) -> None:
    """Write a checkpoint whole or not at all.

    Parameters
    ----------
    path : path
        File to write; an older checkpoint there is replaced.
    state : dict
        ``Step.state()``.
    fingerprint : str
        Hash of everything that determines the run: a checkpoint only resumes the run it came from.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    buffer = io.BytesIO()
    torch.save({"fingerprint": fingerprint, "state": state}, buffer)
    payload = buffer.getbuffer()
    files.write(path, hashlib.sha256(payload).digest(), payload)


def read(path: str | Path, *, fingerprint: str) -> dict[str, Any]:
    """Read a checkpoint.

    Parameters
    ----------
    path : path
        File that `write` wrote.
    fingerprint : str
        Fingerprint of the run to resume.

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
        content = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path} to resume from; start anew") from error
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror}; start anew") from error
    digest, payload = content[:_DIGEST], content[_DIGEST:]
    if hashlib.sha256(payload).digest() != digest:
        raise CheckpointError(f"the checkpoint {path} is damaged; remove it and start anew")
    try:
        saved = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
        found, state = saved["fingerprint"], dict(saved["state"])
    except Exception as error:  # the unpickler may raise anything for foreign content
        raise CheckpointError(f"the checkpoint {path} is damaged; remove it and start anew") from error
    if found != fingerprint:
        raise CheckpointError(f"the checkpoint {path} belongs to another photo, style or recipe; start anew")
    return state
