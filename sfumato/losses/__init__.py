"""Loss functions, one small module each; `sfumato.optimize.objective` adds them up."""

from sfumato.losses.content import ContentLoss
from sfumato.losses.gram import GramLoss
from sfumato.losses.histogram import HistogramLoss
from sfumato.losses.photorealism import PhotorealismLoss
from sfumato.losses.share import StyleShare, style_share
from sfumato.losses.similarity import SimilarityLoss
from sfumato.losses.statistics import Moments, moments
from sfumato.losses.temporal import squared_change
from sfumato.losses.transport import Transport
from sfumato.losses.variation import total_variation
from sfumato.losses.wasserstein import WassersteinLoss

__all__ = [
    "ContentLoss",
    "GramLoss",
    "HistogramLoss",
    "Moments",
    "PhotorealismLoss",
    "SimilarityLoss",
    "StyleShare",
    "Transport",
    "WassersteinLoss",
    "moments",
    "squared_change",
    "style_share",
    "total_variation",
]
