import numpy as np
import pytest
import torch

from sfumato import features
from sfumato.errors import InputError, RecipeError
from sfumato.metrics import style, style_distance

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def picture(height, width, seed=0):
    return np.random.default_rng(seed).random((height, width, 3), np.float32)


def blob(height, width, top, left, bottom, right):
    """A soft mask that is 0 outside of a box."""
    mask = np.zeros((height, width), np.float32)
    mask[top:bottom, left:right] = 0.2 + 0.8 * np.random.default_rng(9).random((bottom - top, right - left))
    return mask


def gram(activation, mask, step):
    """A Gram matrix by loops over positions: each weighs by what the mask covers of its four of the layer before."""
    values = activation[0].double().numpy()
    mask = mask.astype(np.float64)
    while step > 1:
        # A border of NaN is what there is not.
        mask = np.pad(mask, [(0, side % 2) for side in mask.shape], constant_values=np.nan)
        mask = np.nanmean([mask[i::2, j::2] for i in (0, 1) for j in (0, 1)], axis=0)
        step //= 2
    total, area = np.zeros((len(values),) * 2), 0.0
    for row in range(values.shape[1]):
        for column in range(values.shape[2]):
            total += mask[row, column] * np.outer(values[:, row, column], values[:, row, column])
            area += mask[row, column]
    return total / area


def by_hand(network, own, other, mask, style_mask, layers=LAYERS):
    """The distance with whole pictures in one pass."""
    found = []
    seen = [network(torch.from_numpy(image.transpose(2, 0, 1).copy())[None], layers) for image in (own, other)]
    for layer in layers:
        step = 2 ** (int(layer[4]) - 1)
        made, wanted = (gram(act[layer], part, step) for act, part in zip(seen, (mask, style_mask), strict=True))
        found.append(((made - wanted) ** 2).sum() / (wanted**2).sum())
    return np.mean(found)


def test_it_is_the_mean_of_relative_distances_of_gram_matrices(network):
    own, other = picture(48, 64), picture(32, 48, 1) ** 2
    mask, style_mask = blob(48, 64, 3, 5, 40, 50), blob(32, 48, 0, 7, 32, 30)
    expected = by_hand(network, own, other, mask, style_mask)
    assert expected > 0.01
    assert style_distance(own, other, mask, style_mask) == pytest.approx(expected, rel=1e-4)
    everything = by_hand(network, own, other, np.ones((48, 64)), np.ones((32, 48)), LAYERS[:2])
    assert style_distance(own, other, layers=LAYERS[:2]) == pytest.approx(everything, rel=1e-4)


@pytest.mark.parametrize("tile", [640, 64])
@pytest.mark.parametrize("box", [(101, 135, 150, 170), (0, 0, 20, 300), (190, 37, 259, 301), (0, 0, 259, 301)])
def test_what_is_cut_away_or_into_tiles_changes_nothing(network, monkeypatch, tile, box):
    monkeypatch.setattr(style, "_TILE", tile)
    own, other, mask = picture(259, 301), picture(37, 50, 1) ** 2, blob(259, 301, *box)
    sizes = []

    class Watched:
        def __call__(self, image, layers):
            sizes.append(tuple(image.shape[-2:]))
            return network(image, layers)

    monkeypatch.setattr(features, "load", Watched)
    found = style_distance(own, other, mask)
    assert max(height * width for height, width in sizes) <= (tile + 160) ** 2
    if box[3] == 170:
        # The box in whole steps of 16, and 80 pixels around it as far as there are any.
        assert sizes[1] == (224, 208)
    assert found == pytest.approx(by_hand(network, own, other, mask, np.ones((37, 50))), rel=1e-4)


def test_between_two_parts_far_apart_nothing_is_looked_at(network, monkeypatch):
    own, other = picture(40, 400), picture(40, 40, 1)
    mask = blob(40, 400, 5, 5, 30, 20) + blob(40, 400, 10, 370, 35, 390)
    sizes = []

    def watched(image, layers):
        assert not torch.is_grad_enabled()
        sizes.append(tuple(image.shape[-2:]))
        return network(image, layers)

    monkeypatch.setattr(features, "load", lambda: watched)
    monkeypatch.setattr(style, "_TILE", 32)
    found = style_distance(own, other, mask, layers=LAYERS[:3])
    # The style, then rows 0 to 32 and 32 to 40 at columns 0 to 32 and 352 to 384 and 384 to 400, 12 pixels around each.
    assert sizes == [(40, 40), (40, 44), (40, 56), (40, 28), (20, 56), (20, 28)]
    assert found == pytest.approx(by_hand(network, own, other, mask, np.ones((40, 40)), LAYERS[:3]), rel=1e-4)


def test_what_lies_beyond_what_the_network_sees_does_not_count(network):
    own, other, mask = picture(300, 300), picture(40, 40, 1), blob(300, 300, 120, 120, 160, 160)
    changed = own.copy()
    changed[:30] = changed[:, 250:] = 1
    assert style_distance(changed, other, mask) == style_distance(own, other, mask)


def test_the_real_network_tells_styles_apart(vgg):
    own, other = picture(40, 56), picture(40, 40, 1)
    flat = np.full_like(own, 0.5)
    ones = np.ones((40, 56)), np.ones((40, 40))
    found = style_distance(own, other, layers=LAYERS[:3])
    assert found == pytest.approx(by_hand(features.load(), own, other, *ones, LAYERS[:3]), rel=1e-3)
    # Two samples of one noise are one style.
    assert 0 < found < 0.05
    assert style_distance(flat, other) > 0.5
    assert torch.is_grad_enabled()


def test_masks_that_do_not_fit(network):
    own, other = picture(20, 30), picture(10, 12)
    with pytest.raises(InputError, match=r"^the mask of the picture has the shape \(30, 20\); give one .* \(20, 30\)$"):
        style_distance(own, other, np.ones((30, 20), np.float32))
    with pytest.raises(InputError, match=r"^the mask of the style has the shape \(20, 30\); give one .* \(10, 12\)$"):
        style_distance(own, other, None, np.ones((20, 30), np.float32))
    for masks, name in (((np.zeros((20, 30)), None), "picture"), ((None, np.zeros((10, 12))), "style")):
        with pytest.raises(InputError, match=f"^the mask of the {name} selects nothing, so .*$"):
            style_distance(own, other, *masks)


def test_a_layer_that_is_not_there(network):
    with pytest.raises(RecipeError, match="no layer 'conv4_1'"):
        style_distance(picture(20, 30), picture(10, 12), layers=["conv4_1"])
