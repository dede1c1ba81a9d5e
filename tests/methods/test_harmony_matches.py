"""What a pasted object takes from its painting: how strongly, how smoothly, and from where."""

import numpy as np
import pytest
import torch
from helpers import SHALLOW, objectives_of, texture
from PIL import Image

from sfumato.methods import steps
from sfumato.methods.harmonize import patches as harmonize
from sfumato.methods.harmonize.strokes import painterly
from sfumato.recipe import Recipe

OBJECT, REGION = np.s_[32:80, 48:104], "rect(48, 32, 104, 80)"
FAST = {
    "size": 0,
    "iterations": "1",
    **SHALLOW,
}
SMALL = {"size": 28, "finish": 0}
RIGHT = "rect(50%, 0, 100%, 100%)"


@pytest.fixture(scope="module")
def begun(tmp_path_factory, vgg):
    """Begin to harmonize; the painting's left half is reddish, its right half bluish."""
    folder = tmp_path_factory.mktemp("pictures")
    painting = texture(112, 128, 1)
    painting[:, :64, 2] //= 4
    painting[:, 64:, 0] //= 4
    Image.fromarray(painting).save(folder / "painting.png")

    def start(pasted=None, **options):
        if pasted is None:
            pasted = painting.copy()
            pasted[OBJECT] = texture(48, 56, 9)
        given = {
            "style": folder / "painting.png",
            "region": REGION,
            "method": "harmonize",
            "matches": "patches",
            **FAST,
            **options,
        }
        return steps(Recipe.from_options(**given), pasted, precision="float32")

    start.painting = painting
    return start


@pytest.fixture
def objectives(monkeypatch):
    """The objective of each level."""
    return objectives_of(monkeypatch, harmonize)


def style_of(objective):
    (style,) = objective.regions[0].styles.values()
    return style


def test_what_is_given_takes_the_place_of_the_guess(begun, objectives):
    run = begun(passes=1, **SMALL)
    guess = painterly(run.problem.parts[0].styles[0].picture)
    list(run)
    for options in ({"painterly": 2.0}, {"painterly": 8.0}, {"painterly": 8.0, "style_weight": 3.0}):
        list(begun(passes=1, **SMALL, **options))
    pulls = [objective.regions[0].style_weight for objective in objectives]
    assert pulls == pytest.approx([guess / 5, 2 / 5, 8 / 5, 3 * 8 / 5])


def test_a_painter_of_5_is_followed_with_the_recipes_own_weight(begun, objectives):
    list(begun(painterly=5, style_weight=0.7, **SMALL))
    assert [objective.regions[0].style_weight for objective in objectives] == pytest.approx([0.7, 0.7])


def test_an_object_is_held_closer_than_a_photo_and_less_where_it_is_finished(begun, objectives):
    for weight in (0.3, 0.6):
        list(begun(content_weight=weight, size=28, finish=1, feather=0))
    found = [objective.regions[0].content_weight for objective in objectives]
    assert found[0] == found[1] > 0.3
    assert found[2] == pytest.approx(found[0] / 3)
    assert found[3:] == pytest.approx([2 * hold for hold in found[:3]])


def test_smooth_paintings_are_smoothed_and_keep_no_histograms(begun, objectives, monkeypatch):
    variations, histograms = [], []
    for share in (0.0, 0.75, 1.0):
        monkeypatch.setattr(harmonize, "smoothness", lambda *_, share=share: share)
        trace = list(begun(painterly=5, **SMALL))
        variations.append([step.terms["variation"] for step in trace])
        first, second = objectives[-2:]
        assert not first.regions[0].histograms
        assert set(second.regions[0].histograms) == {"relu1_1", "relu4_1"}
        histograms.append(second.regions[0].histogram_weight)
        assert trace[1].terms["histogram"] == pytest.approx(0, abs=1e-9) or share < 1
    assert 0 < histograms[0] < 1
    assert histograms[1:] == pytest.approx([histograms[0] / 4, 0])
    np.testing.assert_allclose(variations[1], np.multiply(1.75, variations[0]), rtol=1e-5)
    np.testing.assert_allclose(variations[2], np.multiply(2, variations[0]), rtol=1e-5)


@pytest.mark.parametrize(
    ("layers", "first", "second"),
    [
        ("relu1_1,relu3_1:2,relu4_1,relu5_1", {"relu3_1": 2, "relu4_1": 1, "relu5_1": 1}, None),
        ("relu1_1,relu2_1", {"relu1_1": 1, "relu2_1": 1}, {"relu1_1": 1, "relu2_1": 1}),
        ("relu5_1", {"relu5_1": 1}, None),
    ],
)
def test_patches_are_matched_where_they_mean_something(begun, objectives, layers, first, second):
    """And what sees more of the painting than matches do has less to say."""
    list(begun(style_layers=layers, style_loss="gram", **SMALL))
    found = [dict(objective.weights.style_layers) for objective in objectives]
    assert found[0] == first
    assert set(style_of(objectives[0]).picture) == set(first)
    if second is None:
        assert 0 < found[1].pop("relu5_1") < 1
        second = {"relu1_1": 1, "relu3_1": 2, "relu4_1": 1} if len(first) > 1 else {}
    assert found[1] == second


def seen(network, picture, layer):
    """Features (C, h, w) of an array (H, W, 3)."""
    with torch.no_grad():
        return network(torch.tensor(picture).float().movedim(-1, 0)[None], [layer])[layer][0].numpy()


def patches(values):
    """Each position with its eight neighbors as a row of length 1."""
    padded = np.pad(values.astype(float), ((0, 0), (1, 1), (1, 1)), mode="edge")
    height, width = values.shape[1:]
    rows = [padded[:, y : y + 3, x : x + 3].ravel() for y in range(height) for x in range(width)]
    return np.stack(rows) / np.linalg.norm(rows, axis=1)[:, None]


@pytest.mark.parametrize("part", [None, "rect(67, 0, 128, 112)"])
def test_the_first_pass_wants_the_features_that_match_best(begun, objectives, part):
    """By brute force: for each position that the mask touches the nearest patch by cosine, weighed by the mask."""
    run = begun(passes=1, style_layers="relu3_1", region="rect(50, 34, 83, 67)", feather=0, mask=part)
    list(run)
    (objective,) = objectives
    theirs, ours = (
        seen(objective.network, picture, "relu3_1") for picture in (begun.painting / 255, run.problem.own())
    )
    assert run.problem.crop.box == (0, 10, 107, 123)
    mask = np.zeros((108, 116))
    mask[34:67, 40:73] = 1
    mask = mask.reshape(27, 4, 29, 4).mean((1, 3))
    places = np.flatnonzero(mask)
    similar = patches(ours)[places] @ patches(theirs).T
    if part:
        # Positions of 4 pixels; of the one that starts at 64, no more than a quarter lies in it.
        similar[:, np.arange(28 * 32) % 32 < 17] = -1
    matched = theirs.reshape(len(theirs), -1)[:, similar.argmax(1)].astype(float)
    weights = mask.ravel()[places] / mask.sum()
    target = style_of(objective).picture["relu3_1"]
    np.testing.assert_allclose(target.mean.numpy(), matched @ weights, rtol=1e-3, atol=1e-3)
    gram = (matched * weights) @ matched.T
    np.testing.assert_allclose(target.gram.numpy(), gram, rtol=1e-3, atol=1e-5 * gram.max())


@pytest.mark.parametrize(
    ("region", "count"),
    [
        (REGION, 6 * 7),
        # 5 × 5 positions of 8 pixels from the crop's left, of which the last is covered by 3 of its 64 pixels.
        ("rect(50, 34, 83, 67)", 24),
        # Where no position is covered by more, all that are touched.
        ("rect(50, 34, 51, 35)", 1),
    ],
)
def test_the_second_pass_wants_what_neighbors_agree_on(begun, objectives, monkeypatch, region, count):
    asked = []

    def agreed(matches, mask, colors, radius):
        asked.append((len(matches), int(mask.sum()), tuple(colors.shape), radius))
        return torch.full_like(matches, 16 + 3)

    monkeypatch.setattr(harmonize, "agree", agreed)
    list(begun(region=region, feather=0, style_layers="relu1_1", style_loss="gram"))
    assert asked == [(count, count, (3, 14, 16), 2)]
    chosen = np.zeros((112, 128), bool)
    chosen[8:16, 24:32] = True
    np.testing.assert_array_equal(style_of(objectives[1]).mask[0, 0].numpy(), chosen)


def test_the_second_pass_matches_what_the_first_has_painted(begun, monkeypatch):
    looked_at, plain = [], harmonize.match_patches

    def watched(ours, theirs, **masks):
        looked_at.append(ours[0].numpy())
        return plain(ours, theirs, **masks)

    monkeypatch.setattr(harmonize, "match_patches", watched)
    run = begun(iterations="3", painterly=10)
    painted = [run.working_picture() for step in run if step.level == 1][-1]
    network = harmonize.Optimization(run.problem).network
    assert len(looked_at) == 3  # at both layers of the first pass, and at one of the second
    # A picture is clipped, what is optimized is not.
    expected = seen(network, painted, "relu4_1")
    assert np.linalg.norm(looked_at[2] - expected) < 0.02 * np.linalg.norm(expected)
    assert np.abs(looked_at[2] - seen(network, run.problem.content, "relu4_1")).max() > 1


def test_an_object_from_the_painting_is_found_there(begun, objectives):
    """Copied from 16 pixels to the right and 24 down, which are whole positions of the layer that is matched."""
    pasted = begun.painting.copy()
    pasted[OBJECT] = begun.painting[56:104, 64:120]
    list(begun(pasted, feather=0))
    chosen = style_of(objectives[1]).mask[0, 0].bool().numpy()
    assert chosen[64:96, 72:112].mean() > 0.9
    assert chosen[56:104, 64:120].sum() / chosen.sum() > 0.85
    blocks = chosen.reshape(14, 8, 16, 8)
    assert (blocks.min((1, 3)) == blocks.max((1, 3))).all()
    for layer, target in objectives[1].regions[0].histograms.items():
        features = seen(objectives[1].network, begun.painting / 255, layer)
        step = {"relu1_1": 1, "relu4_1": 8}[layer]
        np.testing.assert_allclose(target.numpy(), features[:, chosen[::step, ::step]].T, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("options", [{}, {"size": 28, "finish": 1, "feather": 0}])
def test_what_is_matched_lies_in_the_part_of_the_painting_that_counts(begun, objectives, options):
    list(begun(mask=RIGHT, **options))
    for objective in objectives[1:]:
        mask = style_of(objective).mask[0, 0]
        half = mask.shape[1] // 2
        assert mask[:, half:].any()
        assert not mask[:, :half].any()


def test_colors_of_the_part_that_does_not_count_stay_away(begun):
    """A gray object takes on the colors of either half."""
    pasted = begun.painting.copy()
    pasted[OBJECT] = np.repeat(texture(48, 56, 9)[..., :1], 3, -1)
    strong = {"iterations": "10", "painterly": 10, "content_weight": 0.05}
    tints = []
    for mask in ("rect(0, 0, 50%, 100%)", RIGHT):
        run = begun(pasted, mask=mask, **SMALL, **strong)
        list(run)
        inner = run.result().picture.pixels[38:74, 54:98].astype(float)
        tints.append((inner[..., 0] - inner[..., 2]).mean())
    assert tints[0] > 20
    assert tints[1] < -20
