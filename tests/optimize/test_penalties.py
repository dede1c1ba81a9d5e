"""Similarity of shallow features, and penalties of a picture, beside the other terms."""

import numpy as np
import pytest
import torch
from helpers import box, evaluated
from torch.nn import functional

from sfumato.linalg.matting import matting_laplacian
from sfumato.losses import PhotorealismLoss
from sfumato.optimize import PictureTerm, StyledRegion, Weights, region_objective

LAYERS = ("relu1_1", "relu1_2", "relu2_1")


def weights(similarity=0.0):
    return Weights({"relu1_1": 1.0, "relu2_1": 2.0}, "relu2_2", style_loss="gram", similarity=similarity)


def by_hand(network, photo, picture, mask):
    """The mean over the first three convolutions of the relative absolute distance in the averaged mask."""
    found = []
    for layer in LAYERS:
        seen = mask if layer[4] == "1" else functional.avg_pool2d(mask, 2, ceil_mode=True)
        own, other = (network(image, [layer])[layer].double() for image in (photo, picture))
        found.append((((other - own).abs() * seen).sum() / (own.abs() * seen).sum()).item())
    return np.mean(found)


# ---- similarity


@pytest.mark.parametrize("tile", [640, 8])
def test_similarity_is_the_mean_over_layers_times_both_weights(network, noise, tile):
    soft = 0.7 * noise(33, 46, 9, 1) * box(33, 46, (2, 30), (0, 40))
    region = StyledRegion("sky", soft, {"a": (noise(24, 30, 1), 1.0)}, 2.0, 0.3)
    objective = region_objective(network, noise(33, 46), [region], weights(0.6), tile=tile)
    assert (len(objective.tiles) > 1) == (tile == 8)
    terms, _ = evaluated(objective, noise(33, 46, 7))
    expected = 0.3 * 0.6 * by_hand(network, noise(33, 46), noise(33, 46, 7), soft)
    assert expected > 0.01
    assert terms["similarity"] == pytest.approx(expected, rel=1e-4)
    without, _ = evaluated(region_objective(network, noise(33, 46), [region], weights()), noise(33, 46, 7))
    assert terms == pytest.approx({**without, "similarity": expected}, rel=1e-4)


def test_the_photo_is_similar_to_itself(network, noise):
    region = StyledRegion("all", torch.ones(1, 1, 24, 30), {"a": (noise(24, 30, 1), 1.0)})
    terms, _ = evaluated(region_objective(network, noise(24, 30), [region], weights(1.0)), noise(24, 30))
    assert terms["similarity"] == 0


def test_terms_carry_the_names_of_their_regions_and_styles_are_told_from_them(network, noise):
    masks = {"sky": box(33, 46, (0, 16), (0, 46)), "sea": box(33, 46, (16, 33), (0, 46))}
    style = {"similarity": (noise(24, 30, 1), 1.0)}
    regions = [StyledRegion(name, mask, style, 1.0, 0.5) for name, mask in masks.items()]
    terms, _ = evaluated(region_objective(network, noise(33, 46), regions, weights(2.0)), noise(33, 46, 7))
    kinds = ("content", "similarity", "similarity (style)")
    assert set(terms) == {f"{kind} [{name}]" for kind in kinds for name in masks}
    for name, mask in masks.items():
        expected = 0.5 * 2.0 * by_hand(network, noise(33, 46), noise(33, 46, 7), mask)
        assert terms[f"similarity [{name}]"] == pytest.approx(expected, rel=1e-4)


# ---- penalties


@pytest.mark.parametrize("tile", [640, 8])
def test_penalties_are_weighed_named_and_see_the_whole_picture_once(network, noise, tile):
    photo = noise(33, 46)
    matrix = matting_laplacian(photo[0].movedim(0, -1).double().numpy())
    seen = []

    def watched(picture):
        seen.append(picture.shape)
        return picture.sum()

    region = StyledRegion("r", box(33, 46, (2, 30), (0, 40)), {"a": (noise(24, 30, 1), 1.0)})
    penalties = [
        PictureTerm("photorealism", 50.0, PhotorealismLoss(matrix, (33, 46))),
        PictureTerm("sum", 0.5, watched),
    ]
    objective = region_objective(network, photo, [region], weights(), tile=tile, more=penalties)
    terms, gradient = evaluated(objective, noise(33, 46, 7))
    values = noise(33, 46, 7)[0].flatten(1).double().numpy()
    expected = 50 / (33 * 46) * sum(v @ matrix.toarray() @ v for v in values)
    assert terms["photorealism"] == pytest.approx(expected, rel=1e-3)
    assert terms["sum"] == pytest.approx(0.5 * values.sum(), rel=1e-4)
    assert seen == [(1, 3, 33, 46)]
    without, other = evaluated(region_objective(network, photo, [region], weights(), tile=tile), noise(33, 46, 7))
    assert set(terms) == {*without, "photorealism", "sum"}
    added = 0.5 + 50 * 2 / (33 * 46) * (matrix.toarray() @ values.T).T.reshape(3, 33, 46)
    np.testing.assert_allclose((gradient - other)[0].numpy(), added, rtol=1e-3, atol=1e-4)


# ---- gradients


@pytest.mark.parametrize("tile", [640, 8])
def test_the_gradient_agrees_with_differences(make_network, noise, tile):
    network = make_network("average", dtype=torch.float64)
    photo = noise(24, 31).double()
    region = StyledRegion("r", box(24, 31, (3, 20), (4, 31)), {"a": (noise(24, 30, 1).double(), 1.0)}, 0.0, 1.0)
    loss = PhotorealismLoss(matting_laplacian(photo[0].movedim(0, -1).numpy()), (24, 31))
    objective = region_objective(
        network, photo, [region], weights(3.0), tile=tile, more=[PictureTerm("real", 0.2, loss)]
    )
    assert (len(objective.tiles) > 1) == (tile == 8)
    picture = noise(24, 31, 7).double()
    terms, gradient = evaluated(objective, picture)
    assert min(terms["similarity"], terms["real"]) > 0.01
    largest = gradient.abs().max().item()
    for channel, i, j in [(0, 10, 10), (1, 3, 4), (2, 19, 30), (0, 12, 20), (1, 22, 2)]:
        step = torch.zeros_like(picture)
        step[0, channel, i, j] = 1e-3
        ends = [sum(evaluated(objective, picture + sign * step)[0].values()) for sign in (1, -1)]
        assert gradient[0, channel, i, j].item() == pytest.approx(
            (ends[0] - ends[1]) / 2e-3, rel=0.02, abs=2e-3 * largest
        )


def test_tiles_give_the_gradient_of_one_pass(network, noise):
    regions = [
        StyledRegion("a", box(59, 75, (0, 30), (3, 40)), {"s": (noise(24, 30, 1), 1.0)}),
        StyledRegion("b", box(59, 75, (25, 59), (42, 75), 0.6), {"s": (noise(24, 30, 1), 1.0)}),
    ]
    penalties = [PictureTerm("squares", 0.01, lambda picture: picture.square().sum())]
    once, tiled = (
        evaluated(
            region_objective(network, noise(59, 75), regions, weights(1.0), tile=tile, more=penalties), noise(59, 75, 7)
        )
        for tile in (640, 8)
    )
    assert tiled[0] == pytest.approx(once[0], rel=1e-4)
    torch.testing.assert_close(tiled[1], once[1], rtol=1e-3, atol=1e-6)
