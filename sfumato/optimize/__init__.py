"""From a photo, regions and styles to the picture that the losses ask for."""

from sfumato.optimize.canvas import Canvas, Pixels, resize, to_image
from sfumato.optimize.engine import CanvasAt, optimize
from sfumato.optimize.grid import ColorGrid, empty_grid
from sfumato.optimize.objective import STYLE_LOSSES, Objective, StyledRegion, StyleTarget, Weights
from sfumato.optimize.pyramid import Level, pyramid
from sfumato.optimize.step import Step

__all__ = [
    "STYLE_LOSSES",
    "Canvas",
    "CanvasAt",
    "ColorGrid",
    "Level",
    "Objective",
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
