"""One photo in the look of another: what is painted, and what makes a photo of it."""

import numpy as np
import pytest
from helpers import SHALLOW, drained, objectives_of
from PIL import Image
from scipy import ndimage

from sfumato import blend, color
from sfumato.errors import CheckpointError, RecipeError
from sfumato.features import VGG19
from sfumato.linalg.matting import affinity_energy, matting_laplacian
from sfumato.methods import Run, steps
from sfumato.methods.photoreal import paint as photo
from sfumato.recipe import Recipe

FAST = {
    "size": 0,
    "iterations": "2,1",
    **SHALLOW,
    "optimizer": "adam",
    "feather": 0,
}
RED, BLUE = (255, 0, 0), (0, 0, 255)
HEIGHT, WIDTH = 64, 80
TRANSFERS = {"reinhard": color.reinhard, "linear": color.match_linear, "histogram": color.match_histogram}


def texture(height, width, seed=0, low=0.2, high=0.8):
    rng = np.random.default_rng(seed)
    values = ndimage.zoom(rng.random((height // 8 + 2, width // 8 + 2, 3)), (8, 8, 1), order=1)[:height, :width]
    return np.rint(255 * (low + (high - low) * (0.9 * values + 0.1 * rng.random(values.shape)))).astype(np.uint8)


def halves(height, width, first, second, axis):
    """A label map or a pair of parts: the first half along an axis, and the rest."""
    found = np.empty((height, width, 3), np.uint8)
    found[:] = second
    np.moveaxis(found, axis, 0)[: found.shape[axis] // 2] = first
    return found


def gray(height, width, seed=0):
    return np.repeat(texture(height, width, seed)[..., :1], 3, -1)


def tinted(height, width, seed=0):
    """A reference whose left half is reddish, and whose right half is bluish."""
    left, right = texture(height, width, seed), texture(height, width, seed + 1)
    left[..., 1:] //= 4
    right[..., :2] //= 4
    return np.where(np.arange(width)[:, None] < width // 2, left, right)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Of a reference, and of maps: above red, below blue; in the reference left red, right blue, or turned round."""
    there = tmp_path_factory.mktemp("pictures")
    Image.fromarray(tinted(60, 72, 3)).save(there / "ref.png")
    Image.fromarray(halves(HEIGHT, WIDTH, RED, BLUE, 0)).save(there / "ours.png")
    Image.fromarray(halves(96, 112, RED, BLUE, 0)).save(there / "large.png")
    Image.fromarray(halves(60, 72, RED, BLUE, 1)).save(there / "theirs.png")
    Image.fromarray(halves(60, 72, BLUE, RED, 1)).save(there / "turned.png")
    return there


@pytest.fixture
def started(folder):
    def start(content=None, *, labels="ours.png", reference_labels="theirs.png", **options):
        given = {**FAST, "labels": labels, "reference_labels": reference_labels, **options}
        recipe = Recipe.from_options(style="ref.png", method="photo", **given)
        return steps(recipe, gray(HEIGHT, WIDTH, 1) if content is None else content, folder=folder)

    return start


def redness(pixels, axis=0):
    """How much more red than blue both halves are, along the rows."""
    difference = pixels[..., 0].astype(float) - pixels[..., 2]
    return [part.mean() for part in np.array_split(difference, 2, axis)]


# ---- what takes after what


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("semantic", ["soft", "hard"])
@pytest.mark.filterwarnings("ignore:at .* the loss rose")
def test_each_label_takes_after_its_own(started, semantic):
    above, below = redness(drained(started(semantic=semantic, iterations="8")).picture.pixels)
    assert above > 30
    assert below < -30
    turned = drained(started(semantic=semantic, iterations="8", reference_labels="turned.png")).picture.pixels
    above, below = redness(turned)
    assert above < -30
    assert below > 30


@pytest.mark.usefixtures("vgg")
def test_without_labels_all_takes_after_all(started):
    half = gray(HEIGHT // 2, WIDTH, 1)
    run = started(np.concatenate([half, half[::-1]]), semantic="none", iterations="8", realism="filter")
    assert run.problem.found == "no labels"
    above, below = redness(drained(run).picture.pixels)
    assert abs(above - below) < 30
    assert set(run.trace[0].terms) == {"ref.png", "content", "similarity", "variation"}


@pytest.mark.parametrize("semantic", ["soft", "hard", "none"])
@pytest.mark.parametrize("transfer", list(TRANSFERS))
def test_transfers_of_color_are_exact_and_need_no_network(started, monkeypatch, transfer, semantic):
    monkeypatch.setattr(photo, "Optimization", lambda _: pytest.fail("there is no network to load"))
    content = texture(HEIGHT, WIDTH, 1)
    run = started(content, transfer=transfer, semantic=semantic)
    result = drained(run)
    (step,) = run.trace
    assert (step.loss, step.terms, step.done, step.shape) == (0, {}, 1, (HEIGHT, WIDTH))
    reference, top = tinted(60, 72, 3) / np.float32(255), np.arange(HEIGHT)[:, None] < HEIGHT // 2
    if semantic == "none":
        expected = TRANSFERS[transfer](content / np.float32(255), reference)
    else:
        left = np.broadcast_to((np.arange(72) < 36).astype(float), (60, 72))
        first, second = (
            TRANSFERS[transfer](
                content / np.float32(255),
                reference,
                source_mask=np.broadcast_to(where, (HEIGHT, WIDTH)).astype(float),
                reference_mask=there,
            )
            for where, there in ((top, left), (~top, 1 - left))
        )
        expected = np.where(top[..., None], first, second)
    np.testing.assert_allclose(result.picture.rgb(), expected, atol=0.51 / 255)


def test_a_transfer_counts_and_changes_the_region_only(started):
    content = texture(HEIGHT, WIDTH, 1)
    result = drained(started(content, transfer="linear", semantic="none", region="rect(8, 8, 48, 40)"))
    inside = content[8:40, 8:48] / np.float32(255)
    expected = color.match_linear(inside, tinted(60, 72, 3) / np.float32(255))
    # The reference is as large as the region, which changes its colors by a little.
    np.testing.assert_allclose(result.picture.rgb()[8:40, 8:48], expected, atol=0.03)
    assert np.abs(expected - inside).mean() > 0.1
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[8:40, 8:48] = False
    np.testing.assert_array_equal(result.picture.pixels[outside], content[outside])


def test_a_transfer_at_a_smaller_size_has_the_detail_of_the_photo(started):
    run = started(texture(HEIGHT, WIDTH, 1), transfer="linear", size=40)
    (step,) = run
    small = run.working_picture()
    assert step.shape == small.shape[:2] == (32, 40)
    np.testing.assert_allclose(run.result().picture.rgb(), blend.enlarge(small, run.problem.own()), atol=0.51 / 255)


# ---- what makes it a photo


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("realism", ["grid", "filter", "laplacian", "screened-poisson", "none"])
def test_the_rest_keeps_its_bytes_whatever_the_realism(started, realism):
    content = texture(96, 112, 1)
    run = started(content, labels="large.png", realism=realism, region="rect(16, 16, 96, 80)", size=48)
    scales = set()
    for step in run:
        scales.add(step.shape)
        preview = run.preview()  # of any size
    result = run.result()
    outside = np.ones((96, 112), bool)
    outside[16:80, 16:96] = False
    for picture in (preview, result.picture):
        np.testing.assert_array_equal(picture.pixels[outside], content[outside])
        assert (picture.pixels != content).any(-1)[~outside].mean() > 0.9
    assert (result.alpha[outside] == 0).all()


@pytest.mark.usefixtures("vgg")
def test_every_level_can_be_seen_and_the_laplacian_adds_one(started):
    content = texture(96, 112, 1)
    found, energies = {}, {}
    matrix = matting_laplacian(content / np.float32(255))
    for realism in ("none", "laplacian"):
        run = started(content, labels="large.png", realism=realism, iterations="3,6")
        found[realism] = [(step.level, step.levels, step.shape, run.preview().shape) for step in run]
        energies[realism] = affinity_energy(run.result().picture.rgb(), matrix)
        with_it = {"photorealism" in step.terms for step in run.trace if step.level == 3}
        assert with_it == ({True} if realism == "laplacian" else set())
        assert not any("photorealism" in step.terms for step in run.trace if step.level < 3)
    assert {entry[::2] for entry in found["none"]} == {(1, (48, 56)), (2, (96, 112))}
    assert {entry[::2] for entry in found["laplacian"]} == {(1, (48, 56)), (2, (96, 112)), (3, (96, 112))}
    assert {entry[1] for entry in found["laplacian"]} == {3}
    assert {entry[3] for entry in found["none"]} == {(96, 112)}
    assert energies["laplacian"] < energies["none"] / 2


@pytest.mark.usefixtures("vgg")
def test_the_laplacian_takes_as_many_steps_again(started):
    steps_of = [
        [step.iterations for step in started(realism=realism, iterations="3,2", tolerance=0) if step.iteration == 1]
        for realism in ("none", "laplacian")
    ]
    assert steps_of == [[5], [5, 5]]  # too small for two sizes


@pytest.mark.usefixtures("vgg")
def test_a_grid_paints_the_photo_at_its_own_size(started):
    content = texture(96, 112, 1)
    run = started(content, labels="large.png", size=56, iterations="6", optimizer="lbfgs")
    for step in run:
        assert step.shape == (48, 56)
        # What a grid can do is the same at any size, but for what is lost where it is small.
        painted = step.full_picture()
        assert painted.shape == (96, 112, 3)
    result = run.result().picture.rgb()
    np.testing.assert_allclose(result, painted, atol=0.51 / 255)
    above, below = redness(result * 255)
    assert above > 30
    assert below < -30
    assert {name.split(" [")[0] for name in run.trace[0].terms} == {"ref.png", "content", "unevenness", "variation"}
    assert all(value == 0 for name, value in run.trace[-1].terms.items() if "content" in name)


@pytest.mark.usefixtures("vgg")
@pytest.mark.filterwarnings("ignore:at .* the loss rose")
def test_a_grid_is_the_more_even_the_more_that_weighs(started):
    """Measured in the picture: how much the change differs from pixel to pixel."""
    found = []
    for weight in (0.01, 1, 30):
        run = started(evenness=weight, iterations="12", optimizer="lbfgs", style_weight=1)
        result = drained(run)
        change = result.picture.pixels.astype(float) - run.problem.photo.pixels
        found.append(np.abs(np.diff(change, axis=1)).mean())
    assert found[0] > found[1] > found[2]


@pytest.mark.usefixtures("vgg")
def test_the_hold_of_fine_features_has_a_weight(started):
    terms = []
    for weight in (0, 1, 2.5):
        run = started(similarity_weight=weight, realism="none", iterations="1", optimizer="lbfgs")
        drained(run)
        terms.append(run.trace[0].terms)
    assert not any("similarity" in name for name in terms[0])
    for name in ("similarity [red]", "similarity [blue]"):
        assert terms[2][name] == pytest.approx(2.5 * terms[1][name], rel=1e-4)


@pytest.mark.usefixtures("vgg")
def test_labels_too_small_at_a_small_size_wait_for_a_larger_one(started, monkeypatch):
    found = objectives_of(monkeypatch, photo)
    drained(started(texture(96, 112, 1), labels="large.png", region="rect(40, 32, 64, 64)"))
    names = [sorted(region.name for region in objective.regions) for objective in found]
    assert names == [["all"], ["blue", "red"]]
    part = {"region": "rect(40, 32, 64, 64)", "mask": "rect(0, 0, 50%, 100%)", "semantic": "none"}
    result = drained(started(texture(96, 112, 1), **part, labels=None, reference_labels=None, iterations="20,4"))
    names = [[region.name for region in objective.regions] for objective in found]
    assert names[2:] == [["all"], ["all"]]
    assert redness(result.picture.pixels[32:64, 40:64])[0] > 30


@pytest.mark.usefixtures("vgg")
def test_what_is_known_of_the_reference_serves_both_times_at_the_last_size(started, monkeypatch):
    sizes, plain = [], VGG19.__call__

    def watched(self, picture, layers):
        sizes.append(tuple(picture.shape[-2:]))
        return plain(self, picture, layers)

    monkeypatch.setattr(VGG19, "__call__", watched)
    run = started(realism="laplacian", iterations="1")
    drained(run)
    assert [step.level for step in run.trace] == [1, 2]
    assert sizes.count((60, 72)) == 2  # once for each label


# ---- runs


@pytest.mark.usefixtures("vgg")
@pytest.mark.parametrize("realism", ["grid", "filter", "laplacian"])
@pytest.mark.filterwarnings("ignore:at .* the loss rose")
def test_a_run_resumed_ends_the_same_and_other_labels_are_another_run(started, folder, tmp_path, realism):
    def problem(first, second):
        Image.fromarray(halves(96, 112, first, second, 0)).save(folder / "edited.png")
        return started(texture(96, 112, 1), labels="edited.png", realism=realism).problem

    whole = Run(problem(RED, BLUE))
    expected, path = drained(whole), tmp_path / "checkpoint"
    first = Run(problem(RED, BLUE), checkpoint_path=path, checkpoint_every=0)
    for _ in range(2):
        next(first)
    second = Run(problem(RED, BLUE), checkpoint_path=path, resume=True)
    assert len(list(second)) == len(whole.trace) - 2
    np.testing.assert_array_equal(second.result().picture.pixels, expected.picture.pixels)
    with pytest.raises(CheckpointError):
        Run(problem(BLUE, RED), checkpoint_path=path, resume=True)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"style": ["a.jpg", "b.jpg"]}, "one style, the reference"),
        ({"start": "noise"}, "start is an option of the methods localized, naive and harmonize, not of photo"),
        ({"labels": "a.png"}, "labels need reference_labels as well"),
        ({"reference_labels": "a.png"}, "reference_labels need labels as well"),
        (
            {"method": "localized", "labels": "a.png", "reference_labels": "b.png"},
            "labels is an option of the method photo, not of localized",
        ),
        ({"semantic": "firm"}, "semantic"),
        ({"realism": "some"}, "realism"),
        ({"transfer": "magic"}, "transfer"),
        ({"similarity_weight": -1}, "similarity_weight"),
        ({"style": "a.sfm"}, "only the method fast can use, not photo"),
    ],
)
def test_recipes_that_are_refused(options, words):
    with pytest.raises(RecipeError, match=words) as caught:
        Recipe.from_options(**{"style": "a.jpg", "method": "photo", **options})
    assert "\n" not in str(caught.value)


def test_two_layers_are_refused():
    layer = {"styles": [{"image": "a.jpg"}]}
    with pytest.raises(RecipeError, match="one layer"):
        Recipe.from_mapping({"method": "photo", "layers": [layer, layer]})


def test_defaults_of_the_method():
    recipe = Recipe.from_options(style="a.jpg", method="photo")
    assert recipe.style_layers == ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    assert (recipe.semantic, recipe.realism, recipe.transfer) == ("soft", "grid", "network")
    assert (recipe.similarity_weight, recipe.style_loss, recipe.size) == (0, "gram", 704)
    assert Recipe.from_toml(recipe.to_toml()) == recipe
    for realism in ("filter", "laplacian", "screened-poisson", "none"):
        recipe = Recipe.from_options(style="a.jpg", method="photo", realism=realism, preset="draft")
        assert recipe.style_layers == ("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1")
        assert (recipe.similarity_weight, recipe.style_loss, recipe.size) == (1, "wasserstein", 352)
        assert Recipe.from_toml(recipe.to_toml()) == recipe
    assert Recipe.from_options(style="a.jpg", method="photo", preset="fine").size == 1024
    assert Recipe.from_options(style="a.jpg", method="photo", size=100, similarity_weight=2).similarity_weight == 2
    assert Recipe.from_options(style="a.jpg", method="photo", style_layers="relu4_1").style_layers == ("relu4_1",)


@pytest.mark.usefixtures("vgg")
def test_the_filter_smooths_the_same_share_of_the_picture_at_every_size(started, monkeypatch):
    seen, plain = [], blend.keep_detail

    def watched(own, changed, *, sigma_space):
        seen.append(sigma_space / own.shape[1])
        return plain(own, changed, sigma_space=sigma_space)

    monkeypatch.setattr(blend, "keep_detail", watched)
    unlabeled = {"semantic": "none", "labels": None, "reference_labels": None}
    drained(started(texture(200, 224, 1), realism="filter", size=224, iterations="1,1,1", **unlabeled))
    assert len(seen) >= 3
    assert max(seen) == pytest.approx(min(seen), rel=0.05)
