import itertools
import math

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from sfumato import features
from sfumato.errors import InputError, RecipeError
from sfumato.evaluate import color_distance
from sfumato.feedforward import Painter, photos
from sfumato.feedforward import train as module
from sfumato.feedforward.critic import CONTENT_LAYER, STYLE_LAYERS, Critic
from sfumato.feedforward.photos import Photos
from sfumato.feedforward.settings import Settings
from sfumato.feedforward.train import Training

SMALL = Settings(steps=4, batch=2, size=32, style_size=32, width=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photos made of what scikit-image carries, each cut in two."""
    from skimage import data

    place = tmp_path_factory.mktemp("photos")
    for number, photo in enumerate((data.astronaut(), data.chelsea(), data.coffee(), data.rocket())):
        half = photo.shape[1] // 2
        for part, piece in enumerate((photo[:, :half], photo[:, half:])):
            small = cv2.resize(piece, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
            Image.fromarray(small).save(place / f"{number}{part}.png")
    return place


@pytest.fixture(scope="module")
def style():
    """Curved stripes in red and yellow."""
    rows, columns = np.mgrid[:96, :96]
    wave = np.sin(columns / 3 + 3 * np.sin(rows / 14))[..., None]
    return np.where(wave > 0, np.float32([0.8, 0.1, 0.1]), np.float32([0.95, 0.8, 0.2])).astype(np.float32)


@pytest.fixture
def make(vgg, folder, style):
    def training(settings=SMALL, styles=None):
        return Training(styles or {"stripes": style}, Photos(folder, settings.size), settings)

    return training


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def test_it_learns(make, folder, style, tmp_path):
    settings = Settings(steps=60, batch=2, size=64, style_size=96, width=8, style_weight=20, learning_rate=3e-3)
    training = make(settings)
    lessons = list(training.run())
    pull = [lesson.terms["style"] for lesson in lessons]
    assert np.mean(pull[-10:]) < np.mean(pull[:3]) / 2
    assert [lesson.step for lesson in lessons] == list(range(1, 61))
    assert lessons[-1].done == 1
    assert all(lesson.loss == pytest.approx(sum(lesson.terms.values())) for lesson in lessons)
    assert all(one.seconds < two.seconds for one, two in itertools.pairwise(lessons))
    training.trained().save(tmp_path / "a.sfm")
    paint = Painter(tmp_path / "a.sfm")
    for path in ("00.png", "21.png"):
        with Image.open(folder / path) as image:
            photo = np.asarray(image)
        assert color_distance(paint(photo) / 255, style) < 0.6 * color_distance(photo / 255, style)
    assert paint.plan.training["steps_done"] == 60
    assert paint.plan.training["style_weight"] == 20


def test_a_resumed_training_is_bit_for_bit_the_whole_one(make):
    settings = Settings(**(vars(SMALL) | {"masks": True, "pixel_weight": 1.0}))
    whole = make(settings)
    expected = [lesson.terms for lesson in whole.run()]
    stopped = make(settings)
    run = stopped.run()
    first = [next(run).terms, next(run).terms]
    state = stopped.state()
    next(run)  # what is learned after does not change the state
    resumed = make(settings)
    assert resumed.fingerprint == stopped.fingerprint
    resumed.resume(state)
    assert resumed.step == 2
    rest = list(resumed.run())
    assert first + [lesson.terms for lesson in rest] == expected
    assert rest[0].seconds > state["seconds"]
    left, right = whole.state(), resumed.state()
    assert same(left["network"], right["network"])
    assert same(left["optimizer"], right["optimizer"])
    assert list(resumed.run()) == []


def test_the_seed_decides(make):
    other = make(Settings(**(vars(SMALL) | {"seed": 1})))
    one, same_again = make(), make()
    losses = [[lesson.loss for lesson in training.run()] for training in (one, same_again, other)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_the_fingerprint_is_of_all_that_shapes_a_training(make, folder, style, tmp_path):
    prints = [
        make().fingerprint,
        make(styles={"other": style}).fingerprint,
        make(styles={"stripes": 1 - style}).fingerprint,
    ]
    prints.append(make(Settings(**(vars(SMALL) | {"steps": 5}))).fingerprint)
    few = Photos(folder, 32, leave_out=[folder / "00.png"])
    prints.append(Training({"stripes": style}, few, SMALL).fingerprint)
    assert len(set(prints)) == 5
    assert make().fingerprint == prints[0]


def test_styles_take_turns(make, style, monkeypatch):
    training = make(Settings(**(vars(SMALL) | {"steps": 3, "batch": 3})), {"one": style, "two": 1 - style})
    seen = []
    critic = training._critic
    monkeypatch.setattr(training, "_critic", lambda *given: seen.extend(given[2]) or critic(*given))
    before = training.state()["network"]["layers.up1.shift"]
    list(training.run())
    assert seen == [0, 1, 0, 1, 0, 1, 0, 1, 0]
    change = (training.state()["network"]["layers.up1.shift"] - before).abs().amax(1)
    assert (change > 1e-4).all()


def test_a_preview_of_each_style(make, style, folder):
    training = make(styles={"one": style, "two": 1 - style})
    height, width = training.photos.first().shape[:2]
    seen = training.preview()
    assert (seen.dtype, seen.shape) == (np.float32, (height, 2 * width, 3))
    with torch.no_grad():
        photo = torch.from_numpy(training.photos.first()).movedim(-1, 0)[None]
        expected = training.network(photo, torch.tensor([[0.0, 1.0]]))[0].movedim(0, -1).numpy()
    np.testing.assert_allclose(seen[:, width:], expected, atol=1e-6)
    masked = make(Settings(**(vars(SMALL) | {"masks": True})))
    assert masked.preview().shape == (height, width, 3)


def test_a_step_whose_slope_is_no_number_changes_nothing(make, monkeypatch):
    training = make()
    before = training.state()["network"]
    critic = training._critic

    def broken(*given):
        return {name: value * math.nan for name, value in critic(*given).items()}

    monkeypatch.setattr(training, "_critic", broken)
    run = training.run()
    assert math.isnan(next(run).loss)
    assert same(training.state()["network"], before)
    monkeypatch.setattr(training, "_critic", critic)
    assert math.isfinite(next(run).loss)
    assert not same(training.state()["network"], before)


def test_a_training_that_diverges_is_given_up(make, monkeypatch):
    training = make(Settings(**(vars(SMALL) | {"steps": 9})))
    monkeypatch.setattr(module, "_PATIENCE", 3)
    monkeypatch.setattr(training, "_critic", lambda painted, *_: {"style": painted.sum() * math.inf})
    run = training.run()
    next(run), next(run)
    with pytest.raises(RecipeError, match=r"the training diverged at step 3: for 3 steps its slope was no number; use"):
        next(run)
    assert all(torch.isfinite(values).all() for values in training.network.parameters())


def test_photos_that_vanish_end_the_training(make, monkeypatch):
    training = make()
    monkeypatch.setattr(photos.images, "load", None)
    training.photos._kept.clear()
    training.photos.skipped.update(dict.fromkeys(training.photos.files, "gone"))
    with pytest.raises(InputError, match="no photo in it can be used"):
        next(training.run())


def test_nothing_to_learn(folder, style):
    with pytest.raises(RecipeError, match="there is no style to learn; give at least one"):
        Training({}, Photos(folder, 32), SMALL)
    with pytest.raises(RecipeError, match="the photos come in pieces of 48 pixels, not 32; make them alike"):
        Training({"a": style}, Photos(folder, 48), SMALL)


@pytest.mark.parametrize("size", [(96, 200, 48, 100), (200, 96, 100, 48), (30, 900, 16, 100), (40, 90, 40, 90)])
def test_styles_are_shrunk_to_their_size(size):
    height, width, rows, columns = size
    found = module.shrunk(np.full((height, width, 3), 0.25, np.float32), 100)
    assert found.shape == (rows, columns, 3)
    np.testing.assert_allclose(found, 0.25, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("steps", 0, "steps is 0; use 1 or more"),
        ("batch", 0, "batch is 0; use 1 or more"),
        ("size", 31, "size is 31; use 32 or more"),
        ("style_size", 8, "style_size is 8; use 32 or more"),
        ("width", 0, "width is 0; use 1 or more"),
        ("seed", -1, "seed is -1; use 0 or more"),
        ("content_weight", -0.5, "content_weight is -0.5; use 0 or more"),
        ("style_weight", math.nan, "style_weight is nan; use 0 or more"),
        ("variation_weight", math.inf, "variation_weight is inf; use 0 or more"),
        ("pixel_weight", -1, "pixel_weight is -1; use 0 or more"),
        ("learning_rate", 0, "learning_rate is 0; use more than 0, up to 1"),
        ("learning_rate", math.nan, "learning_rate is nan; use more than 0, up to 1"),
    ],
)
def test_settings_out_of_range(name, value, said):
    with pytest.raises(RecipeError) as caught:
        Settings(**{name: value})
    assert str(caught.value) == said


def expected_terms(painted, photo, style, mask):
    """Content, style and variation of one picture, in NumPy."""
    network = features.load()
    layers = {CONTENT_LAYER, *STYLE_LAYERS}

    def seen(picture):
        with torch.no_grad():
            found = network(torch.from_numpy(picture)[None], layers)
        return {name: value[0].numpy().astype(np.float64) for name, value in found.items()}

    own, photos_own, styles_own = seen(painted), seen(photo), seen(style)

    def carried(layer):
        side = mask.shape[0] // own[layer].shape[1]
        return mask.reshape(mask.shape[0] // side, side, -1, side).mean((1, 3))

    m = carried(CONTENT_LAYER)
    content = (m * (own[CONTENT_LAYER] - photos_own[CONTENT_LAYER]) ** 2).sum() / (
        m * photos_own[CONTENT_LAYER] ** 2
    ).sum()
    pull = 0.0
    for layer in STYLE_LAYERS:
        m = carried(layer)
        gram = np.einsum("chw,dhw,hw->cd", own[layer], own[layer], m) / m.sum()
        target = np.einsum("chw,dhw->cd", styles_own[layer], styles_own[layer]) / styles_own[layer][0].size
        pull += ((gram - target) ** 2).sum() / (target**2).sum() / len(STYLE_LAYERS)
    down = (np.diff(painted, axis=1) ** 2 * np.minimum(mask[1:], mask[:-1])).sum()
    right = (np.diff(painted, axis=2) ** 2 * np.minimum(mask[:, 1:], mask[:, :-1])).sum()
    return content, pull, (down + right) / mask.sum()


@pytest.mark.parametrize("masked", [False, True])
def test_the_terms_of_the_loss(vgg, masked):
    rng = np.random.default_rng(0)
    painted, photo = rng.random((2, 2, 3, 32, 32), np.float32)
    styles = rng.random((2, 3, 48, 32), np.float32)
    masks = rng.random((2, 32, 32), np.float32) if masked else np.ones((2, 32, 32), np.float32)
    settings = Settings(content_weight=0.7, style_weight=2, variation_weight=0.3, pixel_weight=0.9)
    critic = Critic(features.load(), [torch.from_numpy(style)[None] for style in styles], settings)
    given = torch.from_numpy(masks)[:, None] if masked else None
    found = critic(torch.from_numpy(painted), torch.from_numpy(photo), [1, 0], given)
    parts = np.mean(
        [expected_terms(painted[n], photo[n], styles[1 - n], masks[n].astype(np.float64)) for n in range(2)], axis=0
    )
    expected = dict(zip(("content", "style", "variation"), parts * (0.7, 2, 0.3), strict=True))
    expected["pixel"] = 0.9 * ((painted.astype(np.float64) - photo) ** 2).mean()
    if masked:
        outside = ((painted.astype(np.float64) - photo) ** 2 * (1 - masks[:, None])).mean()
        expected["outside"] = 20 * outside
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert value.item() == pytest.approx(expected[name], rel=1e-4), name


def test_a_style_counts_by_its_opacity(vgg):
    """The target is the Gram matrix of the style's features, weighed by the mean opacity of what each stands for."""
    rng = np.random.default_rng(0)
    painted, photo = rng.random((2, 1, 3, 32, 32), np.float32)
    style = rng.random((3, 64, 48), np.float32)
    opacity = rng.random((1, 64, 48), np.float32)
    network = features.load()
    critic = Critic(network, [torch.from_numpy(np.concatenate([style, opacity]))[None]], Settings(style_weight=1))
    found = critic(torch.from_numpy(painted), torch.from_numpy(photo), [0])["style"].item()
    expected = 0.0
    with torch.no_grad():
        own, target = (network(torch.from_numpy(picture)[None], STYLE_LAYERS) for picture in (painted[0], style))
    for layer in STYLE_LAYERS:
        ours, theirs = own[layer][0].double().numpy(), target[layer][0].double().numpy()
        side = 64 // theirs.shape[1]
        weight = opacity[0].reshape(64 // side, side, -1, side).mean((1, 3))
        gram = np.einsum("chw,dhw->cd", ours, ours) / ours[0].size
        wanted = np.einsum("chw,dhw,hw->cd", theirs, theirs, weight) / weight.sum()
        expected += ((gram - wanted) ** 2).sum() / (wanted**2).sum() / len(STYLE_LAYERS)
    assert found == pytest.approx(expected, rel=1e-4)
