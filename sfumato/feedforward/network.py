"""A network that paints any photo in the styles it has learned, in one pass.

After Johnson, Alahi and Fei-Fei, "Perceptual losses for real-time style transfer and super-resolution", ECCV 2016, with
later improvements: instance normalization, followed by a scale and shift for each style (Dumoulin, Shlens and Kudlur,
"A learned representation for artistic style", 2017), and enlargement by repetition, which avoids the checkered patterns
of transposed convolutions.
"""

from __future__ import annotations

import math
import os
from typing import Self, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from sfumato.feedforward import sfm
from sfumato.feedforward.sfm import Layer, Plan

__all__ = ["EPSILON", "Network"]

#: Added to variances, so that a constant map stays finite.
EPSILON = 1e-5


class Network(nn.Module):
    """A 9 x 9 convolution, two that halve, five residual blocks, two that double, and another of 9 x 9.

    Parameters
    ----------
    plan : Plan
        Names of the styles, width, and whether there are masks.
    seed : int
        Seed of the initial weights.

    Examples
    --------
    >>> network = Network(Plan(styles=("a", "b"), width=2))
    >>> network(torch.rand(1, 3, 17, 30), torch.tensor([[0.5, 0.5]])).shape
    torch.Size([1, 3, 17, 30])
    """

    def __init__(self, plan: Plan, seed: int = 0) -> None:
        super().__init__()
        self.plan = plan
        generator = torch.Generator().manual_seed(seed)
        self.layers = nn.ModuleDict({layer.name: _Convolution(layer, len(plan.styles)) for layer in plan.layers})
        for layer in plan.layers:
            # PyTorch's initialization of convolutions, with a generator of its own.
            bound = 1 / math.sqrt(layer.takes * layer.side**2)
            nn.init.uniform_(self._layer(layer.name).kernel, -bound, bound, generator=generator)

    def forward(self, pictures: Tensor, weights: Tensor) -> Tensor:
        """Paint pictures of any size from 5 x 5 pixels.

        Parameters
        ----------
        pictures : Tensor (N, 3, H, W)
            sRGB in [0, 1]; if the plan has masks, (N, 4, H, W) with the mask last.
        weights : Tensor (N, styles)
            Weights of the styles for each picture, which should add up to 1.

        Returns
        -------
        Tensor (N, 3, H, W)
            sRGB in [0, 1].
        """
        x = pictures
        for name in ("first", "down1", "down2"):
            x = self._layer(name)(x, weights).relu()
        for number in range(1, 6):
            inner = self._layer(f"residual{number}a")(x, weights).relu()
            x = x + self._layer(f"residual{number}b")(inner, weights)
        for name in ("up1", "up2"):
            x = self._layer(name)(x, weights).relu()
        # Halving rounds up, so that sides may have become up to three pixels longer.
        height, width = pictures.shape[-2:]
        painted: Tensor = self._layer("last")(x, weights)
        return painted[..., :height, :width].sigmoid()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to a file, whole or not at all.

        Raises
        ------
        ModelError
            If a number in it is not finite.
        OutputError
            If the file cannot be written.
        """
        tensors = {name: values.detach().float().cpu().numpy() for name, values in self.layers.state_dict().items()}
        sfm.write(path, self.plan, tensors)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a network from a file.

        Raises
        ------
        ModelError
            If there is no such file, or it is not a network of sfumato, of another version, or damaged.
        """
        plan, tensors = sfm.read(path)
        network = cls(plan)
        network.layers.load_state_dict({name: torch.from_numpy(values.copy()) for name, values in tensors.items()})
        return network

    def _layer(self, name: str) -> _Convolution:
        return cast(_Convolution, self.layers[name])


class _Convolution(nn.Module):
    """A convolution and its normalization; the last has a bias instead."""

    def __init__(self, layer: Layer, styles: int) -> None:
        super().__init__()
        self.layer = layer
        self.kernel = nn.Parameter(torch.empty(layer.makes, layer.takes, layer.side, layer.side))
        if layer.name == "last":
            self.bias = nn.Parameter(torch.zeros(layer.makes))
        else:
            self.scale = nn.Parameter(torch.ones(styles, layer.makes))
            self.shift = nn.Parameter(torch.zeros(styles, layer.makes))

    def forward(self, x: Tensor, weights: Tensor) -> Tensor:
        """Return maps (N, C, h, w) for the styles of each picture."""
        if self.layer.enlarge > 1:
            x = functional.interpolate(x, scale_factor=float(self.layer.enlarge), mode="nearest")
        x = functional.pad(x, (self.layer.side // 2,) * 4, mode="reflect")
        if self.layer.name == "last":
            return functional.conv2d(x, self.kernel, self.bias)
        x = functional.instance_norm(functional.conv2d(x, self.kernel, stride=self.layer.stride), eps=EPSILON)
        return x * (weights @ self.scale)[..., None, None] + (weights @ self.shift)[..., None, None]
