"""From a photo, regions and styles to the picture that the losses ask for."""

from sfumato.optimize.bilateral_grid import BilateralGrid, empty_grid
from sfumato.optimize.engine import ParameterizationAt, optimize
from sfumato.optimize.objective import STYLE_LOSSES, Objective, StyledRegion, StyleTarget, Weights
from sfumato.optimize.parameterization import Parameterization, Pixels, resize, to_image
from sfumato.optimize.pyramid import Level, pyramid
from sfumato.optimize.step import Step

__all__ = [
    "STYLE_LOSSES",
    "BilateralGrid",
    "Level",
    "Objective",
    "Parameterization",
    "ParameterizationAt",
    "Pixels",
    "Step",
    "StyleTarget",
    "StyledRegion",
    "Weights",
    "empty_grid",
    "optimize",
    "pyramid",
    "resize",
    "to_image",
]
