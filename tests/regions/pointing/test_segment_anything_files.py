"""Segment Anything models in folders: whole or damaged, in half precision, loaded once and without a word."""

import json
import sys

import numpy as np
import pytest

from sfumato.errors import ModelError
from sfumato.regions.pointing.segment_anything import SegmentAnything, segment_anything

PHOTO = np.random.default_rng(5).random((64, 64, 3), np.float32)


def test_models_of_other_kinds(saved):
    with pytest.raises(ModelError, match=r"holds a model of another kind \(SegformerFor\w+\); use SAM or SAM 2"):
        segment_anything(str(saved("segformer")))


@pytest.mark.parametrize("name", ["sam", "", "x" * 5000])
def test_no_such_folder(name):
    with pytest.raises(ModelError, match=f'no clicker is called "{name}", and no folder either; use "auto", "hf:ORG/'):
        segment_anything(name)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"image_mean": [1, 2]}', '{"image_mean": 0.5}', '{"image_std": ["a", 1, 1]}']
)
def test_damaged_settings(copy, content):
    folder = copy("sam")
    (folder / "preprocessor_config.json").write_text(content)
    with pytest.raises(ModelError, match=r"preprocessor_config\.json is damaged \(.*\); use another, or fetch its"):
        segment_anything(str(folder))


def test_missing_files(copy):
    folder = copy("sam")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match=r"preprocessor_config.json or processor_config.json is missing"):
        segment_anything(str(folder))


def test_transformers_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelError, match=r'needs transformers .*; run: pip install "sfumato\[huggingface\]"'):
        segment_anything(str(tmp_path))


def test_weights_are_never_made_up(copy):
    from safetensors.torch import load_file, save_file

    folder = copy("sam2_video")
    weights = load_file(folder / "model.safetensors")
    del weights["mask_decoder.iou_token.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=r"lacks 1 of its weights, .* such as mask_decoder\.iou_token\.weight"):
        segment_anything(str(folder))


def test_settings_of_a_whole_processor_are_read(saved, copy):
    folder, photo = copy("sam2"), PHOTO
    expected, _ = SegmentAnything(str(saved("sam2")))(photo, [(20, 10)], [])
    values = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": values}))
    np.testing.assert_array_equal(SegmentAnything(str(folder))(photo, [(20, 10)], [])[0], expected)


@pytest.mark.parametrize("family", ["sam", "sam2_video"])
def test_loading_and_looking_say_nothing(transformers, saved, capfd, family):
    transformers.logging.enable_progress_bar()
    transformers.logging.set_verbosity_warning()
    try:
        SegmentAnything(str(saved(family)))(PHOTO, [(20, 10)])
        assert capfd.readouterr() == ("", "")
        transformers.Sam2Model.from_pretrained(saved("sam2_video"))
        assert capfd.readouterr().err  # as it would have been: a progress bar, and weights that are not used
    finally:
        transformers.logging.disable_progress_bar()
        transformers.logging.set_verbosity_error()


@pytest.mark.parametrize("family", ["sam", "sam2"])
def test_weights_in_half_precision_are_widened(transformers, saved, save, copy, family):
    expected, _ = SegmentAnything(str(saved(family)))(PHOTO, [(20, 10)])
    folder = copy(family)
    kind = transformers.SamModel if family == "sam" else transformers.Sam2Model
    save(folder, kind.from_pretrained(folder).half())
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float16"
    masks, scores = SegmentAnything(str(folder))(PHOTO, [(20, 10)])
    assert masks.dtype == scores.dtype == np.float32
    np.testing.assert_allclose(masks, expected, atol=0.01)


def test_the_last_model_is_kept(saved, monkeypatch):
    folder = saved("sam")
    first = segment_anything(str(folder))
    monkeypatch.chdir(folder.parent)
    assert segment_anything(folder.name) is first  # the same folder by another path
    assert segment_anything(str(saved("sam2"))) is not first
    assert first.name == str(folder)


def test_the_key_is_of_the_contents(saved, copy):
    folder = copy("sam")
    key = SegmentAnything(str(folder)).key
    assert key == SegmentAnything(str(saved("sam"))).key
    settings = folder / "preprocessor_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "image_mean": [0.4, 0.4, 0.4]}))
    assert SegmentAnything(str(folder)).key != key
