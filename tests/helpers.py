"""What many tests use, and is no fixture."""

from types import SimpleNamespace
from unittest import mock

from sfumato.compute.device import Machine
from sfumato.methods.prepare import HALO
from sfumato.methods.run import METHODS
from sfumato.optimize import region_objective

__all__ = ["objectives_of", "prepared"]


def prepared(recipe, photo, *, halo=HALO, folder=None):
    """The problem that a recipe makes of a photo (a Picture), with a halo of so many pixels."""
    with mock.patch("sfumato.methods.prepare.HALO", halo):
        return METHODS[recipe.method].prepare(recipe, photo, Machine(), folder)


def objectives_of(monkeypatch, module):
    """A list that fills with what a method asks its objectives for: network, photo, regions, weights."""
    found = []

    def watched(network, photo, regions, weights, **more):
        found.append(SimpleNamespace(network=network, photo=photo, regions=regions, weights=weights, **more))
        return region_objective(network, photo, regions, weights, **more)

    monkeypatch.setattr(module, "region_objective", watched)
    return found
