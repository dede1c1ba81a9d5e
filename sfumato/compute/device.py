"""The device and the precision to compute with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch

from sfumato.errors import DeviceError

__all__ = ["Machine", "choose_device", "choose_precision", "native_bfloat16"]


@dataclass(frozen=True)
class Machine:
    """What a run computes with; not part of a recipe, which may run on any device.

    Attributes
    ----------
    device : str
        A torch device name.
    precision : str
        Precision of the network: "float32" or "bfloat16".
    """

    device: str = "cpu"
    precision: str = "float32"

    @classmethod
    def choose(cls, device: str = "auto", precision: str = "auto") -> Self:
        """Choose a device and a precision that are available.

        Parameters
        ----------
        device : str
            "auto", "cpu", "cuda" or "cuda:N".
        precision : str
            "auto", "float32" or "bfloat16".

        Raises
        ------
        DeviceError
            If the device or the precision is not available.

        Examples
        --------
        >>> Machine.choose("cpu", "float32")
        Machine(device='cpu', precision='float32')
        """
        device = choose_device(device)
        return cls(device, choose_precision(precision, device))


def choose_device(name: str) -> str:
    """Replace "auto" by an available device, and refuse one that is not available.

    Parameters
    ----------
    name : str
        "auto", "cpu", "cuda" or "cuda:N".

    Returns
    -------
    str
        A torch device name.

    Raises
    ------
    DeviceError
        If the device is not available.

    Examples
    --------
    >>> choose_device("cpu")
    'cpu'
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda"):
        count = torch.cuda.device_count()
        number = int(name.partition(":")[2] or 0)
        if number >= count:
            found = f"only {count} of them" if count else "none"
            raise DeviceError(f"device {name!r} is not there: PyTorch finds {found}; choose cpu or auto")
    elif name != "cpu":
        raise DeviceError(f"no device is called {name!r}; use auto, cpu, cuda or cuda:N")
    return name


def choose_precision(name: str, device: str) -> str:
    """Replace "auto" by bfloat16 if the device supports it in hardware, and by float32 otherwise.

    Raises
    ------
    DeviceError
        If the precision does not exist.

    Examples
    --------
    >>> choose_precision("float32", "cpu")
    'float32'
    """
    if name not in ("auto", "float32", "bfloat16"):
        raise DeviceError(f"no precision is called {name!r}; use auto, float32 or bfloat16")
    if name == "auto":
        return "bfloat16" if native_bfloat16(device) else "float32"
    return name


def native_bfloat16(device: str = "cpu") -> bool:
    """Tell whether a device computes bfloat16 convolutions in hardware.

    Examples
    --------
    >>> isinstance(native_bfloat16(), bool)
    True
    """
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported())
    supported = getattr(torch.backends.cpu, "get_cpu_capability", lambda: "")()
    return "AVX512" in supported and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
