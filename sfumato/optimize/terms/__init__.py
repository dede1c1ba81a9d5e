"""What an objective is a sum of, a module each. A new term is a module, and a line where a method lists its terms."""

from sfumato.optimize.terms.content import ContentTerm, SimilarityTerm
from sfumato.optimize.terms.histogram import HistogramTerm
from sfumato.optimize.terms.picture import PictureTerm
from sfumato.optimize.terms.style import STYLE_LOSSES, StyleLoss, StyleTerm
from sfumato.optimize.terms.term import Activations, Term

__all__ = [
    "STYLE_LOSSES",
    "Activations",
    "ContentTerm",
    "HistogramTerm",
    "PictureTerm",
    "SimilarityTerm",
    "StyleLoss",
    "StyleTerm",
    "Term",
]
