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


def library(transformers, folder, words):
    import torch

    model = transformers.CLIPSegForImageSegmentation.from_pretrained(folder).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)([words], return_tensors="pt")
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

        def __call__(self, photo, words):
            self.words = words
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


def test_words_reach_the_network_once(monkeypatch, tmp_path):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    network = told(monkeypatch, np.ones((8, 8), np.float32))
    evaluate('text("  the  red\ncar ")', PHOTO)
    assert network.words == "the red car"


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
    for threshold in (0, 1, -0.5):
        with pytest.raises(RegionError, match=f"a threshold between 0 and 1, got {threshold:g}"):
            text("car", photo=PHOTO, threshold=threshold)
    told(monkeypatch, np.full((8, 8), 0.25, np.float32))
    with pytest.raises(
        RegionError, match=r'told finds no "a car" in this photo: at most 0.25, with a threshold of 0.4'
    ):
        evaluate('text("a car")', PHOTO)


def test_networks_that_cannot_be_used(saved, monkeypatch, tmp_path):
    with pytest.raises(ModelError, match=r'no text segmenter is called "clip", and no folder either; use "auto"'):
        text_segmenter("clip")
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
