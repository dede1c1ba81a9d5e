"""The seam between the photo and the styled picture."""

from sfumato.blend.alpha import Edge, compose, feather, reach
from sfumato.blend.detail import enlarge
from sfumato.blend.mrf import mrf, smooth
from sfumato.blend.poisson import poisson
from sfumato.blend.seam import BLENDS, Blend, seam

__all__ = ["BLENDS", "Blend", "Edge", "compose", "enlarge", "feather", "mrf", "poisson", "reach", "seam", "smooth"]
