import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.overrides import TorchFunctionMode

from sfumato.errors import RecipeError, RegionError
from sfumato.features.patches import match_patches


def random(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def tensor(values):
    return torch.from_numpy(np.ascontiguousarray(values))[None]


def patches(values, size):
    """The neighborhood of each position as one row, in double precision."""
    radius = size // 2
    padded = np.pad(values.astype(np.float64), ((0, 0), (radius, radius), (radius, radius)), mode="edge")
    height, width = values.shape[1:]
    return np.stack([padded[:, y : y + size, x : x + size].ravel() for y in range(height) for x in range(width)])


def cosines(content, style, size):
    rows = []
    for values in (content, style):
        p = patches(values, size)
        norms = np.linalg.norm(p, axis=1, keepdims=True)
        rows.append(np.divide(p, norms, out=np.zeros_like(p), where=norms > 0))
    return rows[0] @ rows[1].T


def expected(content, style, size, content_mask=None, style_mask=None):
    similar = cosines(content, style, size)
    if style_mask is not None:
        similar[:, ~style_mask.ravel()] = -np.inf
    best = similar.argmax(1)
    return best if content_mask is None else best[content_mask.ravel()]


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("shapes", [((7, 5), (6, 9)), ((1, 8), (5, 1)), ((2, 3), (11, 4)), ((1, 1), (3, 3))])
def test_brute_force(size, shapes):
    content, style = random(1, 6, *shapes[0]), random(2, 6, *shapes[1])
    found = match_patches(tensor(content), tensor(style), size=size)
    assert found.dtype == torch.int64
    np.testing.assert_array_equal(found, expected(content, style, size))


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(*[st.integers(1, 9)] * 4),
    size=st.sampled_from([1, 3, 5, 7]),
    density=st.sampled_from([0.05, 0.5, 1.0]),
    chunk=st.integers(1, 2000),
)
def test_brute_force_with_masks(seed, shape, size, density, chunk):
    rng = np.random.default_rng(seed)
    content, style = (rng.normal(size=(5, *s)).astype(np.float32) for s in (shape[:2], shape[2:]))
    masks = [rng.random(s) < density for s in (shape[:2], shape[2:])]
    for mask in masks:
        mask[rng.integers(mask.shape[0]), rng.integers(mask.shape[1])] = True
    found = match_patches(
        tensor(content),
        tensor(style),
        content_mask=torch.from_numpy(masks[0]),
        style_mask=torch.from_numpy(masks[1]),
        size=size,
        chunk=chunk,
    ).numpy()
    assert found.shape == (masks[0].sum(),)
    assert masks[1].ravel()[found].all()
    similar = cosines(content, style, size)[masks[0].ravel()]
    best = similar[np.arange(len(found)), expected(content, style, size, *masks)]
    np.testing.assert_allclose(similar[np.arange(len(found)), found], best, atol=1e-6)


@pytest.mark.parametrize("side", ["content_mask", "style_mask"])
def test_one_mask(side):
    content, style = random(3, 6, 8, 7), random(4, 6, 8, 7)
    mask = np.zeros((8, 7), bool)
    mask[2:7, 3:6] = True
    mask[4, 4] = False
    found = match_patches(tensor(content), tensor(style), **{side: torch.from_numpy(mask)})
    np.testing.assert_array_equal(found, expected(content, style, 3, **{side: mask}))


def test_patches_reach_beyond_the_masks():
    content, style = random(5, 4, 6, 6), random(6, 4, 6, 6)
    content[:, 2:5, 2:5] = style[:, 1:4, 1:4]
    only = torch.zeros(6, 6, dtype=torch.bool)
    only[3, 3] = True
    middle = torch.zeros(6, 6, dtype=torch.bool)
    middle[2, 2] = middle[2, 3] = middle[3, 2] = True
    found = match_patches(tensor(content), tensor(style), content_mask=only, style_mask=middle)
    assert found.tolist() == [2 * 6 + 2]


@pytest.mark.parametrize("size", [1, 3, 5])
def test_a_picture_matches_itself(size):
    picture = tensor(random(7, 8, 9, 11))
    assert match_patches(picture, picture, size=size).tolist() == list(range(99))


def test_a_shifted_picture_matches_the_shift():
    style = random(8, 8, 10, 12)
    index = np.arange(120).reshape(10, 12)
    found = match_patches(tensor(style[:, 2:, 3:]), tensor(style)).numpy().reshape(8, 9)
    np.testing.assert_array_equal(found[1:-1, 1:-1], index[3:-1, 4:-1])


def test_scale_of_either_side_does_not_count():
    content, style = random(9, 6, 6, 5), random(10, 6, 7, 7)
    gain = np.random.default_rng(11).uniform(0.1, 10, (7, 7)).astype(np.float32)
    np.testing.assert_array_equal(
        match_patches(tensor(500 * content), tensor(gain * style), size=1), expected(content, style, 1)
    )


def test_half_precision_activations_are_compared_in_single():
    content, style = (tensor(random(seed, 6, 6, 6)).bfloat16() for seed in (12, 13))
    found = match_patches(content, style)
    np.testing.assert_array_equal(found, expected(content[0].float().numpy(), style[0].float().numpy(), 3))


def test_ties_take_the_lowest_index():
    # Whole numbers, so that equal patches have exactly equal cosines.
    tile = np.random.default_rng(14).integers(1, 9, (3, 4, 4)).astype(np.float32)
    style = tensor(np.tile(tile, (1, 3, 3)))
    index = np.arange(144).reshape(12, 12)
    for chunk in (1, 500, 2**20):
        found = match_patches(style, style, chunk=chunk).numpy().reshape(12, 12)
        # The pattern repeats every four positions; row and column 0 differ from 4 and 8 by the replicated border.
        np.testing.assert_array_equal(found[5:8, 5:8], index[1:4, 1:4])
        np.testing.assert_array_equal(found[9:11, 9:11], index[1:3, 1:3])


def test_zero_patches():
    content, style = np.abs(random(15, 4, 6, 6)), np.abs(random(16, 4, 6, 6))
    content[:, :3, :3] = 0
    style[:, :4] = 0
    mask = torch.ones(6, 6, dtype=torch.bool)
    mask[0, :2] = False
    found = match_patches(tensor(content), tensor(style), style_mask=mask).numpy().reshape(6, 6)
    # Nothing resembles zeros more than anything else, so the first allowed position stands.
    assert (found[:2, :2] == 2).all()
    # A position with something in its patch finds something in the style: row 3 is the first whose patch reaches it.
    assert (found[3:] >= 3 * 6).all()


def test_opposite_patches_still_match():
    style = -np.ones((2, 3, 3), np.float32)
    assert match_patches(tensor(-style), tensor(style)).tolist() == [0] * 9


def test_chunk_changes_nothing():
    content, style = tensor(random(17, 6, 9, 13)), tensor(random(18, 6, 14, 10))
    whole = match_patches(content, style, chunk=10**9)
    for chunk in (1, 600, 1000, 1250):
        assert torch.equal(match_patches(content, style, chunk=chunk), whole)


def test_chunk_bounds_every_tensor():
    content, style = tensor(random(19, 2, 30, 20)), tensor(random(20, 2, 40, 20))
    sizes = []

    class Watch(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            if isinstance(result, torch.Tensor):
                sizes.append(result.numel())
            return result

    for chunk, bound in ((3000, 3000), (10000, 10000), (1, 22 * 3 * 22)):
        sizes.clear()
        with Watch():
            match_patches(content, style, chunk=chunk)
        assert bound / 2 < max(sizes) <= max(bound, 2 * 42 * 22)


def test_nothing_is_kept_for_gradients():
    content = tensor(random(21, 3, 4, 4)).requires_grad_()
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(kept.append, lambda value: value):
        found = match_patches(content, content)
    assert not kept
    content.flatten(2)[..., found].sum().backward()
    assert content.grad is not None


@pytest.mark.parametrize("size", [0, 2, -1])
def test_size_without_middle(size):
    with pytest.raises(RecipeError, match=rf"^a patch of size {size} has no middle; .*\Z"):
        match_patches(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 3, 3), size=size)


@pytest.mark.parametrize("side", ["content", "style"])
@pytest.mark.parametrize(
    ("shape", "message"), [((3, 4), "no position in it at 3×4"), ((4, 3), r"is \(4, 3\), .* are \(3, 4\)")]
)
def test_masks_that_cannot_be_used(side, shape, message):
    mask = {f"{side}_mask": torch.zeros(shape, dtype=torch.bool)}
    with pytest.raises(RegionError, match=rf"^the {side} mask .*{message}.*\Z"):
        match_patches(torch.ones(1, 2, 3, 4), torch.ones(1, 2, 3, 4), **mask)
