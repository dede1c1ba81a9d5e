"""What a good picture is, one small term a module; `sfumato.optimize.objective` adds them."""

from sfumato.losses.content import ContentLoss
from sfumato.losses.gram import GramLoss
from sfumato.losses.statistics import Moments, moments
from sfumato.losses.variation import total_variation
from sfumato.losses.wasserstein import WassersteinLoss

__all__ = ["ContentLoss", "GramLoss", "Moments", "WassersteinLoss", "moments", "total_variation"]
