"""Regions by a description: a tiny CLIPSeg with random weights, compared with the library's own way to use it."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_segmenters import *  # noqa: F403

from sfumato.errors import ModelError, RegionError
from sfumato.regions import cache, evaluate, models_needed, needs_photo, text
from sfumato.regions.segmenters import described
from sfumato.regions.segmenters.described import TextSegmenter, text_segmenter

PHOTO = np.random.default_rng(2).integers(0, 256, (48, 80, 3), np.uint8)


@pytest.fixture
def folder(saved, monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "masks")
    return str(saved("clipseg"))


def library(transformers, folder, words, ends=None):
    import torch

    model = transformers.CLIPSegForImageSegmentation.from_pretrained(folder).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)([words], return_tensors="pt")
    if ends:
        tokens = {name: values[:, :ends] for name, values in tokens.items()}
        tokens["input_ids"][0, -1] = 1  # the mark of the end
    pixels = transformers.ViTImageProcessorPil.from_pretrained(folder)(images=PHOTO, return_tensors="pt")
    with torch.inference_mode():
        return model(**tokens, **pixels).logits.squeeze().sigmoid().numpy()


def test_the_map_is_the_librarys(transformers, folder):
    words = "the red car"
    found = TextSegmenter(folder)(PHOTO, words)
    np.testing.assert_allclose(found, library(transformers, folder, words), atol=1e-5)
    assert np.ptp(found) > 0.05
    assert abs(found - TextSegmenter(folder)(PHOTO, "a tree")).max() > 1e-3


def told(monkeypatch, small):
    """Put a network that finds this map in the place of all."""

    class Told:
        name, key = "told", "told 1"

        def __init__(self):
            self.asked = []

        def __call__(self, photo, words):
            self.asked.append(words)
            return small

    network = Told()
    monkeypatch.setattr(sys.modules["sfumato.regions.text"], "choose", lambda name: network)
    return network


def test_the_threshold_falls_on_a_half(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    small = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (24, 1))
    told(monkeypatch, small)
    photo = np.full((240, 400, 3), 0.5, np.float32)
    for threshold in (0.2, 0.4, 0.8):
        mask = text("a ramp", photo=photo, threshold=threshold)
        crossing = int(np.argmax(mask[120] > 0.5))
        assert abs(crossing / 10 - 0.5 - 39 * threshold) < 1.5
        assert mask[120, 0] == 0
        assert mask[120, -1] == 1


@pytest.mark.parametrize(("threshold", "soft"), [(None, (0.15, 0.45)), (0.5, (0.25, 0.75)), (0.8, (0.7, 0.9))])
@pytest.mark.parametrize("place", [-0.5, 0.2, 0.4, 0.5, 0.6, 0.8, 1.5])
def test_the_map_is_soft_around_the_threshold(monkeypatch, tmp_path, threshold, soft, place):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    small = np.full((24, 40), soft[0] + place * (soft[1] - soft[0]), np.float32)
    small[-6:, -6:] = 1  # so that something is found, far away
    told(monkeypatch, small)
    options = {} if threshold is None else {"threshold": threshold}
    mask = text("a flat map", photo=np.full((48, 80, 3), 0.5, np.float32), **options)
    # `enlarge` makes 0.2 to 0, and 0.8 to 1.
    np.testing.assert_allclose(mask[10, 10], np.clip((place - 0.2) / 0.6, 0, 1), atol=1e-4)


def test_words_reach_the_network_once(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    network = told(monkeypatch, np.ones((8, 8), np.float32))
    evaluate('text("  the  red\ncar ")', PHOTO)
    assert network.asked == ["the red car"]
    evaluate('text("the red car")', PHOTO)
    assert network.asked == ["the red car"]
    evaluate('text("the blue car")', PHOTO)
    network.key = "told 2"
    evaluate('text("the blue car")', PHOTO)
    assert network.asked == ["the red car", "the blue car", "the blue car"]


def test_an_expression_with_a_text(transformers, folder):
    highest = float(library(transformers, folder, "a tree").max())
    mask = evaluate(f'text("a tree", threshold={highest - 0.02:.4f})', PHOTO, text_segmenter=folder)
    assert mask.shape == (48, 80)
    assert 0 < mask.mean() < 1
    assert needs_photo('text("a tree")')
    assert models_needed('text("a tree")') == set()


def test_what_is_wrong_is_said(monkeypatch, tmp_path, folder):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    with pytest.raises(RegionError, match=r'text needs words that describe something, such as text\("the red car"\)'):
        text("  ", photo=PHOTO)
    for threshold in (0, 1, -0.5, np.nan):
        with pytest.raises(RegionError, match=f"a threshold above 0 and below 1, got {threshold:g}"):
            text("car", photo=PHOTO, threshold=threshold)
    told(monkeypatch, np.full((8, 8), 0.25, np.float32))
    with pytest.raises(RegionError) as caught:
        evaluate('text("a  car", threshold=0.25)', PHOTO)
    assert (
        'told finds no "a car" in this photo: the highest probability is 0.25, and the threshold 0.25; '
        "use other words, or a lower threshold"
    ) in str(caught.value)


def test_a_place_too_small_to_be_seen(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    small = np.zeros((40, 40), np.float32)
    small[20, 20] = 0.31
    told(monkeypatch, small)
    with pytest.raises(RegionError, match=r'told finds "a spot" only in 1 of 1600 cells, too few for a mask;'):
        text("a spot", photo=np.full((400, 400, 3), 0.5, np.float32))


def test_long_descriptions_are_cut(transformers, folder):
    """The tiny network reads twelve tokens; here each letter is one, and so are the start and the end."""
    long = TextSegmenter(folder)(PHOTO, "car " * 30)
    np.testing.assert_allclose(long, library(transformers, folder, "car " * 30, ends=12), atol=1e-5)


def test_settings_of_the_old_kind(saved, tmp_path, folder):
    old = Path(shutil.copytree(saved("clipseg"), tmp_path / "old"))
    values = json.loads((old / "preprocessor_config.json").read_text())
    values = {name: values[name] for name in ("image_mean", "image_std", "do_normalize", "do_resize", "resample")}
    values |= {"feature_extractor_type": "ViTFeatureExtractor", "size": 32}
    (old / "preprocessor_config.json").write_text(json.dumps(values))
    np.testing.assert_array_equal(TextSegmenter(str(old))(PHOTO, "a tree"), TextSegmenter(folder)(PHOTO, "a tree"))


def test_networks_that_cannot_be_used(saved, monkeypatch, tmp_path):
    for name in ("clip", "", "x" * 5000):
        with pytest.raises(ModelError, match=f'no text segmenter is called "{name}", and no folder either; use "auto"'):
            text_segmenter(name)
    other = Path(shutil.copytree(saved("sam"), tmp_path / "sam"))
    (other / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"holds a model of another kind \(SamModel\); use CLIPSeg"):
        text_segmenter(str(other))
    bare = Path(shutil.copytree(saved("clipseg"), tmp_path / "bare"))
    (bare / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer.json or vocab.json is missing; fetch its files again"):
        text_segmenter(str(bare))
    damaged = Path(shutil.copytree(saved("clipseg"), tmp_path / "damaged"))
    (damaged / "tokenizer.json").write_text("{")
    with pytest.raises(ModelError, match=r"cannot be loaded: .*; use another, or fetch its files again"):
        text_segmenter(str(damaged))


def test_without_the_extra_a_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(described.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r'text\(\) needs transformers; run: pip install "sfumato\[huggingface\]"'):
        evaluate('text("the red car")', PHOTO)


def test_a_network_that_lacks_weights_is_refused(transformers, saved, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(saved("clipseg"), tmp_path / "lacking"))
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in weights if name.startswith("decoder.layers.0"))
    save_file({name: value for name, value in weights.items() if name != lost}, folder / "model.safetensors")
    with pytest.raises(ModelError, match="lacks 1 of its weights"):
        text_segmenter(str(folder))
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "reduce_dim": 16}))
    with pytest.raises(ModelError, match=r"lacks \d+ of its weights, or has them in other sizes"):
        text_segmenter(str(folder))


def test_without_a_name_it_is_clipseg_of_the_hub_loaded_once(hub, folder):
    place = hub("CIDAS/clipseg-rd64-refined", family="clipseg")
    network = text_segmenter("auto")
    assert network.name == "hf:CIDAS/clipseg-rd64-refined"
    assert network.key == TextSegmenter(str(place)).key
    assert text_segmenter() is network
    assert text_segmenter(folder) is not network


def test_photos_of_another_side_than_in_training(transformers, saved, tmp_path, folder):
    """The places of the network's cells are interpolated."""
    other = Path(shutil.copytree(saved("clipseg"), tmp_path / "other"))
    settings = json.loads((other / "preprocessor_config.json").read_text())
    settings["size"] = {"height": 48, "width": 48}
    (other / "preprocessor_config.json").write_text(json.dumps(settings))
    found = TextSegmenter(str(other))(PHOTO, "a tree")
    assert found.shape == (48, 48)
    np.testing.assert_allclose(found, library(transformers, other, "a tree"), atol=1e-5)


def test_weights_in_half_precision_are_widened(transformers, saved, save, tmp_path, folder):
    half = Path(shutil.copytree(saved("clipseg"), tmp_path / "half"))
    save(half, transformers.CLIPSegForImageSegmentation.from_pretrained(half).half())
    assert json.loads((half / "config.json").read_text())["dtype"] == "float16"
    found = TextSegmenter(str(half))(PHOTO, "a tree")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, TextSegmenter(folder)(PHOTO, "a tree"), atol=0.05)
