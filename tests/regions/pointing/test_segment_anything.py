"""Segment Anything models: tiny ones with random weights, compared with the library's own way to use them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sfumato.errors import ModelError
from sfumato.regions import click, evaluate
from sfumato.regions.pointing.segment_anything import SegmentAnything, segment_anything
from sfumato.regions.segmenters import enlarge


def photo_of(height, width):
    return np.random.default_rng(5).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(40, 64), (64, 30), (64, 64)])
@pytest.mark.parametrize("clicks", [([(20, 10)], []), ([(20, 10), (5, 30)], [(12, 12)])])
def test_sam_is_used_as_the_library_does(transformers, saved, size, clicks):
    import torch

    folder, (points, drop), photo = saved("sam"), clicks, photo_of(*size)
    masks, scores = SegmentAnything(str(folder))(photo / np.float32(255), points, drop)
    model = transformers.SamModel.from_pretrained(folder).eval()
    processor = transformers.SamProcessor(transformers.SamImageProcessorPil.from_pretrained(folder))
    places = [[[list(map(float, place)) for place in (*points, *drop)]]]
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


def test_sam_2_sees_the_photo_squeezed_into_a_square(transformers, saved):
    import torch

    folder, photo = saved("sam2"), photo_of(64, 64) / np.float32(255)
    found = SegmentAnything(str(folder))
    masks, scores = found(photo, [(20, 10)], [])
    model = transformers.Sam2Model.from_pretrained(folder).eval()
    seen = (photo - np.float32([0.4, 0.5, 0.6])) / np.float32([0.229, 0.224, 0.225])
    with torch.inference_mode():
        answer = model(
            pixel_values=torch.from_numpy(seen.transpose(2, 0, 1)[None].copy()),
            input_points=torch.tensor([[[[20.0, 10.0]]]]),
            input_labels=torch.tensor([[[1]]]),
        )
    np.testing.assert_allclose(masks, answer.pred_masks[0, 0].sigmoid(), atol=1e-4)
    np.testing.assert_allclose(scores, answer.iou_scores[0, 0], atol=1e-5)
    # Twice as wide, with each pixel twice: the same square, with clicks twice as far to the right.
    wide, _ = found(np.repeat(photo, 2, axis=1), [(40, 10)], [])
    np.testing.assert_allclose(wide, masks, atol=1e-4)


@pytest.mark.parametrize("family", ["sam", "sam2"])
def test_a_next_click_runs_the_decoder_alone(saved, family, monkeypatch):
    found, photo = SegmentAnything(str(saved(family))), photo_of(50, 64) / np.float32(255)
    looked, encode = [], found._model.get_image_embeddings
    monkeypatch.setattr(found._model, "get_image_embeddings", lambda pixels: looked.append(1) or encode(pixels))
    for places in ([(5, 5)], [(5, 5), (40, 40)]):
        found(photo, places, [])
    assert len(looked) == 1
    found(photo[::-1], [(5, 5)], [])
    assert len(looked) == 2


def test_the_best_mask_is_the_region(saved):
    folder, photo = saved("sam"), photo_of(40, 64) / np.float32(255)
    masks, scores = SegmentAnything(str(folder))(photo, [(20, 10)], [])
    expected = enlarge(masks[int(scores.argmax())], photo)
    np.testing.assert_array_equal(click([(20, 10)], photo=photo, clicker=str(folder)), expected)
    np.testing.assert_array_equal(evaluate("click(20, 25%)", photo, clicker=str(folder)), expected)


def test_what_cannot_be_used_is_said(saved, tmp_path):
    with pytest.raises(
        ModelError, match=r'no clicker is called "sam", and no folder either; use "auto", "hf:ORG/NAME"'
    ):
        segment_anything("sam")
    with pytest.raises(ModelError, match=r"holds a model of another kind \(SegformerFor\w+\); use SAM or SAM 2"):
        segment_anything(str(saved("segformer")))
    folder = Path(shutil.copytree(saved("sam"), tmp_path / "sam"))
    (folder / "preprocessor_config.json").write_text("{")
    with pytest.raises(ModelError, match=r"preprocessor_config\.json is damaged; fetch its files again"):
        segment_anything(str(folder))
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match=r"preprocessor_config.json or processor_config.json is missing"):
        segment_anything(str(folder))


def test_settings_of_a_whole_processor_are_read(saved, tmp_path):
    folder, photo = Path(shutil.copytree(saved("sam2"), tmp_path / "sam2")), photo_of(64, 64) / np.float32(255)
    expected, _ = SegmentAnything(str(saved("sam2")))(photo, [(20, 10)], [])
    values = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": values}))
    np.testing.assert_array_equal(SegmentAnything(str(folder))(photo, [(20, 10)], [])[0], expected)
