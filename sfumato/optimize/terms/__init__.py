"""The terms of an objective, one module each. To add a term, write a module and list the term in a method."""

from sfumato.optimize.terms.content import Content, ContentTerm, SimilarityTerm
from sfumato.optimize.terms.histogram import HistogramTerm
from sfumato.optimize.terms.picture import PictureTerm
from sfumato.optimize.terms.style import STYLE_LOSSES, StyleLoss, StyleTerm
from sfumato.optimize.terms.term import Activations, Term

__all__ = [
    "STYLE_LOSSES",
    "Activations",
    "Content",
    "ContentTerm",
    "HistogramTerm",
    "PictureTerm",
    "SimilarityTerm",
    "StyleLoss",
    "StyleTerm",
    "Term",
]
