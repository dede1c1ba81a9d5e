"""Files of trained networks. Reading one never runs code from it."""

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

# All metadata is one JSON text, since safetensors writes several entries in random order.
_HEAD, _VERSION = "sfumato network", 1


class Layer(NamedTuple):
    """A convolution: number of input and output maps, side of the kernel, and change of size."""

    name: str
    takes: int
    makes: int
    side: int
    stride: int = 1
    enlarge: int = 1


@dataclass(frozen=True)
class Plan:
    """Description of a network, without its weights.

    Attributes
    ----------
    styles : tuple of str
        Names of the styles, in the order of their weights.
    width : int
        Number of maps in the first layer; inner layers have two or four times as many.
    masks : bool
        Whether the network takes a mask as a fourth channel.
    training : mapping
        How the network was trained.
    """

    styles: tuple[str, ...]
    width: int = 32
    masks: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The convolutions in order; those of residual block n are named "residual{n}a" and "residual{n}b"."""
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
        """The shape of each tensor: kernels, the last bias, and the scale and shift of each style."""
        found: dict[str, tuple[int, ...]] = {}
        for layer in self.layers:
            found[f"{layer.name}.kernel"] = layer.makes, layer.takes, layer.side, layer.side
            if layer.name == "last":
                found["last.bias"] = (layer.makes,)
            else:
                found |= {f"{layer.name}.{kind}": (len(self.styles), layer.makes) for kind in ("scale", "shift")}
        return found


def write(path: str | os.PathLike[str], plan: Plan, tensors: Mapping[str, np.ndarray]) -> None:
    """Write the file of a network, whole or not at all.

    Parameters
    ----------
    path : path
        File to write; an existing one is replaced.
    plan : Plan
        Description of the network.
    tensors : mapping of str to ndarray of float32
        Tensors by name, with the shapes in ``plan.shapes``.

    Raises
    ------
    ModelError
        If a value is not finite, because the training failed.
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
    """Read the file of a network.

    Parameters
    ----------
    path : path
        File written by `write`.

    Returns
    -------
    Plan
        Description of the network.
    dict of str to ndarray of float32
        Tensors by name, with the shapes in ``plan.shapes``.

    Raises
    ------
    ModelError
        If the file does not exist, is damaged, is not a network of sfumato, or has another version.

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
            # NumPy lacks some of the types that such a file may contain; a network contains float32 only.
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
    """Return a hash of the metadata and the tensors."""
    found = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(name.encode() + b"\0" + np.ascontiguousarray(tensors[name]).tobytes())
    return found.hexdigest()


def _parsed(head: str) -> dict[str, Any]:
    """Parse the metadata of a file; empty if it is invalid."""
    try:
        return dict(json.loads(head))
    except (TypeError, ValueError, RecursionError):
        return {}


def _plan(about: Mapping[str, Any]) -> Plan | None:
    """Return the description of a network, or None if it is invalid."""
    try:
        styles, width = tuple(map(str, about["styles"])), int(about["width"])
        plan = Plan(styles, width, about["masks"] is True, dict(about["training"]))
    except (KeyError, TypeError, ValueError):
        return None
    return plan if styles and width > 0 else None
