"""Segment Anything models: tiny ones with random weights, compared with the library's own way to use them."""

import json

import numpy as np
import pytest
from scipy.special import logit

from sfumato.regions import click, evaluate
from sfumato.regions.pointing.segment_anything import SegmentAnything
from sfumato.regions.segmenters import enlarge

SIDE = 64  # of the square that the tiny networks see


def photo_of(height, width):
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(40, 64), (64, 30), (64, 64)])
@pytest.mark.parametrize("clicks", [([(20, 10)], []), ([(20, 10)], [(12, 12)]), ([(20, 10), (5, 30)], [(12, 12)])])
def test_sam_is_used_as_the_library_does(transformers, saved, size, clicks):
    import torch

    folder, (points, drop), photo = saved("sam"), clicks, photo_of(*size)
    masks, scores = SegmentAnything(str(folder))(photo / np.float32(255), points, drop)
    model = transformers.SamModel.from_pretrained(folder).eval()
    processor = transformers.SamProcessor(transformers.SamImageProcessorPil.from_pretrained(folder))
    places = [[[[x - 0.5, y - 0.5] for x, y in (*points, *drop)]]]  # the library counts from the pixels' centers
    kinds = [[[1] * len(points) + [0] * len(drop)]]
    inputs = processor(photo, input_points=places, input_labels=kinds, return_tensors="pt")
    with torch.inference_mode():
        answer = model(
            pixel_values=inputs["pixel_values"],
            input_points=inputs["input_points"].float(),
            input_labels=inputs["input_labels"],
            multimask_output=len(kinds[0][0]) == 1,
        )
    np.testing.assert_allclose(scores, answer.iou_scores[0, 0], atol=1e-5)
    rows, columns = round(size[0] / 2), round(size[1] / 2)  # two pixels for each of the maps
    expected = answer.pred_masks[0, 0, :, :rows, :columns].sigmoid()
    np.testing.assert_allclose(masks, expected, atol=1e-4)
    assert len(masks) == (3 if len(places[0][0]) == 1 else 1)
    assert masks.dtype == scores.dtype == np.float32


@pytest.mark.parametrize("family", ["sam2", "sam2_video"])
def test_sam_2_sees_the_photo_squeezed_into_a_square(transformers, saved, family):
    import torch

    folder, photo = saved(family), photo_of(64, 64) / np.float32(255)
    found = SegmentAnything(str(folder))
    masks, scores = found(photo, [(20, 10)], [])
    model = transformers.Sam2Model.from_pretrained(folder).eval()
    seen = (photo - np.float32([0.4, 0.5, 0.6])) / np.float32([0.229, 0.224, 0.225])
    with torch.inference_mode():
        answer = model(
            pixel_values=torch.from_numpy(seen.transpose(2, 0, 1)[None].copy()),
            input_points=torch.tensor([[[[19.5, 9.5]]]]),
            input_labels=torch.tensor([[[1]]]),
        )
    np.testing.assert_allclose(masks, answer.pred_masks[0, 0].sigmoid(), atol=1e-4)
    np.testing.assert_allclose(scores, answer.iou_scores[0, 0], atol=1e-5)
    # Twice as wide, with each pixel twice: the same square, with clicks twice as far to the right.
    wide, _ = found(np.repeat(photo, 2, axis=1), [(40, 10)], [])
    np.testing.assert_allclose(wide, masks, atol=1e-4)


class Answer:
    """What a network says whose maps rise evenly to the right and to the bottom."""

    def __init__(self, torch, cells):
        rise = torch.arange(cells) + 0.5
        self.pred_masks = (0.2 * rise + 0.1 * rise[:, None] - 3)[None, None, None]
        self.iou_scores = torch.ones(1, 1, 1)


@pytest.fixture
def asked(transformers, monkeypatch):
    """Let all networks answer with an even rise; return the clicks that they get."""
    import torch

    clicks = []

    def forward(self, image_embeddings, input_points, input_labels, multimask_output):
        clicks.extend(input_points[0, 0].tolist())
        return Answer(torch, 16)

    for kind in (transformers.SamModel, transformers.Sam2Model):
        monkeypatch.setattr(kind, "forward", forward)
    return clicks


SIZES = [(50, 128), (128, 50), (37, 130), (51, 128), (128, 51), (17, 23), (64, 64), (400, 7), (1, 300), (300, 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("family", ["sam", "sam2"])
def test_masks_cover_the_photo_and_no_padding(saved, asked, family, size):
    photo = photo_of(*size) / np.float32(255)
    (mask,), _ = SegmentAnything(str(saved(family)))(photo, [(1, 1)], [])
    # Cells of the network's map that the photo covers: SAM puts it in the corner of the square.
    seen = [max(1, np.floor(side * SIDE / max(size) + 0.5)) if family == "sam" else SIDE for side in size]
    rows, columns = (16 * side / SIDE for side in seen)
    assert mask.shape == (max(1, round(rows)), max(1, round(columns)))
    x = np.clip((np.arange(mask.shape[1]) + 0.5) * columns / mask.shape[1], 0.5, 15.5)
    y = np.clip((np.arange(mask.shape[0]) + 0.5) * rows / mask.shape[0], 0.5, 15.5)
    np.testing.assert_allclose(logit(mask.astype(float)), 0.2 * x + 0.1 * y[:, None] - 3, atol=2e-4)


@pytest.mark.parametrize("size", [(50, 128), (128, 50), (37, 130), (17, 23), (64, 64)])
@pytest.mark.parametrize("family", ["sam", "sam2"])
def test_clicks_land_where_they_are_in_the_photo(transformers, saved, asked, family, size):
    height, width = size
    places = np.array([(0, 0), (width, height), (width / 2, height / 2), (5.5, 7.5)])
    SegmentAnything(str(saved(family)))(photo_of(*size) / np.float32(255), places[:3], places[3:])
    scale = np.array([SIDE / width, SIDE / height])
    if family == "sam":
        scale = np.floor(np.array([width, height]) * SIDE / max(size) + 0.5) / (width, height)
    # The network itself adds half a pixel, from the corner of a pixel to its center.
    np.testing.assert_allclose(np.array(asked) + 0.5, places * scale, rtol=1e-6, atol=1e-5)
    if family == "sam":
        processor = transformers.SamProcessor(transformers.SamImageProcessorPil.from_pretrained(saved("sam")))
        library = processor(photo_of(*size), input_points=[[[[5, 7]]]], return_tensors="pt")["input_points"]
        assert np.abs(np.array(asked[3]) - library.numpy().ravel()).max() <= 0.5 * np.abs(scale - 1).max() + 1e-6


@pytest.fixture
def prepared(monkeypatch):
    """Return what the encoder in a folder gets to see of a photo."""

    def run(folder, photo):
        found, seen = SegmentAnything(str(folder)), []
        encode = found._model.get_image_embeddings
        monkeypatch.setattr(found._model, "get_image_embeddings", lambda pixels: seen.append(pixels) or encode(pixels))
        found(photo, [(1, 1)])
        return seen[0][0].numpy()

    return run


@pytest.mark.parametrize("size", [(40, 64), (64, 30)])
def test_pixels_are_normalized_and_padded_as_the_library_does(transformers, saved, prepared, size):
    processor = transformers.SamImageProcessorPil.from_pretrained(saved("sam"))
    (expected,) = processor(photo_of(*size), return_tensors="pt")["pixel_values"].numpy()
    np.testing.assert_allclose(prepared(saved("sam"), photo_of(*size) / np.float32(255)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "mean", "std"),
    [
        ({}, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ({"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.6, 0.7]}, [0.1, 0.2, 0.3], [0.5, 0.6, 0.7]),
    ],
)
def test_colors_are_normalized_as_the_settings_say_or_as_in_imagenet(copy, prepared, settings, mean, std):
    folder, photo = copy("sam2"), photo_of(64, 64) / np.float32(255)
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    expected = (photo.astype(float) - mean) / std
    np.testing.assert_allclose(prepared(folder, photo), expected.transpose(2, 0, 1), atol=1e-5)


def test_a_large_photo_is_reduced_as_the_library_does(transformers, saved, prepared):
    photo = np.repeat(np.repeat(photo_of(10, 24), 8, 0), 8, 1)
    processor = transformers.SamImageProcessorPil.from_pretrained(saved("sam"))
    (expected,) = processor(photo, return_tensors="pt")["pixel_values"].numpy()
    seen = prepared(saved("sam"), photo / np.float32(255))
    assert seen.shape == expected.shape == (3, 64, 64)
    assert (seen[:, 27:] == 0).all()  # padding, after normalization
    assert (expected[:, 27:] == 0).all()
    assert np.corrcoef(seen[:, :27].ravel(), expected[:, :27].ravel())[0, 1] > 0.97
    np.testing.assert_allclose(seen[:, :27].mean((1, 2)), expected[:, :27].mean((1, 2)), atol=0.02)


@pytest.mark.parametrize("family", ["sam", "sam2"])
def test_a_next_click_runs_the_decoder_alone(saved, family, monkeypatch):
    found, photo = SegmentAnything(str(saved(family))), photo_of(50, 64) / np.float32(255)
    looked, encode = [], found._model.get_image_embeddings
    monkeypatch.setattr(found._model, "get_image_embeddings", lambda pixels: looked.append(1) or encode(pixels))
    for places in ([(5, 5)], [(5, 5), (40, 40)]):
        again, _ = found(photo, places, [])
    assert len(looked) == 1
    np.testing.assert_array_equal(SegmentAnything(str(saved(family)))(photo, places, [])[0], again)
    found(photo[::-1], [(5, 5)], [])
    assert len(looked) == 2
    found(photo[::-1].reshape(64, 50, 3), [(5, 5)], [])  # the same bytes in another shape
    assert len(looked) == 3


def test_the_best_mask_is_the_region(saved):
    folder, photo = saved("sam"), photo_of(40, 64) / np.float32(255)
    masks, scores = SegmentAnything(str(folder))(photo, [(20, 10)], [])
    expected = enlarge(masks[int(scores.argmax())], photo)
    np.testing.assert_array_equal(click([(20, 10)], photo=photo, clicker=str(folder)), expected)
    np.testing.assert_array_equal(evaluate("click(20, 25%)", photo, clicker=str(folder)), expected)
