import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from sfumato.errors import RecipeError
from sfumato.features import BLOCKS, LAYERS, VGG19, carry

MODES = ("area", "inside", "receptive")
MASKS = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=35),
    elements=st.floats(0, 1, width=32),
)


def carried(mask, layers=LAYERS, **options):
    tensor = torch.from_numpy(np.ascontiguousarray(mask, np.float32))[None, None]
    found = carry(tensor, layers, **options)
    assert all(value.shape[:2] == (1, 1) for value in found.values())
    return {name: value[0, 0].numpy() for name, value in found.items()}


def halved(mask):
    """The mean of each 2×2 block; of what there is of it at the far border."""
    starts = [np.arange(0, n, 2) for n in mask.shape]
    sums, counts = (
        np.add.reduceat(np.add.reduceat(values, starts[0], axis=0), starts[1], axis=1)
        for values in (mask, np.ones_like(mask))
    )
    return sums / counts


def smoothed(mask):
    """The mean of each 3×3 window; of what there is of it at the border."""
    sums, counts = (ndimage.convolve(v, np.ones((3, 3)), mode="constant") for v in (mask, np.ones_like(mask)))
    return sums / counts


def seen(layer, position, length):
    """First and last pixel that a position sees along one axis, from the layer back to the picture."""
    block, conv = int(layer[4]), int(layer[6])
    lengths = [length]
    for _ in range(4):
        lengths.append(-(-lengths[-1] // 2))
    low = high = position
    for level in range(block, 0, -1):
        reach = conv if level == block else BLOCKS[level - 1]
        low, high = max(low - reach, 0), min(high + reach, lengths[level - 1] - 1)
        if level > 1:
            low, high = 2 * low, min(2 * high + 1, lengths[level - 2] - 1)
    return low, high


@given(MASKS)
@settings(max_examples=25, deadline=None)
def test_area_is_the_average_over_blocks(mask):
    found = carried(mask)
    expected = mask.astype(np.float64)
    for block, convolutions in enumerate(BLOCKS, start=1):
        if block > 1:
            expected = halved(expected)
        for conv in range(1, convolutions + 1):
            np.testing.assert_allclose(found[f"relu{block}_{conv}"], expected, atol=1e-6)


@given(MASKS)
@settings(max_examples=25, deadline=None)
def test_area_of_a_whole_block_is_its_plain_mean(mask):
    found = carried(mask, ["relu3_1", "relu5_1"])
    for name, side in (("relu3_1", 4), ("relu5_1", 16)):
        for i in range(mask.shape[0] // side):
            for j in range(mask.shape[1] // side):
                block = mask[side * i : side * i + side, side * j : side * j + side]
                assert found[name][i, j] == pytest.approx(block.mean(dtype=np.float64), abs=1e-6)


@given(MASKS)
@settings(max_examples=12, deadline=None)
def test_inside_is_the_least_of_all_that_a_position_sees(mask):
    layers = ["relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_3"]
    found = carried(mask, layers, mode="inside")
    for name in layers:
        for i, j in np.ndindex(found[name].shape):
            (top, bottom), (left, right) = seen(name, i, mask.shape[0]), seen(name, j, mask.shape[1])
            assert found[name][i, j] == mask[top : bottom + 1, left : right + 1].min()


def test_what_inside_keeps_cannot_see_out():
    generator = torch.Generator().manual_seed(0)
    weights, before = [], 3
    for _ in LAYERS:
        # Positive, so that no relu hides what changes.
        kernel = torch.rand(2, before, 3, 3, generator=generator, dtype=torch.float64)
        weights.append((kernel / (9 * before), torch.zeros(2, dtype=torch.float64)))
        before = 2
    network = VGG19(tuple(weights), "average")
    mask = torch.zeros(1, 1, 47, 61)
    mask[..., 5:40, 9:] = 1
    picture = torch.rand(1, 3, 47, 61, generator=generator, dtype=torch.float64)
    other = torch.where(mask > 0, picture, picture + 1)
    layers = ["relu1_1", "relu2_2", "relu3_1"]
    masks = carry(mask, layers, mode="inside")
    first, second = network(picture, layers), network(other, layers)
    for name in layers:
        within = (masks[name] == 1).expand_as(first[name])
        assert within.any()
        assert (masks[name] == 0).any()
        torch.testing.assert_close(first[name][within], second[name][within], rtol=1e-12, atol=1e-12)
        # The mask is no smaller than it must be: its outer neighbors do change.
        changed = (first[name] - second[name]).abs().amax(1, keepdim=True) > 1e-10
        assert torch.equal(~changed, masks[name] == 1)


@given(MASKS)
@settings(max_examples=12, deadline=None)
def test_receptive_averages_over_the_pixels_there_are(mask):
    found = carried(mask, mode="receptive")
    expected = mask.astype(np.float64)
    for block, convolutions in enumerate(BLOCKS, start=1):
        if block > 1:
            expected = halved(expected)
        for conv in range(1, convolutions + 1):
            expected = smoothed(expected)
            np.testing.assert_allclose(found[f"relu{block}_{conv}"], expected, atol=1e-5)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("size", [(32, 48), (33, 45), (1, 5)])
def test_a_constant_mask_does_not_fade_at_the_border(mode, value, size):
    for name, found in carried(np.full(size, value), mode=mode).items():
        np.testing.assert_allclose(found, value, atol=1e-6, err_msg=name)


@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from(MODES))
@settings(max_examples=15, deadline=None)
def test_masks_have_the_size_of_the_activations(height, width, mode):
    weights, before = [], 3
    for _ in LAYERS:
        weights.append((torch.ones(1, before, 3, 3), torch.zeros(1)))
        before = 1
    activations = VGG19(tuple(weights))(torch.zeros(1, 3, height, width), LAYERS)
    for name, mask in carried(np.ones((height, width)), mode=mode).items():
        assert mask.shape == activations[name].shape[2:]


@given(MASKS, st.sampled_from(MODES))
@settings(max_examples=15, deadline=None)
def test_masks_stay_masks(mask, mode):
    for found in carried(mask, mode=mode).values():
        assert found.min() >= mask.min() - 1e-6
        assert found.max() <= mask.max() + 1e-6


def test_the_modes_are_ordered():
    rng = np.random.default_rng(0)
    mask = np.zeros((40, 40), np.float32)
    mask[4:30, 6:] = rng.random((26, 34)) > 0.05
    area, inside = carried(mask), carried(mask, mode="inside")
    for name in LAYERS:
        assert (inside[name] <= area[name] + 1e-6).all()
    assert inside["relu2_1"].sum() < area["relu2_1"].sum()


def test_only_what_is_asked_comes_back():
    assert set(carried(np.ones((8, 8)), ["relu3_1", "relu1_2"])) == {"relu1_2", "relu3_1"}
    assert carried(np.ones((8, 8)), []) == {}


def test_the_mask_that_was_given_stays_as_it_was():
    mask = torch.rand(1, 1, 9, 9)
    kept = mask.clone()
    for mode in MODES:
        carry(mask, LAYERS, mode=mode)
    assert torch.equal(mask, kept)


def test_an_unknown_layer_is_refused():
    with pytest.raises(RecipeError, match="nearest name is 'relu2_2'"):
        carry(torch.ones(1, 1, 4, 4), ["relu2_22"])
