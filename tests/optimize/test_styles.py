"""Styles of which a part counts, or that have layers of their own, against the formulas in NumPy."""

import numpy as np
import pytest
import torch
from scipy import linalg

from sfumato.errors import RecipeError, RegionError
from sfumato.optimize import StyledRegion, StyleTarget, Weights, region_objective

PLAIN = Weights({"relu1_1": 1.0, "relu2_1": 2.0}, "relu2_2", variation=0.0, style_loss="gram")
OWN = {"relu1_1": 1.0, "relu2_1": 0.5}


def left(height, width, columns, value=1.0):
    mask = torch.zeros(1, 1, height, width)
    mask[..., :columns] = value
    return mask


def terms(network, photo, picture, styles, weights=PLAIN, *, mask=None, tile=640):
    mask = torch.ones(1, 1, *photo.shape[-2:]) if mask is None else mask
    objective = region_objective(network, photo, [StyledRegion("all", mask, styles)], weights, tile=tile)
    return objective.evaluate(picture.clone().requires_grad_())


# ---- by hand


def averaged(mask, layer):
    """A mask at a layer: means of 2×2 blocks, once for each pooling before it."""
    mask = mask[0, 0].double().numpy()
    for _ in range(int(layer[4]) - 1):
        mask = np.pad(mask, [(0, side % 2) for side in mask.shape], constant_values=np.nan)
        mask = np.nanmean([mask[i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=0)
    return mask.ravel()


def features(network, picture, layer):
    return network(picture, [layer])[layer][0].flatten(1).double().numpy()


def root_of(matrix):
    """The square root of a symmetric matrix, which may be singular."""
    values, vectors = linalg.eigh(matrix)
    return vectors * np.sqrt(values.clip(0)) @ vectors.T


def distance(seen, target, style_loss, mask):
    """Of features (channels, positions); `mask` weighs the target's positions."""
    weights = mask / mask.sum()
    if style_loss == "gram":
        g, a = seen @ seen.T / seen.shape[1], (target * weights) @ target.T
        return ((g - a) ** 2).sum() / (a**2).sum()
    mean, other = seen.mean(1), target @ weights
    spread = np.cov(seen, ddof=0)
    centered = target - other[:, None]
    wanted = (centered * weights) @ centered.T
    root = root_of(wanted)
    cross = root_of(root @ spread @ root).trace()
    apart = ((mean - other) ** 2).sum() + spread.trace() + wanted.trace() - 2 * cross
    return apart / ((other**2).sum() + wanted.trace())


@pytest.mark.parametrize(("style_loss", "rel"), [("gram", 1e-4), ("wasserstein", 1e-2)])
def test_the_loss_is_that_of_the_formulas(network, noise, style_loss, rel):
    weights = Weights(PLAIN.style_layers, "relu2_2", 0.0, style_loss)
    soft = 0.8 * noise(24, 31, 5, 1)
    soft[..., 20:] = 0
    pictures = {"own": noise(24, 31, 1), "masked": noise(24, 31, 2), "plain": noise(20, 26, 3)}
    layers = {"own": OWN, "masked": PLAIN.style_layers, "plain": PLAIN.style_layers}
    masks = {"own": soft, "masked": left(24, 31, 13)}
    shares = {"own": 3.0, "masked": 1.0, "plain": 0.5}
    styles = {
        name: StyleTarget(pictures[name], shares[name], masks.get(name), OWN if name == "own" else None)
        for name in pictures
    }
    photo, picture = noise(33, 46), noise(33, 46, 7)
    found = terms(network, photo, picture, styles, weights)
    for name, picture_of_style in pictures.items():
        mask = masks.get(name, torch.ones(1, 1, *picture_of_style.shape[-2:]))
        expected = sum(
            weight
            * distance(
                features(network, picture, layer),
                features(network, picture_of_style, layer),
                style_loss,
                averaged(mask, layer),
            )
            for layer, weight in layers[name].items()
        )
        expected *= shares[name] / sum(shares.values()) / sum(layers[name].values())
        assert found[name] == pytest.approx(expected, rel=rel), name


# ---- parts of styles


def test_what_lies_outside_the_part_does_not_matter(network, noise):
    """relu1_1 sees one pixel to each side; what is two away from the part is not seen."""
    weights = Weights({"relu1_1": 1.0}, "relu1_2", style_loss="gram")
    photo, picture, style = noise(20, 26), noise(20, 26, 7), noise(24, 30, 1)
    far, near = style.clone(), style.clone()
    far[..., 12:] = 0.9
    near[..., 10:] = 0.9
    plain, same, other = (
        terms(network, photo, picture, {"a": StyleTarget(one, mask=left(24, 30, 11))}, weights)["a"]
        for one in (style, far, near)
    )
    assert plain > 1e-3
    assert same == pytest.approx(plain, rel=1e-6)
    assert abs(other - plain) > 1e-3 * plain


def test_in_mode_inside_nothing_outside_the_part_is_seen_at_any_layer(network, noise):
    weights = Weights({"relu1_1": 1.0, "relu2_1": 1.0, "relu3_1": 1.0}, "relu1_2", mask_mode="inside")
    photo, picture, style = noise(48, 48), noise(48, 48, 7), noise(64, 64, 1)
    changed = style.clone()
    changed[..., 40:] = noise(64, 64, 9)[..., 40:]
    values = {
        mode: [
            terms(
                network,
                photo,
                picture,
                {"a": StyleTarget(one, mask=left(64, 64, 40))},
                Weights(weights.style_layers, "relu1_2", mask_mode=mode),
            )["a"]
            for one in (style, changed)
        ]
        for mode in ("inside", "area")
    }
    assert values["inside"][0] == pytest.approx(values["inside"][1], rel=1e-6)
    assert values["area"][0] != pytest.approx(values["area"][1], rel=1e-6)


def test_a_part_of_all_is_all(network, noise):
    photo, picture, style = noise(33, 46), noise(33, 46, 7), noise(24, 30, 1)
    plain = terms(network, photo, picture, {"a": StyleTarget(style)})
    for value in (1.0, 0.25):
        masked = terms(network, photo, picture, {"a": StyleTarget(style, mask=left(24, 30, 30, value))})
        assert masked == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_part_of_nothing_is_refused(network, noise, value):
    mask = torch.zeros(1, 1, 24, 30)
    mask[..., 4, 4:6] = value
    style = StyleTarget(noise(24, 30, 1), mask=mask)
    with pytest.raises(RegionError) as error:
        terms(network, noise(33, 46), noise(33, 46), {"a.jpg": style}, Weights({"relu2_1": 1.0}, "relu2_2"))
    assert str(error.value) == (
        f"the mask of style 'a.jpg' is too small to carry a style: it covers {value / 2:.2f} positions of relu2_1,"
        " and at least 1 is needed; choose a larger part of the picture or a larger size"
    )


# ---- layers of their own


def test_only_shares_of_layers_count(network, noise):
    photo, picture, style = noise(33, 46), noise(33, 46, 7), noise(24, 30, 1)
    found = [
        terms(network, photo, picture, {"a": StyleTarget(style, layers=layers)})
        for layers in (OWN, {"relu1_1": 20.0, "relu2_1": 10.0}, {"relu1_1": 1.0, "relu2_1": 2.0}, None)
    ]
    assert found[1] == pytest.approx(found[0], rel=1e-5)
    assert found[2] == pytest.approx(found[3], rel=1e-5)
    assert found[0]["a"] != pytest.approx(found[3]["a"], rel=1e-3)


def test_layers_of_one_style_are_no_matter_to_another(network, noise):
    photo, picture = noise(33, 46), noise(33, 46, 7)
    plain = {"a": StyleTarget(noise(24, 30, 1)), "b": StyleTarget(noise(24, 30, 2))}
    own = {**plain, "b": StyleTarget(noise(24, 30, 2), layers={"relu3_1": 1.0})}
    first, second = (terms(network, photo, picture, styles) for styles in (plain, own))
    assert first.keys() == second.keys() == {"a", "b", "content"}
    assert first["a"] == pytest.approx(second["a"], rel=1e-5)
    assert first["content"] == pytest.approx(second["content"], rel=1e-5)
    assert first["b"] != pytest.approx(second["b"], rel=1e-3)


def test_a_layer_that_is_none_offers_the_nearest(network, noise):
    style = StyleTarget(noise(24, 30, 1), layers={"relu1_1": 1.0, "conv2_1": 1.0})
    with pytest.raises(RecipeError, match=r"'conv2_1'; the nearest name is 'relu2_1'") as error:
        terms(network, noise(33, 46), noise(33, 46), {"a": style})
    assert "\n" not in str(error.value)


def test_a_region_must_carry_the_deepest_layer_of_any_of_its_styles(network, noise):
    mask = torch.zeros(1, 1, 33, 46)
    mask[..., 4:10, 4:10] = 1
    styles = {"a": StyleTarget(noise(24, 30, 1))}
    terms(network, noise(33, 46), noise(33, 46), styles, mask=mask)
    styles["b"] = StyleTarget(noise(24, 30, 2), layers={"relu4_1": 1.0})
    with pytest.raises(RegionError, match=r"0\.56 positions of relu4_1"):
        terms(network, noise(33, 46), noise(33, 46), styles, mask=mask)


@pytest.mark.parametrize("style_loss", ["gram", "wasserstein"])
def test_tiles_give_the_same_as_one_pass(make_network, noise, style_loss):
    network = make_network(dtype=torch.float64)
    photo, picture = noise(90, 75).double(), noise(90, 75, 7).double()
    weights = Weights(PLAIN.style_layers, "relu2_2", 0.5, style_loss)
    first = {
        "a": StyleTarget(noise(24, 30, 1).double(), 2.0, left(24, 30, 11), {"relu3_1": 1.0}),
        "b": StyleTarget(noise(24, 30, 2).double()),
    }
    regions = [
        StyledRegion("one", left(90, 75, 30), first, 2.0),
        StyledRegion("two", 1 - left(90, 75, 30), {"a": StyleTarget(noise(24, 30, 3).double(), layers=OWN)}, 0.7, 0.2),
    ]
    found = []
    for tile in (640, 16):
        objective = region_objective(network, photo, regions, weights, tile=tile)
        leaf = picture.clone().requires_grad_()
        found.append((len(objective.tiles), objective.evaluate(leaf), leaf.grad))
    assert found[0][0] == 1 < found[1][0]
    assert set(found[0][1]) == {"a [one]", "b [one]", "a [two]", "content [one]", "content [two]", "variation"}
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-5, abs=1e-7)
    torch.testing.assert_close(found[1][2], found[0][2], rtol=1e-4, atol=1e-6 * found[0][2].abs().max().item())
