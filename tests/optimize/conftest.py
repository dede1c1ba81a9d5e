"""A small VGG-19 of random weights: fast, needs no file, and as good for all that is tested here."""

import pytest
import torch

from sfumato.features import BLOCKS, VGG19


@pytest.fixture(scope="session")
def make_network():
    def make(pooling="max", channels=(6, 8, 8, 8, 8), dtype=torch.float32, seed=0):
        generator = torch.Generator().manual_seed(seed)
        weights, before = [], 3
        for width, convolutions in zip(channels, BLOCKS, strict=True):
            for _ in range(convolutions):
                # He's scale, so that deep layers are neither dead nor huge.
                kernel = torch.randn(width, before, 3, 3, generator=generator) * (2 / (9 * before)) ** 0.5
                bias = 0.1 * torch.randn(width, generator=generator)
                weights.append((kernel.to(dtype), bias.to(dtype)))
                before = width
        return VGG19(tuple(weights), pooling)

    return make


@pytest.fixture(scope="session")
def network(make_network):
    return make_network()


@pytest.fixture(scope="session")
def noise():
    """Pictures (1, channels, h, w) of smooth noise."""

    def make(height, width, seed=0, channels=3):
        generator = torch.Generator().manual_seed(seed)
        rough = torch.rand(1, channels, -(-height // 2), -(-width // 2), generator=generator)
        return torch.nn.functional.interpolate(rough, size=(height, width), mode="bilinear", align_corners=False)

    return make
