import itertools
import math
import re
import warnings

import cv2
import numpy as np
import pytest
import torch
from helpers import same
from PIL import Image

from sfumato import features
from sfumato.errors import CheckpointError, InputError, RecipeError, SfumatoWarning
from sfumato.feedforward import Painter, photos
from sfumato.feedforward import train as module
from sfumato.feedforward.network import Network
from sfumato.feedforward.perceptual_loss import CONTENT_LAYER, STYLE_LAYERS, PerceptualLoss
from sfumato.feedforward.photos import Photos
from sfumato.feedforward.settings import Settings
from sfumato.feedforward.sfm import Plan
from sfumato.feedforward.train import Training
from sfumato.metrics import color_distance
from sfumato.optimize import checkpoint

SMALL = Settings(steps=4, batch=2, size=32, style_size=32, width=2)


def changed(**fields):
    """The small settings with some changed."""
    return Settings(**(vars(SMALL) | fields))


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


def test_it_learns(make, folder, style, tmp_path):
    settings = Settings(steps=60, batch=2, size=64, style_size=96, width=8, style_weight=20, learning_rate=3e-3)
    training = make(settings)
    records = list(training.run())
    pull = [record.terms["style"] for record in records]
    assert np.mean(pull[-10:]) < np.mean(pull[:3]) / 2
    assert [record.step for record in records] == list(range(1, 61))
    assert records[-1].done == 1
    assert all(record.loss == pytest.approx(sum(record.terms.values())) for record in records)
    assert all(one.seconds < two.seconds for one, two in itertools.pairwise(records))
    training.trained().save(tmp_path / "a.sfm")
    paint = Painter(tmp_path / "a.sfm")
    for path in ("00.png", "21.png"):
        with Image.open(folder / path) as image:
            photo = np.asarray(image)
        assert color_distance(paint(photo) / 255, style) < 0.6 * color_distance(photo / 255, style)
    assert paint.plan.training["steps_done"] == 60
    assert paint.plan.training["style_weight"] == 20


def test_a_resumed_training_is_bit_for_bit_the_whole_one(make):
    settings = changed(masks=True, pixel_weight=1.0)
    whole = make(settings)
    expected = [record.terms for record in whole.run()]
    stopped = make(settings)
    run = stopped.run()
    first = [next(run).terms, next(run).terms]
    state = stopped.state()
    next(run)  # what is learned after does not change the state
    for _ in range(2):  # nor does what is learned from it
        resumed = make(settings)
        resumed.resume(state)
        assert resumed.step == 2
        rest = list(resumed.run())
        assert first + [record.terms for record in rest] == expected
        assert rest[0].seconds > state["seconds"]
        assert [(record.step, record.terms) for record in resumed.records] == list(enumerate(expected, 1))
        assert all(record.loss == pytest.approx(sum(record.terms.values())) for record in resumed.records)
        assert same(learned(whole), learned(resumed))
        assert list(resumed.run()) == []


def learned(training):
    """All of a training's state but how long it took."""
    return {name: value for name, value in training.state().items() if name not in ("seconds", "lessons")}


def test_a_training_resumed_with_more_steps_is_bit_for_bit_one_of_that_many(make, tmp_path):
    long = make(changed(steps=6))
    expected = [record.terms for record in long.run()]
    short = make()
    list(short.run())
    checkpoint.write(tmp_path / "a", short.state(), fingerprint=short.fingerprint)
    more = make(changed(steps=6))
    more.resume(checkpoint.read(tmp_path / "a", fingerprint=more.fingerprint))
    rest = list(more.run())
    assert [(record.step, record.steps) for record in rest] == [(5, 6), (6, 6)]
    assert [record.terms for record in more.records] == expected
    assert [record.steps for record in more.records] == [6] * 6
    assert same(learned(long), learned(more))


def test_the_seed_decides(make):
    other = make(changed(seed=1))
    one, same_again = make(), make()
    losses = [[record.loss for record in training.run()] for training in (one, same_again, other)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def heard(act, *given):
    """Call a function and return what it warned of."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        act(*given)
    assert all(one.category is SfumatoWarning for one in found)
    return [str(one.message) for one in found]


def test_photos_that_came_and_went_are_counted_and_the_training_goes_on(make, folder, style, tmp_path):
    stopped = make()
    next(stopped.run())
    (tmp_path / "sub").mkdir()
    for path in folder.iterdir():
        if path.name[0] != "0":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "sub" / "new.png").write_bytes((folder / "00.png").read_bytes())
    resumed = Training({"stripes": style}, Photos(tmp_path, 32), SMALL)
    assert heard(resumed.resume, stopped.state()) == ["the photos have changed since the last step: 1 added, 2 removed"]
    assert [record.step for record in resumed.run()] == [2, 3, 4]
    assert heard(make().resume, stopped.state()) == []
    # What is saved next is of the photos that are there now.
    assert heard(Training({"stripes": style}, Photos(tmp_path, 32), changed(steps=5)).resume, resumed.state()) == []


ANOTHER = [
    ({"style_weight": 5.0}, "style_weight was 3 and is now 5"),
    ({"content_weight": 0.5, "seed": 2}, "content_weight was 1 and is now 0.5, seed was 0 and is now 2"),
    ({"variation_weight": 0.0}, "variation_weight was 0.5 and is now 0"),
    ({"pixel_weight": 0.25}, "pixel_weight was 0 and is now 0.25"),
    ({"batch": 3}, "batch was 2 and is now 3"),
    ({"size": 48, "style_size": 40}, "size was 32 and is now 48, style_size was 32 and is now 40"),
    ({"width": 3, "steps": 9}, "width was 2 and is now 3"),
    ({"masks": True}, "masks was off and is now on"),
    ({"learning_rate": 0.01}, "learning_rate was 0.001 and is now 0.01"),
]


@pytest.fixture(scope="module")
def begun(vgg, folder, style):
    """A training of which a step is done."""
    training = Training({"stripes": style}, Photos(folder, 32), SMALL)
    next(training.run())
    return training


@pytest.mark.parametrize("finished", [False, True])
@pytest.mark.parametrize(("fields", "said"), ANOTHER)
def test_a_training_of_other_settings_is_refused_by_name(make, begun, fields, said, finished):
    other = make(changed(**fields))
    before = learned(other)
    with pytest.raises(CheckpointError) as caught:
        other.go_on_from(begun.trained()) if finished else other.resume(begun.state())
    assert str(caught.value) == f"cannot resume: {said}; change it back, or start anew"
    assert same(learned(other), before)


@pytest.mark.parametrize("finished", [False, True])
def test_a_training_in_other_styles_is_refused_by_name(make, begun, style, finished):
    found = {}
    for name, styles in {
        "other name": {"waves": style},
        "one more": {"stripes": style, "waves": style},
        "picture": {"stripes": 1 - style},
        "shape": {"stripes": style.reshape(48, 192, 3)},
    }.items():
        other = make(styles=styles)
        with pytest.raises(CheckpointError) as caught:
            other.go_on_from(begun.trained()) if finished else other.resume(begun.state())
        found[name] = re.fullmatch(r"cannot resume: (.*); change it back, or start anew", str(caught.value))[1]
    assert found == {
        "other name": "the styles were stripes and are now waves",
        "one more": "the styles were stripes and are now stripes, waves",
        "picture": "the picture of style stripes is another",
        "shape": "the picture of style stripes is another",
    }


@pytest.mark.parametrize("finished", [False, True])
def test_more_steps_than_asked_for(make, finished):
    training, fewer, equal = make(), make(changed(steps=3)), make()
    list(training.run())

    def go_on(other):
        other.go_on_from(training.trained()) if finished else other.resume(training.state())

    with pytest.raises(RecipeError, match=r"^steps is 3, and 4 are done already; use 4 or more$"):
        go_on(fewer)
    assert heard(go_on, equal) == ["all 4 steps are done already; ask for more to go on"]
    assert list(equal.run()) == []
    assert same(learned(equal)["network"], learned(training)["network"])


def test_a_finished_network_is_trained_on_with_an_optimizer_that_starts_afresh(make, tmp_path):
    short = make()
    list(short.run())
    short.trained().save(tmp_path / "a.sfm")
    network = Network.load(tmp_path / "a.sfm")
    more = make(changed(steps=7))
    next(more.run())  # nothing of what it did before counts
    note = (
        "a finished network goes on after step 4; the optimizer starts afresh, so the loss is a little higher at first"
    )
    assert heard(more.go_on_from, network) == [note]
    assert (more.step, more.seconds, more.records) == (4, 0, [])
    assert same(learned(more)["network"], learned(short)["network"])
    # The same by hand: the next photos, and the optimizer of a new training.
    state = make(changed(steps=7)).state() | {"step": 4, "network": short.state()["network"]}
    expected = make(changed(steps=7))
    expected.resume(state)
    assert [record.terms for record in more.run()] == [record.terms for record in expected.run()]
    assert [record.step for record in more.records] == [5, 6, 7]
    assert same(learned(more), learned(expected))
    assert more.trained().plan.training["steps_done"] == 7
    assert same(network.state_dict(), short.trained().state_dict())


def test_networks_that_tell_less_of_their_training(make, begun, style):
    network = begun.trained()
    told = dict(network.plan.training)
    del told["pictures"]  # as networks were written before
    network.plan = Plan(network.plan.styles, network.plan.width, training=told)
    other = make(styles={"stripes": 1 - style})
    assert len(heard(other.go_on_from, network)) == 1
    assert other.step == 1
    network.plan = Plan(network.plan.styles, network.plan.width, training={"steps_done": 1})
    with pytest.raises(CheckpointError, match=r"cannot resume: width was 2 and is now 3, masks was off and is now on;"):
        make(changed(width=3, masks=True)).go_on_from(network)
    network.plan = Plan(network.plan.styles, network.plan.width)
    with pytest.raises(CheckpointError, match=r"^the network does not say how it was trained, so it cannot be trained"):
        make().go_on_from(network)


def test_styles_take_turns(make, style, monkeypatch):
    training = make(changed(steps=3, batch=3), {"one": style, "two": 1 - style})
    seen = []
    perceptual_loss = training._perceptual_loss
    monkeypatch.setattr(training, "_perceptual_loss", lambda *given: seen.extend(given[2]) or perceptual_loss(*given))
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
    masked = make(changed(masks=True))
    assert masked.preview().shape == (height, width, 3)


def test_a_step_whose_slope_is_no_number_changes_nothing(make, monkeypatch):
    training = make()
    before = training.state()["network"]
    perceptual_loss = training._perceptual_loss

    def broken(*given):
        return {name: value * math.nan for name, value in perceptual_loss(*given).items()}

    monkeypatch.setattr(training, "_perceptual_loss", broken)
    run = training.run()
    assert math.isnan(next(run).loss)
    assert same(training.state()["network"], before)
    monkeypatch.setattr(training, "_perceptual_loss", perceptual_loss)
    assert math.isfinite(next(run).loss)
    assert not same(training.state()["network"], before)


def test_how_often_a_slope_was_no_number_is_kept(make, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 2)
    training, resumed = make(), make()
    for each in (training, resumed):
        monkeypatch.setattr(each, "_perceptual_loss", lambda painted, *_: {"style": painted.sum() * math.inf})
    next(training.run())
    resumed.resume(training.state())
    with pytest.raises(RecipeError, match="diverged at step 2: for 2 steps"):
        next(resumed.run())


def test_a_training_that_diverges_is_given_up(make, monkeypatch):
    training = make(changed(steps=9))
    monkeypatch.setattr(module, "_PATIENCE", 3)
    monkeypatch.setattr(training, "_perceptual_loss", lambda painted, *_: {"style": painted.sum() * math.inf})
    run = training.run()
    next(run), next(run)
    with pytest.raises(RecipeError, match=r"diverged at step 3: for 3 steps its gradient was no number; use"):
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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("steps", 0, "steps is 0; use 1 to 100000000"),
        ("batch", 0, "batch is 0; use 1 to 1024"),
        ("size", 31, "size is 31; use 32 to 4096"),
        ("style_size", 8, "style_size is 8; use 32 to 16384"),
        ("width", 0, "width is 0; use 1 to 1024"),
        ("seed", -1, "seed is -1; use 0 to 9223372036854775807"),
        ("content_weight", -0.5, "content_weight is -0.5; use 0 to 1000000"),
        ("style_weight", math.nan, "style_weight is nan; use 0 to 1000000"),
        ("variation_weight", math.inf, "variation_weight is inf; use 0 to 1000000"),
        ("style_weight", 1e300, "style_weight is 1e+300; use 0 to 1000000"),
        ("seed", 2**64, "seed is 18446744073709551616; use 0 to 9223372036854775807"),
        ("pixel_weight", -1, "pixel_weight is -1; use 0 to 1000000"),
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
    perceptual_loss = PerceptualLoss(features.load(), [torch.from_numpy(style)[None] for style in styles], settings)
    given = torch.from_numpy(masks)[:, None] if masked else None
    found = perceptual_loss(torch.from_numpy(painted), torch.from_numpy(photo), [1, 0], given)
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
    perceptual_loss = PerceptualLoss(
        network, [torch.from_numpy(np.concatenate([style, opacity]))[None]], Settings(style_weight=1)
    )
    found = perceptual_loss(torch.from_numpy(painted), torch.from_numpy(photo), [0])["style"].item()
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
