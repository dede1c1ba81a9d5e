"""Every public function on arrays: the same for all types, and one clear ValueError for what is no picture."""

import dataclasses
import inspect
import re
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image
from skimage import data

from sfumato import blend, color, images, labels, linalg, metrics, models, regions
from sfumato.arrays import as_float_image, as_float_mask, as_float_values, same_size
from sfumato.errors import ImageError, InputError, ModelError, RegionError
from sfumato.regions import segmenters

RNG = np.random.default_rng(0)
PHOTO, OTHER = (RNG.integers(0, 256, (24, 28, 3), np.uint8) for _ in range(2))
MASK = np.zeros((24, 28), np.uint8)
MASK[6:18, 8:22], MASK[10:14, 10:14] = 255, 128
RED = np.full((48, 56, 3), 204, np.uint8)
RED[16:32, 18:38] = 230, 26, 26
FACE = data.astronaut()[40:200, 140:310]
SKY = {"sky": MASK, "sea": 255 - MASK}
MATRIX, KNOWN = linalg.laplacian(MASK > 0, np.full(MASK.shape, 0.5), OTHER)
MOTION = metrics.source_motion(PHOTO, PHOTO, flow="farneback")


class Case(NamedTuple):
    """How a function is called: the names in each part of `same` are arrays of one size, by default all of them."""

    arrays: dict
    options: Mapping = MappingProxyType({})
    same: str | None = None
    any_scale: tuple = ()
    needs: str = ""

    @property
    def groups(self):
        return [list(self.arrays)] if self.same is None else [part.split() for part in self.same.split(";")]


def transfer_case(first, first_mask):
    arrays = {first: OTHER, first_mask: MASK, "reference": PHOTO, "reference_mask": MASK}
    return Case(arrays, same=f"{first} {first_mask}; reference reference_mask")


TWO = {"photo": PHOTO, "styled": OTHER}
CASES = {
    regions.click: Case({"photo": RED}, {"points": [(28, 24)]}, needs="u2netp"),
    regions.crf: Case({"photo": PHOTO, "region": MASK}),
    regions.evaluate: Case({"photo": PHOTO}, {"text": "flood(3, 3, tolerance=90)"}),
    regions.eyes: Case({"photo": FACE}, needs="faces"),
    regions.face: Case({"photo": FACE}, {"number": 1}, needs="faces"),
    regions.feather: Case({"region": MASK}, {"amount": 4}),
    regions.find: Case({"photo": PHOTO}, needs="segmenter"),
    regions.find_faces: Case({"photo": FACE}, needs="faces"),
    regions.background: Case({"photo": RED}, needs="u2netp"),
    regions.flood: Case({"photo": PHOTO}, {"x": 3.0, "y": 3.0, "tolerance": 90.0}),
    regions.grabcut: Case({"photo": PHOTO, "region": MASK, "keep": MASK // 2, "drop": MASK // 3}),
    regions.grow: Case({"region": MASK}, {"amount": 2}),
    regions.hair: Case({"photo": FACE}, needs="faces u2netp"),
    regions.label: Case({"photo": PHOTO}, {"name": "light"}, needs="segmenter"),
    regions.lips: Case({"photo": FACE}, needs="faces"),
    regions.matte: Case({"photo": PHOTO, "region": MASK}, {"width": 3.0}, needs="pymatting"),
    regions.refine: Case({"photo": PHOTO, "region": MASK}, {"width": 3.0}),
    regions.scribble: Case({"photo": PHOTO, "keep": MASK // 128 * 128, "drop": 255 - MASK}),
    regions.shrink: Case({"region": MASK}, {"amount": 2}),
    regions.text: Case({"photo": PHOTO}, {"words": "light"}, needs="text"),
    regions.subject: Case({"photo": RED}, needs="u2netp"),
    segmenters.enlarge: Case({"photo": PHOTO, "small": MASK[::4, ::4]}, same=""),
    labels.cutoff: Case({"labels": SKY}),
    labels.hard: Case({"labels": SKY}),
    labels.limit: Case({"content": SKY}, {"style": ["sky"]}),
    labels.match: Case({"content": SKY, "style": SKY}, same="content; style"),
    labels.merge: Case({"labels": SKY}),
    labels.normalize: Case({"labels": SKY}),
    labels.paired_clusters: Case(
        {"photo": PHOTO, "reference": OTHER, "opacity_reference": MASK},
        {"count": 2},
        same="reference opacity_reference",
    ),
    color.into_range: Case({"image": PHOTO}, any_scale=("image",)),
    color.keep_colors: Case(TWO),
    color.luminance: Case({"image": PHOTO}, any_scale=("image",)),
    color.match_histogram: transfer_case("source", "source_mask"),
    color.match_linear: transfer_case("source", "source_mask"),
    color.match_luminance: Case(
        {"style": OTHER, "photo": PHOTO, "mask": MASK, "style_mask": MASK}, same="style style_mask; photo mask"
    ),
    color.oklab_to_rgb: Case({"image": PHOTO}, any_scale=("image",)),
    color.reinhard: transfer_case("source", "source_mask"),
    color.rgb_to_oklab: Case({"image": PHOTO}, any_scale=("image",)),
    color.rgb_to_yiq: Case({"image": PHOTO}, any_scale=("image",)),
    color.strengthen: Case(TWO, {"strength": 0.4}),
    color.transfer_per_label: Case(
        {"photo": PHOTO, "reference": OTHER, "labels_photo": SKY, "labels_reference": SKY},
        {"transfer": color.match_linear},
        same="photo labels_photo; reference labels_reference",
    ),
    color.yiq_to_rgb: Case({"image": PHOTO}, any_scale=("image",)),
    blend.clean_colors: Case({"photo": PHOTO, "result": OTHER}),
    blend.compose: Case(
        {"styled": OTHER, "alpha": MASK}, {"photo": images.from_array(PHOTO), "box": (0, 0, *MASK.shape)}
    ),
    blend.enlarge: Case(TWO, same=""),
    blend.foreground: Case({"image": PHOTO, "alpha": MASK}),
    blend.keep_detail: Case({"photo": PHOTO, "result": OTHER}, {"sigma_space": 5.0}),
    blend.mrf: Case({**TWO, "mask": MASK}, {"width": 3.0}),
    blend.poisson: Case({**TWO, "mask": MASK}, {"width": 3.0}),
    blend.recursive_filter: Case({"guide": PHOTO, "image": OTHER}, {"sigma_space": 5.0}, any_scale=("image",)),
    blend.screened_poisson: Case({"photo": PHOTO, "result": OTHER}, {"weight": 0.1}),
    blend.seam: Case({**TWO, "mask": MASK}, {"blend": "feather", "width": 3.0}),
    blend.smooth: Case({**TWO, "mask": MASK}, {"width": 3.0}),
    blend.soft_edge: Case({"mask": MASK}, {"width": 4.0}),
    blend.sides: Case({"photo": PHOTO, "alpha": MASK}),
    blend.unmatted: Case({"image": PHOTO, "alpha": MASK}),
    metrics.color_distance: transfer_case("picture", "mask"),
    metrics.color_stretch: Case(
        {"photo": PHOTO, "style": OTHER, "mask": MASK, "style_mask": MASK}, same="photo mask; style style_mask"
    ),
    metrics.flow_difference: Case({"before": PHOTO, "now": OTHER, "mask": MASK}, {"motion": MOTION}),
    metrics.source_motion: Case({"before": PHOTO, "now": OTHER}, {"flow": "farneback"}),
    metrics.warping_error: Case({"before": PHOTO, "now": OTHER, "mask": MASK}, {"motion": MOTION}),
    metrics.faces: Case({"photo": FACE, "picture": FACE[::-1]}, same="", needs="faces"),
    metrics.halo: Case({"photo": PHOTO, "picture": OTHER, "labels": SKY}),
    metrics.noise: transfer_case("picture", "mask"),
    metrics.seam: Case({"mask": MASK, **TWO, "result": PHOTO}),
    metrics.share_distance: Case(
        {"photo": OTHER, "picture": PHOTO, "mask": MASK, "style": OTHER},
        {"layers": ["relu1_1"]},
        same="picture photo mask",
        needs="vgg19",
    ),
    metrics.show_through: Case({"picture": PHOTO, "pasted": OTHER, "painting": PHOTO[::-1], "mask": MASK}),
    metrics.stray_hue: Case({"photo": PHOTO, "picture": OTHER, "labels": SKY}),
    metrics.structure: Case({"original": OTHER, "picture": PHOTO, "mask": MASK}),
    metrics.style_distance: Case(
        {"picture": PHOTO, "style": OTHER, "mask": MASK, "style_mask": MASK},
        {"layers": ["relu1_1"]},
        same="picture mask; style style_mask",
        needs="vgg19",
    ),
    linalg.affinity_energy: Case(
        {"picture": OTHER}, {"laplacian": linalg.matting_laplacian(PHOTO)}, any_scale=("picture",)
    ),
    linalg.laplacian: Case({"region": MASK, "conductance": MASK, "values": PHOTO}, any_scale=("conductance", "values")),
    linalg.matting_laplacian: Case({"image": PHOTO}, {"epsilon": 1e-3}, any_scale=("image",)),
    linalg.solve: Case({"region": MASK}, {"matrix": MATRIX, "known": KNOWN}),
}
each_function = pytest.mark.parametrize(
    "function", CASES, ids=[f"{function.__module__.split('.')[1]}.{function.__name__}" for function in CASES]
)


class Light:
    """A segmenter that finds one thing: light."""

    name = key = "light"
    names = MappingProxyType({"light": "light"})

    def __call__(self, photo, words=None):
        small = photo.mean(-1)[::4, ::4]
        return segmenters.Segments({"light": small}, ()) if words is None else small


@pytest.fixture(autouse=True)
def _needed(request, monkeypatch, tmp_path):
    """Skip where a function's network or library is not there; find labels with a segmenter of no file."""
    function = request.node.callspec.params.get("function") if hasattr(request.node, "callspec") else None
    needs = CASES[function].needs if function else ""
    if needs == "pymatting":
        pytest.importorskip(needs, reason="closed-form matting needs PyMatting")
    elif needs in ("segmenter", "text"):
        module = segmenters if needs == "segmenter" else sys.modules["sfumato.regions.text"]
        monkeypatch.setattr(module, "choose", lambda name="auto": Light())
        monkeypatch.setattr(segmenters, "known_names", lambda name="auto": Light.names)
        monkeypatch.setenv("SFUMATO_HOME", str(tmp_path))  # what was found is remembered there
    else:
        if "faces" in needs:
            pytest.importorskip("ai_edge_litert", reason="the extra faces is not installed")
        try:
            for name in needs.replace("faces", "face-detection face-mesh").split():
                models.path(name)
        except ModelError as error:
            pytest.skip(str(error))


def changed(arrays, change):
    """All arrays changed, those in dicts too."""
    return {
        name: changed(array, change) if isinstance(array, dict) else change(array) for name, array in arrays.items()
    }


def replaced(arrays, change):
    """Yield each array's name, and all arrays with this one changed; of a dict, its last."""
    for name, array in arrays.items():
        if isinstance(array, dict):
            *_, last = array
            yield name, {**arrays, name: {**array, last: change(array[last])}}
        else:
            yield name, {**arrays, name: change(array)}


def plain(found):
    """A result as numbers."""
    if hasattr(found, "toarray"):
        found = found.toarray()
    if isinstance(found, images.Picture):
        found = found.pixels
    if isinstance(found, dict):
        found = list(found.values())
    if dataclasses.is_dataclass(found):
        found = [each for each in dataclasses.astuple(found) if not isinstance(each, str)]
    if isinstance(found, tuple | list):
        return np.concatenate([np.ravel(plain(each)) for each in found])
    return np.asarray(found, np.float64)


@each_function
def test_the_type_of_an_array_does_not_matter(function):
    arrays, options, *_ = CASES[function]
    expected = plain(function(**options, **changed(arrays, lambda array: np.float32(array / 255))))
    for change in (lambda array: array, lambda array: array.astype(np.uint16) * 257, lambda array: array / 255):
        found = plain(function(**options, **changed(arrays, change)))
        np.testing.assert_allclose(found, expected, atol=2e-3, rtol=2e-3)


WRONG = {
    "a row": np.zeros(5),
    "not finite": np.full((24, 28, 3), np.nan),
    "objects": np.full((24, 28, 3), "a", object),
    "nothing": np.zeros((0, 28, 3)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
@each_function
def test_what_is_no_picture_is_a_value_error(function, wrong):
    arrays, options, *_ = CASES[function]
    for _, given in replaced(arrays, lambda array: wrong if array.ndim == 3 or wrong.ndim == 1 else wrong[..., 0]):
        with pytest.raises(InputError) as caught:
            function(**options, **given)
        assert isinstance(caught.value, ValueError)
        assert "\n" not in str(caught.value)


@each_function
def test_values_up_to_255_as_floats_are_refused(function):
    arrays, options, _, any_scale, _ = CASES[function]
    words = r"values from 0 to 255, and floats must lie in \[0, 1\]; divide it by 255"
    for name, given in replaced(arrays, lambda array: np.where(np.indices(array.shape).sum(0) % 2, 255.0, 0)):
        if name not in any_scale:
            with pytest.raises(InputError, match=words):
                function(**options, **given)


@each_function
def test_another_size_is_refused_with_both_sizes(function):
    case = CASES[function]
    for group in case.groups:
        pairs = replaced({name: case.arrays[name] for name in group}, lambda array: array[:-3])
        for number, (name, given) in enumerate(pairs):
            if number or isinstance(case.arrays[name], dict):
                with pytest.raises(InputError, match=r"^the .* has the shape \(21, 28.*'s size, \(24, 28\)$"):
                    function(**case.options, **{**case.arrays, **given})


def test_a_matrix_of_another_size():
    matrix = linalg.matting_laplacian(PHOTO)
    with pytest.raises(InputError, match=r"^the picture has the shape \(23, 28, 3\); the Laplacian is of 672 pixels$"):
        linalg.affinity_energy(PHOTO[1:], matrix)
    for wrong in ({"matrix": matrix}, {"known": KNOWN[1:]}, {"region": MASK > 128}):
        with pytest.raises(InputError, match=r"^the region has \d+ pixels, the right-hand side \d+ rows and the"):
            linalg.solve(**{"matrix": MATRIX, "known": KNOWN, "region": MASK, **wrong})
    with pytest.raises(InputError, match=r"^the right-hand side has the shape \(168,\); give \(n, C\)$"):
        linalg.solve(MATRIX, KNOWN[:, 0], MASK)


def test_gray_arrays_are_taken_as_one_channel():
    gray = PHOTO[..., 0] / 255
    found, expected = (linalg.matting_laplacian(image, epsilon=1e-3).toarray() for image in (gray, gray[..., None]))
    np.testing.assert_array_equal(found, expected)
    flat, stacked = (linalg.laplacian(MASK > 0, MASK, values)[1] for values in (gray, gray[..., None]))
    np.testing.assert_array_equal(flat, stacked)


def test_segmenters_take_a_photo_of_any_type():
    network = segmenters.Sharpened(Light())
    np.testing.assert_allclose(network(PHOTO).labels["light"], network(PHOTO / 255).labels["light"], atol=1e-4)
    with pytest.raises(ImageError, match="divide it by 255"):
        network(PHOTO.astype(float))


def test_all_public_functions_on_arrays_are_covered():
    for module in (regions, labels, color, blend, metrics, linalg):
        for name in module.__all__:
            function = getattr(module, name)
            if inspect.isfunction(function):
                types = [str(parameter.annotation) for parameter in inspect.signature(function).parameters.values()]
                takes_arrays = any(re.search("ndarray|NDArray|ArrayLike", each) for each in types)
                assert function in CASES or not takes_arrays, f"{module.__name__}.{name}"


# ---- the check itself


def test_gray_becomes_rgb_and_what_is_right_is_not_copied():
    gray = RNG.random((5, 6), np.float32)
    assert as_float_image(gray).shape == as_float_image(gray[..., None]).shape == (5, 6, 3)
    right = RNG.random((5, 6, 3), np.float32)
    assert as_float_image(right) is right
    assert as_float_mask(gray) is gray
    np.testing.assert_array_equal(as_float_mask(gray > 0.5), gray > 0.5)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "CMYK"])
def test_pillow_images_and_pictures_will_do(mode):
    image = Image.fromarray(PHOTO).convert(mode)
    np.testing.assert_allclose(as_float_image(image), np.asarray(image.convert("RGB")) / 255, atol=1e-6)
    np.testing.assert_allclose(as_float_image(images.from_array(PHOTO)), PHOTO / 255, atol=1e-6)


def test_values_of_several_shapes():
    for shape in ((3,), (5, 3), (4, 5, 3)):
        assert as_float_values(np.full(shape, 51, np.uint8), "the colors", "(..., 3)").dtype == np.float32
    for shape, allowed in (((5, 4), "(..., 3)"), ((), "(..., 3)"), ((3,), "(H, W)"), ((2, 2, 3), "(H, W)")):
        with pytest.raises(InputError) as caught:
            as_float_values(np.ones(shape), "the change", allowed)
        assert str(caught.value) == f"the change has the shape {shape}; give {allowed}"


def test_sizes_that_agree_and_none_at_all():
    same_size(photo=PHOTO, mask=MASK, other=None, labels=SKY)
    same_size(labels={}, mask=None)
    with pytest.raises(RegionError, match="the mask of label 'sea' has the shape"):
        same_size(photo=PHOTO, labels={"sky": MASK, "sea": MASK[1:]})


@pytest.mark.parametrize(
    ("check", "array", "error", "words"),
    [
        (as_float_image, np.zeros((4, 5, 4)), ImageError, "has an alpha channel"),
        (as_float_image, np.zeros((4, 5, 5)), ImageError, r"has the shape \(4, 5, 5\); give \(H, W, 3\)"),
        (as_float_image, [[1, 2], [3]], ImageError, "its rows differ in length"),
        (as_float_image, np.full((4, 5), 300), ImageError, "is of type int64, from 300 to 300; convert it to uint8"),
        (as_float_image, np.full((4, 5), -0.5), ImageError, "clip or scale it"),
        (as_float_image, np.full((4, 5), 60000.0), ImageError, "divide it by 65535"),
        (as_float_mask, np.ones((4, 5), np.uint8), RegionError, "has only zeros and ones; convert it to bool"),
        (as_float_mask, np.zeros((4, 5, 3)), RegionError, r"give \(H, W\)"),
    ],
)
def test_one_line_for_what_is_wrong(check, array, error, words):
    with pytest.raises(error, match=words) as caught:
        check(array)
    assert "\n" not in str(caught.value)
