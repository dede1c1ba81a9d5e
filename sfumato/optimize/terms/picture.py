"""Terms of the pixels themselves."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from sfumato.optimize.terms.term import Term

__all__ = ["PictureTerm"]


class PictureTerm(Term):
    """A weighted function of the picture, such as its total variation.

    Parameters
    ----------
    name : str
        Name in reports.
    weight : float
        Weight of the term.
    function : callable
        Returns a scalar for a picture (1, 3, H, W).
    """

    def __init__(self, name: str, weight: float, function: Callable[[Tensor], Tensor]) -> None:
        self.name, self.weight, self.function = name, weight, function

    def of_picture(self, picture: Tensor) -> dict[str, Tensor]:
        """Return the weighted value."""
        return {self.name: self.weight * self.function(picture)}
