"""Regions that keep histograms, and styles of which only the moments are known, against formulas in NumPy."""

import numpy as np
import pytest
import torch
from helpers import box, evaluated
from torch.nn import functional

from sfumato.features import carry
from sfumato.losses import moments
from sfumato.optimize import STYLE_LOSSES, StyledRegion, StyleTarget, Weights, region_objective

PLAIN = Weights({"relu1_1": 1.0, "relu2_1": 2.0}, "relu2_2", variation=0.0, style_loss="gram")


@pytest.fixture
def features(network, noise):
    """Features (n, C) of a picture at a layer."""

    def make(layer, size=(20, 26), seed=4, network=network):
        picture = noise(*size, seed).to(network.weights[0][0].dtype)
        return network(picture, [layer])[layer][0].flatten(1).T.clone()

    return make


# ---- histograms


def by_hand(network, picture, region, layer):
    """Of the positions at which the averaged mask is at least half of its greatest value."""
    mask = region.mask
    for _ in range(int(layer[4]) - 1):
        mask = functional.avg_pool2d(mask, 2, ceil_mode=True)
    chosen = (mask >= mask.max() / 2)[0, 0].numpy()
    seen = network(picture, [layer])[layer][0].double().numpy()[:, chosen].T
    target = region.histograms[layer].double().numpy()
    shares = (np.arange(len(seen)) + 0.5) / len(seen)
    wanted = np.quantile(target, shares, axis=0, method="hazen")
    return ((np.sort(seen, 0) - wanted) ** 2).mean(0).sum() / (target**2).mean(0).sum()


@pytest.mark.parametrize("tile", [640, 8])
def test_the_term_is_the_mean_over_layers_times_the_weight(network, noise, features, tile):
    """One layer is among those compared anyway, two are not; the mask is soft, and at most 0.7."""
    soft = 0.7 * noise(33, 46, 9, 1) / noise(33, 46, 9, 1).max() * box(33, 46, (2, 30), (0, 40))
    histograms = {name: features(name) for name in ("relu1_1", "relu1_2", "relu3_1")}
    style = {"a": (noise(24, 30, 1), 1.0)}
    region = StyledRegion("sky", soft, style, 2.0, 0.3, histograms, 0.6)
    objective = region_objective(network, noise(33, 46), [region], PLAIN, tile=tile)
    assert (len(objective.tiles) > 1) == (tile == 8)
    terms, _ = evaluated(objective, noise(33, 46, 7))
    expected = 0.6 / 3 * sum(by_hand(network, noise(33, 46, 7), region, name) for name in histograms)
    assert expected > 0.005
    assert terms["histogram"] == pytest.approx(expected, rel=1e-4)
    without, _ = evaluated(
        region_objective(network, noise(33, 46), [StyledRegion("sky", soft, style, 2.0, 0.3)], PLAIN), noise(33, 46, 7)
    )
    assert terms == pytest.approx({**without, "histogram": expected}, rel=1e-4)


def test_its_weight_is_1_when_none_is_given(network, noise, features):
    region = StyledRegion(
        "r", box(33, 46, (2, 30), (0, 40)), {"a": (noise(24, 30, 1), 1.0)}, histograms={"relu1_1": features("relu1_1")}
    )
    terms, _ = evaluated(region_objective(network, noise(33, 46), [region], PLAIN), noise(33, 46, 7))
    assert terms["histogram"] == pytest.approx(by_hand(network, noise(33, 46, 7), region, "relu1_1"), rel=1e-4)


def test_a_picture_has_its_own_histograms(network, noise):
    picture = noise(24, 30)
    histograms = {name: network(picture, [name])[name][0].flatten(1).T for name in ("relu1_1", "relu4_1")}
    region = StyledRegion("all", torch.ones(1, 1, 24, 30), {"a": (noise(24, 30, 1), 1.0)}, histograms=histograms)
    objective = region_objective(network, picture, [region], PLAIN)
    assert evaluated(objective, picture)[0]["histogram"] == pytest.approx(0, abs=1e-9)
    assert evaluated(objective, noise(24, 30, 7))[0]["histogram"] > 1e-3


def test_terms_carry_the_names_of_their_regions(network, noise, features):
    parts = [box(33, 46, (0, 16), (0, 46)), box(33, 46, (16, 25), (0, 46)), box(33, 46, (25, 33), (0, 46))]
    histograms = [{"relu1_1": features("relu1_1")}, {}, {"relu2_1": features("relu2_1")}]
    style = {"histogram": (noise(24, 30, 1), 1.0)}
    regions = [
        StyledRegion(name, mask, style, histograms=found)
        for name, mask, found in zip(("sky", "sea", "sky"), parts, histograms, strict=True)
    ]
    terms, _ = evaluated(region_objective(network, noise(33, 46), regions, PLAIN), noise(33, 46, 7))
    names = [f"{kind} [{region}]" for kind in ("content", "histogram (style)") for region in ("sky", "sea", "sky #2")]
    assert set(terms) == {*names, "histogram [sky]", "histogram [sky #2]"}
    for name, region in (("sky", regions[0]), ("sky #2", regions[2])):
        (layer,) = region.histograms
        expected = by_hand(network, noise(33, 46, 7), region, layer)
        assert terms[f"histogram [{name}]"] == pytest.approx(expected, rel=1e-4)


def test_a_style_of_that_name_is_told_from_the_term(network, noise, features):
    style = {"histogram": (noise(24, 30, 1), 1.0)}
    region = StyledRegion("all", torch.ones(1, 1, 33, 46), style, histograms={"relu1_1": features("relu1_1")})
    objective = region_objective(network, noise(33, 46), [region], PLAIN)
    terms, _ = evaluated(objective, noise(33, 46, 7))
    assert set(terms) == {"content", "histogram", "histogram (style)"}


@pytest.mark.parametrize("tile", [640, 8])
def test_the_gradient_agrees_with_differences(make_network, noise, features, tile):
    network = make_network("average", dtype=torch.float64)
    histograms = {name: features(name, network=network) for name in ("relu1_1", "relu2_1")}
    mask = box(24, 31, (3, 20), (4, 31))
    region = StyledRegion("r", mask, {"a": (noise(24, 30, 1).double(), 1.0)}, 0.0, 0.0, histograms)
    objective = region_objective(network, noise(24, 31).double(), [region], PLAIN, tile=tile)
    assert (len(objective.tiles) > 1) == (tile == 8)
    picture = noise(24, 31, 7).double()
    terms, gradient = evaluated(objective, picture)
    assert sum(terms.values()) == terms["histogram"] > 0.01
    largest = gradient.abs().max().item()
    for channel, i, j in [(0, 10, 10), (1, 3, 4), (2, 19, 30), (0, 12, 20), (1, 2, 15)]:
        step = torch.zeros_like(picture)
        step[0, channel, i, j] = 5e-4
        ends = [evaluated(objective, picture + sign * step)[0]["histogram"] for sign in (1, -1)]
        difference = (ends[0] - ends[1]) / 1e-3
        assert gradient[0, channel, i, j].item() == pytest.approx(difference, rel=0.02, abs=2e-3 * largest)


LAYOUTS = {
    "two regions, odd": ((59, 75), [((0, 30), (3, 40)), ((25, 59), (42, 75))]),
    "far corners": ((74, 65), [((0, 13), (0, 14)), ((60, 74), (50, 65))]),
    "one tile, last and cut off": ((75, 61), [((65, 75), (50, 61))]),
    "everything": ((69, 48), [((0, 69), (0, 48))]),
}


@pytest.mark.parametrize("layers", [("relu1_1", "relu2_1"), ("relu3_1",)])
@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_tiles_give_the_same_as_one_pass(make_network, noise, features, layout, layers):
    network = make_network(dtype=torch.float64)
    size, boxes = LAYOUTS[layout]
    weights = Weights(PLAIN.style_layers, "relu2_2", 0.5)
    photo, picture = noise(*size).double(), noise(*size, 7).double()
    styles = {"a": (noise(24, 30, 1).double(), 1.0)}
    histograms = {name: features(name, network=network) for name in layers}
    regions = [
        StyledRegion(
            str(n), (0.3 + 0.5 * noise(*size, 3, 1)) * box(*size, *part), styles, 1 + n, 0.4, histograms, 2 - n
        )
        for n, part in enumerate(boxes)
    ]
    once, tiled = (region_objective(network, photo, regions, weights, tile=tile) for tile in (640, 8))
    assert len(once.tiles) == 1
    assert tiled.tiles[0].window != once.tiles[0].window
    (terms, gradient), (tiled_terms, tiled_gradient) = (evaluated(objective, picture) for objective in (once, tiled))
    assert [name for name in terms if name.startswith("histogram")]
    assert tiled_terms == pytest.approx(terms, rel=1e-5, abs=1e-7)
    torch.testing.assert_close(tiled_gradient, gradient, rtol=1e-4, atol=1e-5 * gradient.abs().max().item())


# ---- known moments


def known(network, picture, layers, mask=None):
    masks = {} if mask is None else carry(mask, layers)
    return {name: moments(part, masks.get(name)) for name, part in network(picture, layers).items()}


@pytest.mark.parametrize("tile", [640, 8])
@pytest.mark.parametrize("style_loss", list(STYLE_LOSSES))
@pytest.mark.parametrize("part", [None, 0.8])
def test_known_moments_do_as_the_picture_they_come_from(make_network, noise, style_loss, part, tile):
    network = make_network(dtype=torch.float64)
    weights = Weights(PLAIN.style_layers, "relu2_2", 0.5, style_loss)
    picture, mask = noise(24, 30, 1).double(), None if part is None else box(24, 30, (3, 20), (4, 25), part)
    own = {"relu1_1": 1.0, "relu3_1": 0.5}
    found = []
    for forms in (lambda layers: picture, lambda layers: known(network, picture, layers, mask)):
        styles = {
            "a": StyleTarget(forms(PLAIN.style_layers), 3.0, mask),
            "b": StyleTarget(forms(own), 1.0, mask, own),
            "c": (noise(20, 20, 2).double(), 1.0),
        }
        region = StyledRegion("r", box(33, 46, (2, 30), (0, 40)), styles, 2.0)
        objective = region_objective(network, noise(33, 46).double(), [region], weights, tile=tile)
        found.append(evaluated(objective, noise(33, 46, 7).double()))
    assert found[0][0]["a"] > 5e-3
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-6)
    torch.testing.assert_close(found[1][1], found[0][1], rtol=1e-6, atol=1e-9)


def test_known_moments_are_no_business_of_the_network(network, noise):
    """They need not be those of any picture; the one of least loss has them."""
    picture = noise(33, 46, 7)
    mask = box(33, 46, (2, 30), (0, 40))
    styles = {"own": StyleTarget(known(network, picture, PLAIN.style_layers, mask))}
    objective = region_objective(network, noise(33, 46), [StyledRegion("r", mask, styles)], PLAIN)
    assert evaluated(objective, picture)[0]["own"] == pytest.approx(0, abs=1e-9)
    twice = {name: type(found)(2 * found.mean, 2 * found.gram) for name, found in styles["own"].picture.items()}
    doubled = StyledRegion("r", mask, {"own": StyleTarget(twice)})
    # |G - 2 G|² / |2 G|², the same at each layer.
    value = evaluated(region_objective(network, noise(33, 46), [doubled], PLAIN), picture)[0]["own"]
    assert value == pytest.approx(0.25, rel=1e-5)


def test_a_layer_where_nothing_is_left_of_a_region_has_no_histogram(make_network, noise):
    network = make_network()
    mask = torch.zeros(1, 1, 40, 40)
    mask[..., 10:14, 10:14] = 1
    # Nothing of it lies wholly inside what a deep position sees.
    weights = Weights({"relu1_1": 1.0}, "relu1_1", mask_mode="inside")
    region = StyledRegion(
        "a", mask, {"s": (noise(20, 20), 1.0)}, histograms={"relu2_2": torch.rand(5, network.weights[3][0].shape[0])}
    )
    terms = region_objective(network, noise(40, 40), [region], weights).evaluate(noise(40, 40).requires_grad_())
    assert "histogram" not in terms
