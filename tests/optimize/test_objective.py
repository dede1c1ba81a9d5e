import itertools

import numpy as np
import pytest
import torch
from helpers import box, evaluated
from torch.nn import functional

from sfumato.errors import RecipeError, RegionError
from sfumato.features import LAYERS, VGG19
from sfumato.optimize import (
    STYLE_LOSSES,
    PictureTerm,
    StyledRegion,
    StyleStatistics,
    StyleTarget,
    Term,
    Weights,
    region_objective,
)

SHALLOW = Weights({"relu1_1": 1.0, "relu2_1": 2.0}, "relu2_2", variation=0.5, style_loss="gram")
DEEP = Weights({"relu1_1": 1.0, "relu3_1": 3.0, "relu5_1": 0.5}, "relu4_2", variation=0.3, style_loss="gram")


def halved(values):
    """Mean of each 2×2 block of what there is; written without any pooling."""
    values = functional.pad(values, (0, values.shape[-1] % 2, 0, values.shape[-2] % 2), value=torch.nan)
    return torch.stack([values[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]).nanmean(0)


def mask_at(mask, layer):
    for _ in range(int(layer[4]) - 1):
        mask = halved(mask)
    return mask[0, 0].double()


def gram(activation, mask=None):
    values = activation[0].double()
    mask = torch.ones_like(values[0]) if mask is None else mask
    return torch.einsum("aij,bij,ij->ab", values, values, mask) / mask.sum()


def loss_by_hand(network, photo, regions, weights, picture):
    """METHODS §0 for Gram matrices and area masks, in double precision, as a tensor that has a gradient."""
    layers = {*weights.style_layers, weights.content_layer}
    seen, own = network(picture, layers), network(photo, layers)
    total = torch.zeros((), dtype=torch.float64)
    layer_sum = sum(weights.style_layers.values())
    for region in regions:
        style_sum = sum(weight for _, weight in region.styles.values())
        for style, weight in region.styles.values():
            target = network(style, layers)
            for layer, layer_weight in weights.style_layers.items():
                g, a = gram(seen[layer], mask_at(region.mask, layer)), gram(target[layer])
                share = region.style_weight * weight / style_sum * layer_weight / layer_sum
                total = total + share * (g - a).square().sum() / a.square().sum()
        mask = mask_at(region.mask, weights.content_layer)
        f, p = (x[weights.content_layer][0].double() for x in (seen, own))
        total = total + region.content_weight * ((f - p).square() * mask).sum() / (p.square() * mask).sum()
    union = torch.stack([region.mask for region in regions]).amax(0)[0, 0].double()
    x = picture[0].double()
    down = ((x[:, 1:] - x[:, :-1]).square() * torch.minimum(union[1:], union[:-1])).sum()
    right = ((x[:, :, 1:] - x[:, :, :-1]).square() * torch.minimum(union[:, 1:], union[:, :-1])).sum()
    return total + weights.variation * (down + right) / union.sum()


@pytest.fixture
def regions(noise):
    """Two regions, one soft and in two styles."""
    height, width = 33, 46
    soft = 0.7 * noise(height, width, 9, 1) * box(height, width, (2, 20), (0, 40))
    first = StyledRegion("sky", soft, {"a": (noise(24, 30, 1), 1.0), "b": (noise(20, 20, 2), 3.0)}, 2.0, 0.3)
    second = StyledRegion("sea", box(height, width, (18, 33), (5, 46)), {"a": (noise(24, 30, 1), 1.0)}, 0.5, 1.0)
    return [first, second]


def test_the_terms_sum_to_the_loss_and_the_gradient_is_its_own(network, noise, regions):
    photo, picture = noise(33, 46), noise(33, 46, 7).requires_grad_()
    expected = loss_by_hand(network, photo, regions, SHALLOW, picture)
    expected.backward()
    terms, gradient = evaluated(region_objective(network, photo, regions, SHALLOW), picture.detach())
    assert set(terms) == {"a [sky]", "b [sky]", "a [sea]", "content [sky]", "content [sea]", "variation"}
    assert min(terms.values()) > 1e-4
    assert sum(terms.values()) == pytest.approx(expected.item(), rel=1e-4)
    torch.testing.assert_close(gradient, picture.grad, rtol=1e-3, atol=1e-4 * gradient.abs().max().item())


def test_one_region_needs_no_name_in_the_terms(network, noise):
    region = StyledRegion("sky", torch.ones(1, 1, 33, 46), {"a.png": (noise(24, 30, 1), 1.0)})
    terms, _ = evaluated(region_objective(network, noise(33, 46), [region], SHALLOW), noise(33, 46, 7))
    assert set(terms) == {"content", "a.png", "variation"}


def test_the_gradient_is_added_to_what_is_there(network, noise, regions):
    objective = region_objective(network, noise(33, 46), regions, SHALLOW)
    picture = noise(33, 46, 7).requires_grad_()
    objective.evaluate(picture)
    once = picture.grad.clone()
    objective.evaluate(picture)
    torch.testing.assert_close(picture.grad, 2 * once, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("style_loss", list(STYLE_LOSSES))
@pytest.mark.parametrize("tile", [768, 8])
def test_the_gradient_agrees_with_differences(make_network, noise, style_loss, tile):
    network = make_network("average", dtype=torch.float64)
    weights = Weights({"relu1_1": 1.0, "relu2_1": 1.0}, "relu2_1", variation=0.5, style_loss=style_loss)
    region = StyledRegion("r", box(24, 31, (3, 20), (4, 31)), {"a": (noise(24, 30, 1).double(), 1.0)})
    objective = region_objective(network, noise(24, 31).double(), [region], weights, tile=tile)
    picture = noise(24, 31, 7).double()
    _, gradient = evaluated(objective, picture)
    largest = gradient.abs().max().item()
    for channel, i, j in [(0, 10, 10), (1, 3, 4), (2, 19, 30), (0, 12, 20), (1, 2, 15)]:
        step = torch.zeros_like(picture)
        step[0, channel, i, j] = 3e-3
        ends = [sum(evaluated(objective, picture + sign * step)[0].values()) for sign in (1, -1)]
        difference = (ends[0] - ends[1]) / 6e-3
        assert gradient[0, channel, i, j].item() == pytest.approx(difference, rel=0.02, abs=2e-3 * largest)


def test_beyond_the_reach_of_the_masks_the_gradient_is_0(network, noise):
    mask = box(60, 70, (20, 36), (24, 40))
    region = StyledRegion("r", mask, {"a": (noise(24, 30, 1), 1.0)})
    _, gradient = evaluated(region_objective(network, noise(60, 70), [region], SHALLOW), noise(60, 70, 7))
    reach = 8  # relu2_2 sees 14 pixels, 6 beyond its own 2.
    beyond = torch.ones(60, 70, dtype=bool)
    beyond[20 - reach : 36 + reach, 24 - reach : 40 + reach] = False
    assert (gradient[..., beyond] == 0).all()
    assert (gradient[..., 20:36, 24:40] != 0).any()


LAYOUTS = {
    "two regions, odd": ((59, 75), [((0, 30), (3, 40)), ((25, 59), (42, 75))]),
    "far corners": ((74, 65), [((0, 13), (0, 14)), ((60, 74), (50, 65))]),
    "all in one tile": ((74, 65), [((33, 47), (17, 31))]),
    "one tile, last and cut off": ((75, 61), [((65, 75), (50, 61))]),
    "everything": ((47, 48), [((0, 47), (0, 48))]),
}


@pytest.fixture(scope="module")
def exact(make_network):
    """In double precision, so that only mistakes are left as differences."""
    return make_network(dtype=torch.float64)


def agree(once, tiled, picture):
    terms, gradient = evaluated(once, picture)
    tiled_terms, tiled_gradient = evaluated(tiled, picture)
    assert tiled_terms == pytest.approx(terms, rel=1e-5, abs=1e-7)
    torch.testing.assert_close(tiled_gradient, gradient, rtol=1e-4, atol=1e-6 * gradient.abs().max().item())


@pytest.mark.parametrize("style_loss", list(STYLE_LOSSES))
@pytest.mark.parametrize("mode", ["area", "inside", "receptive"])
@pytest.mark.parametrize("layout", list(LAYOUTS))
def test_tiles_give_the_same_as_one_pass(exact, noise, layout, mode, style_loss):
    size, boxes = LAYOUTS[layout]
    weights = Weights({"relu1_1": 1.0, "relu2_1": 2.0}, "relu2_2", 0.5, style_loss, mode)
    photo, picture = noise(*size).double(), noise(*size, 7).double()
    styles = {"a": (noise(24, 30, 1).double(), 1.0), "b": (noise(20, 20, 2).double(), 2.0)}
    regions = [StyledRegion(str(n), box(*size, *part, 0.8), styles, 1 + n, 0.4) for n, part in enumerate(boxes)]
    once, tiled = (region_objective(exact, photo, regions, weights, tile=tile) for tile in (768, 16))
    assert len(once.tiles) == 1
    assert once.tiles[0].window == (slice(0, size[0]), slice(0, size[1]))
    assert tiled.tiles[0].window != once.tiles[0].window
    agree(once, tiled, picture)


@pytest.mark.parametrize("pooling", ["max", "average"])
def test_tiles_give_the_same_as_one_pass_in_the_deepest_layers(make_network, noise, pooling):
    network = make_network(pooling, dtype=torch.float64)
    size = (185, 211)
    photo, picture = noise(*size).double(), noise(*size, 7).double()
    styles = {"a": (noise(64, 50, 1).double(), 1.0)}
    regions = [
        StyledRegion("wide", box(*size, (5, 33), (0, 211)), styles),
        StyledRegion("small", box(*size, (150, 185), (170, 211)), styles, 2.0),
    ]
    once, tiled = (region_objective(network, photo, regions, DEEP, tile=tile) for tile in (768, 24))
    assert len(once.tiles) == 1 < len(tiled.tiles) < 42
    agree(once, tiled, picture)


def test_tiles_agree_in_single_precision(network, noise):
    size, boxes = LAYOUTS["two regions, odd"]
    styles = {"a": (noise(24, 30, 1), 1.0)}
    regions = [StyledRegion(str(n), box(*size, *part), styles) for n, part in enumerate(boxes)]
    once, tiled = (region_objective(network, noise(*size), regions, SHALLOW, tile=tile) for tile in (768, 16))
    (terms, gradient), (tiled_terms, tiled_gradient) = (evaluated(o, noise(*size, 7)) for o in (once, tiled))
    assert tiled_terms == pytest.approx(terms, rel=1e-4)
    assert (tiled_gradient - gradient).norm() < 1e-4 * gradient.norm()


def test_tiles_keep_the_network_off_the_whole_picture(network, noise, monkeypatch):
    """Memory is that of a tile with its surroundings, also when the regions lie in only one."""
    sizes, plain = [], VGG19.__call__

    def watched(self, picture, layers):
        sizes.append(picture.shape[-2] * picture.shape[-1])
        return plain(self, picture, layers)

    monkeypatch.setattr(VGG19, "__call__", watched)
    region = StyledRegion("r", box(74, 65, (33, 47), (17, 31)), {"a": (noise(16, 16, 1), 1.0)})
    objective = region_objective(network, noise(74, 65), [region], SHALLOW, tile=16)
    evaluated(objective, noise(74, 65, 7))
    assert sizes
    assert max(sizes) <= (16 + 2 * 10) ** 2


def test_a_region_of_2_percent_is_under_the_same_pressure_as_one_of_half(make_network, noise):
    """A picture tiled with a 16×16 texture, so that any whole number of its periods has the same style."""
    network = make_network("average")
    weights = Weights({"relu1_1": 1.0, "relu2_1": 1.0}, "relu2_1", style_loss="gram")
    picture = noise(16, 16, 3).repeat(1, 1, 8, 8)
    pressures, values = [], []
    for rows, columns in [((48, 64), (48, 64)), ((16, 112), (16, 112))]:
        mask = box(128, 128, rows, columns)
        region = StyledRegion("r", mask, {"a": (noise(40, 40, 1), 1.0)}, content_weight=0.0)
        terms, gradient = evaluated(region_objective(network, picture, [region], weights), picture)
        values.append(terms["a"])
        # The middle of a tile, whose pixels are seen from inside the region only.
        pressures.append(gradient[..., 53:59, 53:59] * mask.sum())
    assert values[0] > 1e-3
    assert values[1] == pytest.approx(values[0], rel=1e-4)
    assert pressures[0].abs().max() > 1e-3
    torch.testing.assert_close(pressures[1], pressures[0], rtol=1e-3, atol=1e-4)


def test_an_almost_empty_region_is_refused_by_name(network, noise):
    regions = [
        StyledRegion("sky", torch.ones(1, 1, 64, 64), {"a": (noise(24, 30, 1), 1.0)}),
        StyledRegion("bird", box(64, 64, (3, 8), (3, 8)), {"a": (noise(24, 30, 1), 1.0)}),
    ]
    with pytest.raises(RegionError, match=r"region 'bird' is too small.* 0\.10 positions of relu5_1") as error:
        region_objective(network, noise(64, 64), regions, DEEP)
    assert "\n" not in str(error.value)
    region_objective(network, noise(64, 64), regions, SHALLOW)


def test_an_empty_region_is_refused(network, noise):
    region = StyledRegion("nothing", torch.zeros(1, 1, 32, 32), {"a": (noise(24, 30, 1), 1.0)})
    with pytest.raises(RegionError, match="'nothing'"):
        region_objective(network, noise(32, 32), [region], SHALLOW)


def test_an_unknown_layer_is_refused(network, noise):
    region = StyledRegion("all", torch.ones(1, 1, 32, 32), {"a": (noise(24, 30, 1), 1.0)})
    for weights in (Weights({"conv2_1": 1.0}, "relu2_2"), Weights({"relu2_1": 1.0}, "conv2_2")):
        with pytest.raises(RecipeError, match="nearest"):
            region_objective(network, noise(32, 32), [region], weights)


@pytest.mark.parametrize(("style_loss", "most"), [("gram", 1e-9), ("wasserstein", 1e-3)])
@pytest.mark.parametrize("layer", LAYERS[:9:2])
def test_the_style_itself_is_at_no_distance(network, noise, style_loss, most, layer):
    weights = Weights({layer: 1.0}, "relu2_2", style_loss=style_loss)
    picture = noise(48, 56)
    region = StyledRegion("all", torch.ones(1, 1, 48, 56), {"own": (picture, 1.0), "other": (noise(40, 40, 4), 1.0)})
    terms, _ = evaluated(region_objective(network, picture, [region], weights), picture)
    assert abs(terms["own"]) < most
    assert terms["other"] > 5e-4


def test_the_distance_to_a_style_is_relative_to_its_energy(network, noise):
    picture, style = noise(33, 46, 7), noise(24, 30, 1)
    region = StyledRegion("all", torch.ones(1, 1, 33, 46), {"a": (style, 1.0)}, 5.0)
    weights = Weights({"relu2_1": 3.0}, "relu2_2", style_loss="gram")
    terms, _ = evaluated(region_objective(network, noise(33, 46), [region], weights), picture)
    target, seen = (network(each, ["relu2_1"])["relu2_1"] for each in (style, picture))
    expected = (gram(seen) - gram(target)).square().sum() / gram(target).square().sum()
    assert terms["a"] == pytest.approx(5 * expected.item(), rel=1e-4)


def test_a_new_term_is_one_object(network, noise):
    """Any sum over positions: here the mean of one feature, by tiles and at once, against the network itself."""

    class Brightness(Term):
        layers = ("relu3_1",)

        def part(self, activations, tile):
            _, inside = tile.at("relu3_1")
            return {"brightness": activations["relu3_1"][(..., *inside)].sum()}

    picture = noise(90, 75, 7)
    region = StyledRegion("all", torch.ones(1, 1, 90, 75), {"a": (noise(24, 30, 1), 1.0)})
    found = []
    for tile in (640, 16):
        objective = region_objective(network, noise(90, 75), [region], SHALLOW, tile=tile, more=[Brightness()])
        found.append(evaluated(objective, picture))
    expected = network(picture, ["relu3_1"])["relu3_1"].sum().item()
    assert found[0][0]["brightness"] == pytest.approx(expected, rel=1e-4)
    assert found[1][0]["brightness"] == pytest.approx(expected, rel=1e-4)
    torch.testing.assert_close(found[0][1], found[1][1], rtol=1e-3, atol=1e-4 * found[0][1].abs().max().item())


def test_statistics_of_a_style_are_computed_once(network, noise, monkeypatch):
    seen, plain = [], VGG19.__call__
    monkeypatch.setattr(VGG19, "__call__", lambda self, *given: (seen.append(given[1]), plain(self, *given))[1])
    kept = StyleStatistics(network)
    style, mask = noise(24, 30, 1), box(24, 30, (3, 20), (4, 25))
    first = kept.of("a", lambda: (style, mask), ["relu1_1", "relu2_1"])
    again = kept.of("a", lambda: pytest.fail("it is known"), ["relu2_1"])
    assert again["relu2_1"] is first["relu2_1"]
    more = kept.of("a", lambda: (style, mask), ["relu1_1", "relu3_1"])
    assert [list(layers) for layers in seen] == [["relu1_1", "relu2_1"], ["relu3_1"]]
    assert set(more) == {"relu1_1", "relu3_1"}
    # Of another size, mask mode or style nothing is known.
    kept.of("b", lambda: (style, None), ["relu1_1"])
    kept.of("a", lambda: (style, mask), ["relu1_1"], mode="inside")
    assert len(seen) == 4
    region = StyledRegion("all", torch.ones(1, 1, 33, 46), {"a": StyleTarget(first)})
    known, _ = evaluated(region_objective(network, noise(33, 46), [region], SHALLOW), noise(33, 46, 7))
    region = StyledRegion("all", torch.ones(1, 1, 33, 46), {"a": StyleTarget(style, mask=mask)})
    computed, _ = evaluated(region_objective(network, noise(33, 46), [region], SHALLOW), noise(33, 46, 7))
    assert known == pytest.approx(computed)


def test_weights_scale_their_terms(network, noise):
    picture = noise(33, 46, 7)

    def terms(style_weight=1.0, content_weight=1.0, mix=(1.0, 1.0), variation=1.0, layers=(1.0, 1.0)):
        weights = Weights(dict(zip(("relu1_1", "relu2_1"), layers, strict=True)), "relu2_2", variation)
        styles = {"a": (noise(24, 30, 1), mix[0]), "b": (noise(20, 20, 2), mix[1])}
        region = StyledRegion("all", torch.ones(1, 1, 33, 46), styles, style_weight, content_weight)
        return evaluated(region_objective(network, noise(33, 46), [region], weights), picture)[0]

    plain = terms()
    assert terms(style_weight=3) == pytest.approx({**plain, "a": 3 * plain["a"], "b": 3 * plain["b"]})
    assert terms(content_weight=0.2) == pytest.approx({**plain, "content": 0.2 * plain["content"]})
    assert terms(variation=7) == pytest.approx({**plain, "variation": 7 * plain["variation"]})
    assert terms(mix=(3, 1)) == pytest.approx({**plain, "a": 1.5 * plain["a"], "b": 0.5 * plain["b"]})
    assert terms(mix=(10, 10)) == pytest.approx(plain)
    assert terms(layers=(4, 4)) == pytest.approx(plain)
    assert "variation" not in terms(variation=0.0)
    assert set(terms(style_weight=0.0)) == set(plain)


def test_regions_of_the_same_name_all_count(network, noise):
    """The same expression may stand in two layers of a recipe."""
    masks = [box(33, 46, (0, 16), (0, 46)), box(33, 46, (16, 33), (0, 46))]
    sums, gradients = [], []
    for names in (("one", "two"), ("same", "same")):
        regions = [StyledRegion(n, m, {"a": (noise(24, 30, 1), 1.0)}) for n, m in zip(names, masks, strict=True)]
        terms, gradient = evaluated(region_objective(network, noise(33, 46), regions, SHALLOW), noise(33, 46, 7))
        sums.append(sum(terms.values()))
        gradients.append(gradient)
    assert sums[1] == pytest.approx(sums[0])
    torch.testing.assert_close(gradients[1], gradients[0])


NAMES = {
    "regions": (("s", "s", "s #2"), ("a", "b")),
    "styles": (("s", "t", "u"), ("content", "content (style)")),
}


@pytest.mark.parametrize("tile", [640, 16])
@pytest.mark.parametrize("case", list(NAMES))
def test_terms_whose_names_are_the_same_are_added(network, noise, case, tile):
    """A region or a style may be called as what tells others apart."""
    masks = [box(70, 80, (23 * n, 23 * n + 23), (0, 80)) for n in range(3)]
    sums, gradients = [], []
    for places, styles in ((("p", "q", "r"), ("a", "b")), NAMES[case]):
        targets = {name: (noise(24, 30, seed), 1.0 + seed) for seed, name in enumerate(styles, start=1)}
        regions = [StyledRegion(name, mask, targets) for name, mask in zip(places, masks, strict=True)]
        objective = region_objective(network, noise(70, 80), regions, SHALLOW, tile=tile)
        terms, gradient = evaluated(objective, noise(70, 80, 7))
        sums.append(sum(terms.values()))
        gradients.append(gradient)
    assert sums[1] == pytest.approx(sums[0], rel=1e-5)
    torch.testing.assert_close(gradients[1], gradients[0])


@pytest.mark.parametrize("tile", [640, 8])
def test_a_term_on_the_picture_is_added_to_a_style_of_its_name(network, noise, tile):
    region = StyledRegion("all", torch.ones(1, 1, 33, 46), {"mean": (noise(24, 30, 1), 1.0)})
    picture, more = noise(33, 46, 7), [PictureTerm("mean", 0.5, torch.mean)]
    found = [
        evaluated(region_objective(network, noise(33, 46), [region], SHALLOW, tile=tile, more=more), picture)[0]
        for more in ([], more)
    ]
    added = 0.5 * picture.double().mean().item()
    assert found[1] == pytest.approx({**found[0], "mean": found[0]["mean"] + added}, rel=1e-5)


@pytest.mark.parametrize("name", ["content", "variation"])
def test_a_style_may_have_any_name(network, noise, name):
    sums, gradients = [], []
    for style in ("a.jpg", name):
        region = StyledRegion("all", torch.ones(1, 1, 33, 46), {style: (noise(24, 30, 1), 1.0)})
        terms, gradient = evaluated(region_objective(network, noise(33, 46), [region], SHALLOW), noise(33, 46, 7))
        sums.append(sum(terms.values()))
        gradients.append(gradient)
    assert sums[1] == pytest.approx(sums[0])
    torch.testing.assert_close(gradients[1], gradients[0])


@pytest.mark.parametrize("style_loss", list(STYLE_LOSSES))
@pytest.mark.parametrize("ruin", [torch.nan, 1e30])
def test_a_ruined_picture_has_a_loss_that_is_no_number(network, noise, style_loss, ruin):
    """Only so can the divergence guard go back to the best picture."""
    weights = Weights({"relu1_1": 1.0}, "relu1_2", style_loss=style_loss)
    region = StyledRegion("all", torch.ones(1, 1, 20, 20), {"a": (noise(24, 30, 1), 1.0)})
    objective = region_objective(network, noise(20, 20), [region], weights)
    terms, _ = evaluated(objective, ruin * noise(20, 20))
    assert not np.isfinite(sum(terms.values()))


def test_nothing_that_was_given_is_changed(network, noise, regions):
    photo, picture = noise(33, 46), noise(33, 46, 7)
    given = [photo, picture, *(r.mask for r in regions), *(s for r in regions for s, _ in r.styles.values())]
    kept = [values.clone() for values in given]
    evaluated(region_objective(network, photo, regions, SHALLOW), picture)
    assert all(itertools.starmap(torch.equal, zip(given, kept, strict=True)))
