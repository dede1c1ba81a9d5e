"""How good a result is, in numbers that agree with the eye."""

from sfumato.evaluate.seams import Seam, seam

__all__ = ["Seam", "seam"]
