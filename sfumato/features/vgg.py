"""VGG-19: the network whose activations measure content and style.

The weights are the original ones by Simonyan and Zisserman, which expect BGR values from 0 to 255, minus their mean.
This change of units is folded into the first convolution, so that everything else in sfumato uses RGB from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from sfumato import models
from sfumato.errors import ModelError, RecipeError

__all__ = [
    "BLOCKS",
    "LAYERS",
    "VGG19",
    "depth",
    "load",
    "nearest_layer",
    "radius",
    "stride",
]

#: Convolutions in each of the five blocks.
BLOCKS = (2, 2, 4, 4, 4)

#: Names of the layers, shallow to deep: ``relu{block}_{convolution}``.
LAYERS = tuple(f"relu{block}_{conv}" for block, n in enumerate(BLOCKS, start=1) for conv in range(1, n + 1))

Pooling = Literal["max", "average", "l2"]

_MEAN_BGR = (103.939, 116.779, 123.68)

# Averages are smaller than maxima; these factors restore the scale that the next convolution was trained on.
_POOL_GAIN = {"max": 1.0, "average": 2.0, "l2": 0.78}


@dataclass(frozen=True)
class VGG19:
    """The convolutions of VGG-19, run only as deep as needed.

    Parameters
    ----------
    weights : tuple of (Tensor, Tensor)
        Kernel (out, in, 3, 3) and bias (out,) of each convolution, shallow to deep. The first takes RGB in [0, 1].
    pooling : {"max", "average", "l2"}
        Pooling between blocks. The weights were trained with "max"; "average" and "l2" give a smoother look.

    Notes
    -----
    Each convolution replicates the border of what it sees. With zeros there, which mean dark surroundings to the
    network, a band along the border of the picture would be painted in other colors.
    Poolings round sizes up, so that no row or column of the picture is lost.
    """

    weights: tuple[tuple[Tensor, Tensor], ...] = field(repr=False)
    pooling: Pooling = "max"

    def __call__(self, picture: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        """Return the activations of a picture at the named layers.

        Parameters
        ----------
        picture : Tensor (1, 3, H, W)
            RGB in [0, 1].
        layers : iterable of str
            Names from `LAYERS`.

        Returns
        -------
        dict of str to Tensor
            Activation (1, C, h, w) for each name, in the precision of the weights.

        Raises
        ------
        RecipeError
            If a name is not a layer of VGG-19.
        """
        wanted = {check_layer(name) for name in layers}
        activations: dict[str, Tensor] = {}
        x, index = picture, 0
        for block, convolutions in enumerate(BLOCKS, start=1):
            if block > 1:
                x = self._pool(x)
            for conv in range(1, convolutions + 1):
                if len(activations) == len(wanted):
                    return activations
                kernel, bias = self.weights[index]
                if index == 1:
                    x = x.to(kernel.dtype)
                x = functional.pad(x, (1, 1, 1, 1), mode="replicate")
                x = functional.conv2d(x, kernel, bias).relu_()
                name = f"relu{block}_{conv}"
                if name in wanted:
                    activations[name] = x
                index += 1
        return activations

    def _pool(self, x: Tensor) -> Tensor:
        if self.pooling == "max":
            return functional.max_pool2d(x, 2, ceil_mode=True)
        gain = _POOL_GAIN[self.pooling]
        if self.pooling == "average":
            return functional.avg_pool2d(x, 2, ceil_mode=True) * gain
        squares = functional.avg_pool2d(x.square(), 2, ceil_mode=True) * 4
        return (squares + 1e-8).sqrt() * gain


def check_layer(name: str) -> str:
    """Return `name` if VGG-19 has such a layer, else raise a `RecipeError` that offers the nearest."""
    if name not in LAYERS:
        raise RecipeError(
            f"VGG-19 has no layer {name!r}; the nearest name is {nearest_layer(name)!r}"
            f" (layers run from {LAYERS[0]} to {LAYERS[-1]})"
        )
    return name


def nearest_layer(name: str) -> str:
    """Return the layer whose name is most like the given one.

    Examples
    --------
    >>> nearest_layer("conv4_2")
    'relu4_2'
    """
    from difflib import get_close_matches

    return get_close_matches(name, LAYERS, n=1, cutoff=0.0)[0]


def depth(layer: str) -> int:
    """Return the number of convolutions up to a layer, including it.

    Examples
    --------
    >>> depth("relu1_1"), depth("relu5_4")
    (1, 16)
    """
    return LAYERS.index(check_layer(layer)) + 1


def stride(layer: str) -> int:
    """Return the distance between neighboring positions of a layer, in pixels of the picture.

    Examples
    --------
    >>> stride("relu1_1"), stride("relu5_1")
    (1, 16)
    """
    return int(2 ** (int(check_layer(layer)[4]) - 1))


def radius(layer: str) -> int:
    """Return the radius of a layer's receptive field, in pixels of the picture.

    Examples
    --------
    >>> radius("relu1_1"), radius("relu5_1")
    (1, 78)
    """
    field_size = 1
    for name in LAYERS[: depth(layer)]:
        step = stride(name)
        if name.endswith("_1") and step > 1:
            field_size += step // 2
        field_size += 2 * step
    return field_size // 2


@lru_cache(maxsize=4)
def load(pooling: Pooling = "max", device: str = "cpu", precision: str = "float32") -> VGG19:
    """Load VGG-19 from the model store, fetching the weights at first use.

    Parameters
    ----------
    pooling : {"max", "average", "l2"}
        See `VGG19`.
    device : str
        A torch device name.
    precision : {"float32", "bfloat16"}
        Precision of all convolutions but the first, which reads the picture itself and stays in float32.

    Returns
    -------
    VGG19
        The same object for the same arguments.

    Raises
    ------
    ModelError
        If the weights cannot be fetched, or the file is not as expected.

    References
    ----------
    K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015.
    """
    archive = torch.load(models.path("vgg19"), map_location="cpu", weights_only=True)
    weights = []
    for block, convolutions in enumerate(BLOCKS, start=1):
        for conv in range(1, convolutions + 1):
            prefix = f"block{block}_conv{conv}"
            try:
                index, table = archive[f"{prefix}_W_q"], archive[f"{prefix}_W_table"]
                bias = archive[f"{prefix}_b"]
            except KeyError as error:
                raise ModelError(
                    f"the VGG-19 file has no entry {error}; remove it and fetch it again", command="models fetch vgg19"
                ) from error
            weights.append((table[index.long()].float(), bias.float()))
    weights[0] = _fold_units(*weights[0])
    placed = []
    for number, (kernel, bias) in enumerate(weights):
        dtype = torch.float32 if number == 0 else getattr(torch, precision)
        # The convolution kernels of CPU and GPU use channels last; this saves a reordering in each call.
        kernel = kernel.to(device, dtype).contiguous(memory_format=torch.channels_last)
        placed.append((kernel, bias.to(device, dtype)))
    return VGG19(tuple(placed), pooling)


def _fold_units(kernel: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Turn a first convolution for BGR in [0, 255], minus the mean, into one for RGB in [0, 1]."""
    mean = torch.tensor(_MEAN_BGR).view(1, 3, 1, 1)
    # Exact, because the border is replicated and not zero: every window contains only pixels.
    return kernel.flip(1) * 255.0, bias - (kernel * mean).sum((1, 2, 3))
