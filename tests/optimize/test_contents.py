"""What a region, or a part of it, is to be near."""

import pytest
import torch
from helpers import box, evaluated

from sfumato.features import carry
from sfumato.optimize import Content, StyledRegion, Weights, region_objective

LAYERS = ("relu1_2", "relu2_2")
SIZE = (41, 54)
REGION = box(*SIZE, (3, 36), (2, 50), 0.8)
PART = box(*SIZE, (10, 30), (6, 29), 0.5) + box(*SIZE, (12, 20), (30, 44))


def weights(mode="area"):
    """Without a style or variation to speak of."""
    return Weights({"relu1_1": 1.0}, "relu2_2", mask_mode=mode)


@pytest.fixture
def objective(network, noise):
    """An objective of a region with contents, in tiles of at most so many pixels."""

    def make(contents, *, mode="area", tile=768):
        region = StyledRegion("r", REGION, {"a": (noise(24, 30, 1), 1.0)}, 0.0, 2.0, contents=contents)
        return region_objective(network, noise(*SIZE), [region], weights(mode), tile=tile)

    return make


def content_of(objective, picture):
    return evaluated(objective, picture)[0]["content"]


@pytest.mark.parametrize("mode", ["area", "inside", "receptive"])
def test_the_distance_counts_where_region_and_part_are(network, noise, objective, mode):
    targets, picture = network(noise(*SIZE, 4), LAYERS), noise(*SIZE, 7)
    found = content_of(objective([Content(layer, targets[layer], 0.7, PART) for layer in LAYERS], mode=mode), picture)
    expected, seen = 0.0, network(picture, LAYERS)
    for layer in LAYERS:
        region, part = (carry(mask, [layer], mode=mode)[layer][0, 0] for mask in (REGION, PART))
        distance = energy = 0.0
        for i in range(region.shape[0]):
            for j in range(region.shape[1]):
                own, wanted = seen[layer][0, :, i, j].double(), targets[layer][0, :, i, j].double()
                distance += float(region[i, j] * part[i, j] * (own - wanted).square().sum())
                energy += float(region[i, j] * part[i, j] * wanted.square().sum())
        expected += 2.0 * 0.7 * distance / energy
    assert found == pytest.approx(expected, rel=1e-3)


def test_a_part_that_is_everything_is_no_part(network, noise, objective):
    target, picture = network(noise(*SIZE, 4), LAYERS)["relu2_2"], noise(*SIZE, 7)
    plain, all_of_it = (
        content_of(objective([Content("relu2_2", target, 1.0, mask)]), picture)
        for mask in (None, torch.ones(1, 1, *SIZE))
    )
    assert all_of_it == pytest.approx(plain, rel=1e-6)


def test_a_part_outside_the_region_costs_nothing(network, noise, objective):
    target, outside = network(noise(*SIZE, 4), LAYERS)["relu2_2"], box(*SIZE, (38, 41), (0, 54))
    assert content_of(objective([Content("relu2_2", target, 1.0, outside)]), noise(*SIZE, 7)) == 0


@pytest.mark.parametrize("mode", ["area", "inside", "receptive"])
def test_tiles_give_the_same_as_one_pass(network, noise, objective, mode):
    targets, picture = network(noise(*SIZE, 4), LAYERS), noise(*SIZE, 7)
    contents = [Content(layer, targets[layer], 0.7, PART) for layer in LAYERS]
    contents.append(Content("relu2_2", targets["relu2_2"]))
    once, tiled = (objective(contents, mode=mode, tile=tile) for tile in (768, 8))
    assert len(once.tiles) == 1 < len(tiled.tiles)
    (terms, gradient), (tiled_terms, tiled_gradient) = (evaluated(each, picture) for each in (once, tiled))
    assert tiled_terms == pytest.approx(terms, rel=1e-4)
    torch.testing.assert_close(tiled_gradient, gradient, rtol=1e-3, atol=1e-5 * gradient.abs().max().item())
