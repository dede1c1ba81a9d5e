"""Measures of how good a result is, which agree with what people see."""

from sfumato.metrics.causes import halo, stray_hue
from sfumato.metrics.colors import color_distance
from sfumato.metrics.faces import FaceKept, faces
from sfumato.metrics.noise import noise
from sfumato.metrics.opacity import show_through
from sfumato.metrics.seams import Seam, seam
from sfumato.metrics.share import share_distance
from sfumato.metrics.steadiness import SourceMotion, flow_difference, source_motion, warping_error
from sfumato.metrics.stretch import color_stretch
from sfumato.metrics.structure import structure
from sfumato.metrics.style import style_distance

__all__ = [
    "FaceKept",
    "Seam",
    "SourceMotion",
    "color_distance",
    "color_stretch",
    "faces",
    "flow_difference",
    "halo",
    "noise",
    "seam",
    "share_distance",
    "show_through",
    "source_motion",
    "stray_hue",
    "structure",
    "style_distance",
    "warping_error",
]
