"""Every public function on arrays: the same for all types, and one clear ValueError for what is no picture."""

import inspect

import numpy as np
import pytest
from PIL import Image

from sfumato import blend, color, images, labels, linalg, metrics, regions
from sfumato.arrays import as_float_image, as_float_mask
from sfumato.errors import ImageError, InputError, RegionError

RNG = np.random.default_rng(0)
PHOTO, OTHER = (RNG.integers(0, 256, (24, 28, 3), np.uint8) for _ in range(2))
MASK = np.zeros((24, 28), np.uint8)
MASK[6:18, 8:22], MASK[10:14, 10:14] = 255, 128

# The arguments of each function beside arrays, and the arrays by what they are: pictures or masks.
CASES = {
    regions.crf: ({}, {"photo": PHOTO, "region": MASK}),
    regions.feather: ({"amount": 4}, {"region": MASK}),
    regions.flood: ({"x": 3.0, "y": 3.0, "tolerance": 90.0}, {"photo": PHOTO}),
    regions.grabcut: ({}, {"photo": PHOTO, "region": MASK}),
    regions.grow: ({"amount": 2}, {"region": MASK}),
    regions.shrink: ({"amount": 2}, {"region": MASK}),
    regions.refine: ({"width": 3.0}, {"photo": PHOTO, "region": MASK}),
    regions.matte: ({"width": 3.0}, {"photo": PHOTO, "region": MASK}),
    regions.evaluate: ({"text": "flood(3, 3, tolerance=90)"}, {"photo": PHOTO}),
    labels.paired_clusters: ({"count": 2}, {"photo": PHOTO, "reference": OTHER}),
    color.keep_colors: ({}, {"styled": OTHER, "photo": PHOTO}),
    color.match_luminance: ({}, {"style": OTHER, "photo": PHOTO, "mask": MASK}),
    color.match_linear: ({}, {"source": OTHER, "reference": PHOTO, "reference_mask": MASK}),
    color.match_histogram: ({}, {"source": OTHER, "reference": PHOTO, "source_mask": MASK}),
    color.reinhard: ({}, {"source": OTHER, "reference": PHOTO, "source_mask": MASK}),
    color.strengthen: ({"strength": 0.4}, {"photo": PHOTO, "styled": OTHER}),
    blend.clean_colors: ({}, {"result": OTHER, "photo": PHOTO}),
    blend.keep_detail: ({"sigma_space": 5.0}, {"photo": PHOTO, "result": OTHER}),
    blend.screened_poisson: ({"weight": 0.1}, {"photo": PHOTO, "result": OTHER}),
    blend.soft_edge: ({"width": 4.0}, {"mask": MASK}),
    blend.enlarge: ({}, {"styled": OTHER, "photo": PHOTO}),
    blend.foreground: ({}, {"image": PHOTO, "alpha": MASK}),
    blend.unmatted: ({}, {"image": PHOTO, "alpha": MASK}),
    blend.mrf: ({"width": 3.0}, {"photo": PHOTO, "styled": OTHER, "mask": MASK}),
    blend.smooth: ({"width": 3.0}, {"photo": PHOTO, "styled": OTHER, "mask": MASK}),
    blend.poisson: ({"width": 3.0}, {"photo": PHOTO, "styled": OTHER, "mask": MASK}),
    blend.seam: ({"blend": "feather", "width": 3.0}, {"photo": PHOTO, "styled": OTHER, "mask": MASK}),
    metrics.color_distance: ({}, {"picture": PHOTO, "reference": OTHER, "mask": MASK}),
    metrics.noise: ({}, {"picture": PHOTO, "reference": OTHER}),
    metrics.structure: ({}, {"picture": PHOTO, "original": OTHER}),
    metrics.seam: ({}, {"photo": PHOTO, "styled": OTHER, "result": PHOTO, "mask": MASK}),
    linalg.matting_laplacian: ({}, {"image": PHOTO}),
}
NAMES = [f"{function.__module__.split('.')[1]}.{function.__name__}" for function in CASES]


def plain(found):
    """A result as numbers."""
    if hasattr(found, "toarray"):
        found = found.toarray()
    if isinstance(found, tuple) and hasattr(found, "_asdict"):
        found = [value for value in found if isinstance(value, int | float)]
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, tuple | list):
        return np.concatenate([np.ravel(plain(each)) for each in found])
    return np.asarray(found, np.float64)


@pytest.mark.parametrize("function", CASES, ids=NAMES)
def test_the_type_of_an_array_does_not_matter(function):
    options, arrays = CASES[function]
    if function is regions.matte:
        pytest.importorskip("pymatting", reason="closed-form matting needs PyMatting")
    expected = plain(function(**options, **{name: np.float32(array / 255) for name, array in arrays.items()}))
    for change in (lambda array: array, lambda array: array.astype(np.uint16) * 257, lambda array: array / 255):
        found = plain(function(**options, **{name: change(array) for name, array in arrays.items()}))
        np.testing.assert_allclose(found, expected, atol=2e-3, rtol=2e-3)


WRONG = {
    "a row": np.zeros(5),
    "not finite": np.full((24, 28, 3), np.nan),
    "objects": np.full((24, 28, 3), "a", object),
    "nothing": np.zeros((0, 28, 3)),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("function", CASES, ids=NAMES)
def test_what_is_no_picture_is_a_value_error(function, wrong):
    options, arrays = CASES[function]
    for name, array in arrays.items():
        given = {**arrays, name: WRONG[wrong] if array.ndim == 3 or wrong == "a row" else WRONG[wrong][..., 0]}
        with pytest.raises(InputError) as caught:
            function(**options, **given)
        assert isinstance(caught.value, ValueError)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("function", [each for each in CASES if each is not linalg.matting_laplacian])
def test_values_up_to_255_as_floats_are_refused(function):
    options, arrays = CASES[function]
    for name, array in arrays.items():
        with pytest.raises(
            InputError, match=r"values from 0 to 255, and floats must lie in \[0, 1\]; divide it by 255"
        ):
            function(**options, **{**arrays, name: np.float32(255 * (array > 127))})


def test_all_public_functions_on_arrays_are_covered():
    """Those that are left out take no picture, or one that may have any values."""
    others = {"subject", "label", "find", "style_distance", "transfer_per_label", "compose", "recursive_filter"}
    others |= {"into_range", "luminance", "rgb_to_oklab", "oklab_to_rgb", "rgb_to_yiq", "yiq_to_rgb"}
    others |= {"affinity_energy", "laplacian", "solve"}
    named = {
        "photo",
        "image",
        "picture",
        "styled",
        "source",
        "region",
        "mask",
        "style",
        "reference",
        "result",
        "values",
    }
    for module in (regions, color, blend, metrics, linalg):
        for name in module.__all__:
            function = getattr(module, name)
            if inspect.isfunction(function) and named & set(inspect.signature(function).parameters):
                assert function in CASES or name in others, f"{module.__name__}.{name}"


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
