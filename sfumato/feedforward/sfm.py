"""Networks in files: layers by name, and what they were made of. Reading one runs nothing that is in it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sfumato import files
from sfumato.errors import ModelError

__all__ = ["Layer", "Plan", "read", "write"]

# What a file says of itself is one text: the order of several would change from run to run.
_HEAD, _VERSION = "sfumato network", 1


class Layer(NamedTuple):
    """A convolution: how many maps it takes and makes, the side of its kernel, and how it changes their size."""

    name: str
    takes: int
    makes: int
    side: int
    stride: int = 1
    enlarge: int = 1


@dataclass(frozen=True)
class Plan:
    """What there is to know about a network beside its numbers.

    Attributes
    ----------
    styles : tuple of str
        Their names, in the order of their weights.
    width : int
        Maps of its first layer; the inner ones have two and four times as many.
    masks : bool
        Whether it takes a mask as a fourth channel.
    training : mapping
        How it was trained, for people to read.
    """

    styles: tuple[str, ...]
    width: int = 32
    masks: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The convolutions, in order; those of residual block n are called "residual{n}a" and "residual{n}b"."""
        one, two, four = (self.width * times for times in (1, 2, 4))
        return (
            Layer("first", 4 if self.masks else 3, one, 9),
            Layer("down1", one, two, 3, stride=2),
            Layer("down2", two, four, 3, stride=2),
            *(Layer(f"residual{number}{part}", four, four, 3) for number in range(1, 6) for part in "ab"),
            Layer("up1", four, two, 3, enlarge=2),
            Layer("up2", two, one, 3, enlarge=2),
            Layer("last", one, 3, 9),
        )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor: kernels, and for each style what follows a normalization."""
        found: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            found[f"{layer.name}.kernel"] = layer.makes, layer.takes, layer.side, layer.side
            if layer.name == "last":
                found["last.bias"] = (layer.makes,)
            else:
                found |= {f"{layer.name}.{kind}": (len(self.styles), layer.makes) for kind in ("scale", "shift")}
        return found


def write(path: str | os.PathLike[str], plan: Plan, tensors: Mapping[str, np.ndarray]) -> None:
    """Write a network, whole or not at all.

    Parameters
    ----------
    path : path
        Where to; a file there is replaced.
    plan : Plan
        What the network is.
    tensors : mapping of str to ndarray of float32
        By name, of ``plan.shapes``.

    Raises
    ------
    ModelError
        If a number is not finite: the training went wrong.
    OutputError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    for name, values in tensors.items():
        if not np.isfinite(values).all():
            raise ModelError(f"the network holds values in {name} that are no numbers and is not saved; train it anew")
    about = {
        "version": _VERSION,
        "styles": plan.styles,
        "width": plan.width,
        "masks": plan.masks,
        "training": dict(plan.training),
    }
    head = json.dumps(about | {"sha256": _digest(about, tensors)})
    content = save({name: np.ascontiguousarray(values) for name, values in tensors.items()}, {_HEAD: head})
    files.write(path, content)


def read(path: str | os.PathLike[str]) -> tuple[Plan, dict[str, np.ndarray]]:
    """Read a network.

    Parameters
    ----------
    path : path
        A file of `write`.

    Returns
    -------
    Plan
        What the network is.
    dict of str to ndarray of float32
        Its tensors, by name, of ``plan.shapes``.

    Raises
    ------
    ModelError
        If there is no such file, or it is not a network of sfumato, of another version, or damaged.

    Examples
    --------
    >>> read("no-such-file.sfm")
    Traceback (most recent call last):
    ...
    sfumato.errors.ModelError: no-such-file.sfm: no such file; choose another, or train a network
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise ModelError(f"{path}: no such file; choose another, or train a network", command="train")
    try:
        with safe_open(path, framework="numpy") as file:
            head = (file.metadata() or {}).get(_HEAD)
            # NumPy has no name for some of the types that such a file may hold; a network has none of them.
            names = [name for name in (file.keys() if head else ()) if file.get_slice(name).get_dtype() == "F32"]
            tensors = {name: file.get_tensor(name) for name in names}
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}); choose another file") from error
    except SafetensorError as error:
        raise ModelError(f"{path}: not a network of sfumato, or damaged; get it again, or train it anew") from error
    if head is None:
        raise ModelError(f"{path}: not a network trained by sfumato; choose another, or train one", command="train")
    about = _parsed(head)
    if about.get("version", _VERSION) != _VERSION:
        found = str(about["version"])[:20]
        raise ModelError(f"{path}: a network of version {found}, and this sfumato reads version {_VERSION}; update it")
    plan = _plan(about)
    sound = about.pop("sha256", None) == _digest(about, tensors)
    if plan is None or not sound or {name: values.shape for name, values in tensors.items()} != plan.shapes:
        raise ModelError(f"{path}: the network is damaged; get it again, or train it anew")
    return plan, tensors


def _digest(about: Mapping[str, Any], tensors: Mapping[str, np.ndarray]) -> str:
    """Return a hash of all that a file says."""
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(tensors[name]).tobytes())
    return found.hexdigest()


def _parsed(head: str) -> dict[str, Any]:
    """Return what a file says of itself, nothing if it makes no sense."""
    try:
        return dict(json.loads(head))
    except (TypeError, ValueError, RecursionError):
        return {}


def _plan(about: Mapping[str, Any]) -> Plan | None:
    """Return what a network is, None if it makes no sense."""
    try:
        styles, width = tuple(map(str, about["styles"])), int(about["width"])
        plan = Plan(styles, width, about["masks"] is True, dict(about["training"]))
    except (KeyError, TypeError, ValueError):
        return None
    return plan if styles and width > 0 else None
