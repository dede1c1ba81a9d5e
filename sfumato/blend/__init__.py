"""The seam between the photo and the styled picture."""

from sfumato.blend.alpha import Edge, compose, feather, reach
from sfumato.blend.detail import enlarge

__all__ = ["Edge", "compose", "enlarge", "feather", "reach"]
