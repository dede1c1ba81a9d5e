"""A small network for the measures that look through one."""

import pytest
import torch

from sfumato import features
from sfumato.features import BLOCKS, VGG19


@pytest.fixture
def network(monkeypatch):
    """A small network of random weights, in place of the real one."""
    generator, weights, before = torch.Generator().manual_seed(0), [], 3
    for width, convolutions in zip((6, 8, 8, 8, 8), BLOCKS, strict=True):
        for _ in range(convolutions):
            kernel = torch.randn(width, before, 3, 3, generator=generator) * (2 / (9 * before)) ** 0.5
            weights.append((kernel, 0.1 * torch.randn(width, generator=generator)))
            before = width
    made = VGG19(tuple(weights))
    monkeypatch.setattr(features, "load", lambda: made)
    return made
