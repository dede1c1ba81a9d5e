"""What many tests use, and is no fixture."""

from unittest import mock

from sfumato.compute.device import Machine
from sfumato.methods.prepare import HALO
from sfumato.methods.run import METHODS

__all__ = ["prepared"]


def prepared(recipe, photo, *, halo=HALO, folder=None):
    """The problem that a recipe makes of a photo (a Picture), with a halo of so many pixels."""
    with mock.patch("sfumato.methods.prepare.HALO", halo):
        return METHODS[recipe.method].prepare(recipe, photo, Machine(), folder)
