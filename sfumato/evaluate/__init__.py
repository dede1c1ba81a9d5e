"""How good a result is, in numbers that agree with the eye."""

from sfumato.evaluate.colors import color_distance
from sfumato.evaluate.noise import noise
from sfumato.evaluate.seams import Seam, seam
from sfumato.evaluate.structure import structure
from sfumato.evaluate.style import style_distance

__all__ = ["Seam", "color_distance", "noise", "seam", "structure", "style_distance"]
