"""What both ways to harmonize share."""

from __future__ import annotations

from torch import Tensor

from sfumato.methods.optimization import Optimization
from sfumato.methods.problem import PreparedStyle
from sfumato.optimize import resize

__all__ = ["USUAL", "painting_at"]

#: The value of `painterly` at which the recipe's style weight is used unchanged.
USUAL = 5.0


def painting_at(optimization: Optimization, style: PreparedStyle, scale: float) -> tuple[Tensor, Tensor | None]:
    """Return the painting at a level's scale, and the part of it that may be used, if not all."""
    size = style.size(scale)
    allowed = None if style.mask is None else resize(optimization.tensor(style.mask[..., None]), *size)
    return resize(optimization.tensor(style.picture), *size), allowed
