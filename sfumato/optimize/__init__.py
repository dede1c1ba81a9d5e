"""From a photo, regions and styles to the picture that the losses ask for."""

from sfumato.optimize.engine import optimize, resize, to_image
from sfumato.optimize.objective import STYLE_LOSSES, Objective, StyledRegion, StyleTarget, Weights
from sfumato.optimize.pyramid import Level, pyramid
from sfumato.optimize.step import Step

__all__ = [
    "STYLE_LOSSES",
    "Level",
    "Objective",
    "Step",
    "StyleTarget",
    "StyledRegion",
    "Weights",
    "optimize",
    "pyramid",
    "resize",
    "to_image",
]
