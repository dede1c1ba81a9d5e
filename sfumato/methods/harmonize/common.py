"""What both ways to harmonize share."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from sfumato.features import carry, stride
from sfumato.methods.optimization import Optimization
from sfumato.methods.problem import PreparedStyle
from sfumato.optimize import resize

__all__ = ["HISTOGRAM_WEIGHT", "USUAL", "features_of", "painting_at", "restrained"]

#: The value of `painterly` at which the recipe's style weight is used unchanged.
USUAL = 5.0

# Layers of the histogram loss.
_HISTOGRAMS = ("relu1_1", "relu4_1")

#: Weight of the histogram loss relative to that of the style.
HISTOGRAM_WEIGHT = 0.3

# Stride of the layers that see whole objects of a painting: all that are deeper than relu4_1.
_DEEPEST = 16


def painting_at(optimization: Optimization, style: PreparedStyle, scale: float) -> tuple[Tensor, Tensor | None]:
    """Return the painting at a level's scale, and the part of it that may be used, if not all."""
    size = style.size(scale)
    allowed = None if style.mask is None else resize(optimization.tensor(style.mask[..., None]), *size)
    return resize(optimization.tensor(style.picture), *size), allowed


def restrained(layers: Mapping[str, float], factor: float) -> dict[str, float]:
    """Multiply the weights of layers that see whole objects of the painting, which must not appear in this one."""
    return {name: weight * (factor if stride(name) >= _DEEPEST else 1) for name, weight in layers.items()}


@torch.no_grad()
def features_of(optimization: Optimization, painting: Tensor, used: Tensor) -> dict[str, Tensor]:
    """Return the features (n, C) of the used part of a painting, for the histogram loss."""
    activations, masks = optimization.network(painting, _HISTOGRAMS), carry(used, _HISTOGRAMS)
    found = {}
    for name, part in activations.items():
        carried = masks[name][0, 0]
        found[name] = part[0].movedim(0, -1)[carried >= min(0.5, float(carried.max()))]
    return found
