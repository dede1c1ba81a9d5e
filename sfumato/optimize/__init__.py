"""Optimization: minimize the losses of a picture, given a photo, regions and styles."""

from sfumato.optimize.bilateral_grid import BilateralGrid, empty_grid
from sfumato.optimize.engine import ParameterizationAt, optimize
from sfumato.optimize.objective import Objective
from sfumato.optimize.parameterization import Parameterization, Pixels, resize, to_image
from sfumato.optimize.pyramid import Level, pyramid
from sfumato.optimize.regions import StyledRegion, StyleTarget, Weights, region_objective
from sfumato.optimize.statistics import StyleStatistics, region_moments
from sfumato.optimize.step import Step
from sfumato.optimize.terms import STYLE_LOSSES, Content, PictureTerm, Term

__all__ = [
    "STYLE_LOSSES",
    "BilateralGrid",
    "Content",
    "Level",
    "Objective",
    "Parameterization",
    "ParameterizationAt",
    "PictureTerm",
    "Pixels",
    "Step",
    "StyleStatistics",
    "StyleTarget",
    "StyledRegion",
    "Term",
    "Weights",
    "empty_grid",
    "optimize",
    "pyramid",
    "region_moments",
    "region_objective",
    "resize",
    "to_image",
]
