"""The segmenters in the cache of the hub's client."""

import importlib.util

import pytest

from sfumato.regions.segmenters.hub import cached
from sfumato.regions.words import segmenter_for


def test_general_networks_go_before_others_and_small_ones_before_large_ones(hub):
    hub("a/large", padding=999)
    hub("b/small")
    hub("c/general", [f"thing {n}" for n in range(99)] + ["sky"], padding=9999)
    hub("d/panoptic", family="mask2former")
    assert cached()[:3] == ["hf:c/general", "hf:b/small", "hf:a/large"]
    assert cached()[3] == "hf:d/panoptic"
    assert segmenter_for("sky") == "hf:c/general"
    assert segmenter_for("traffic_light") == "hf:b/small"


@pytest.mark.parametrize("lack", ["config.json", "preprocessor_config.json", "model.safetensors"])
def test_what_is_no_whole_segmenter_is_left_out(hub, lack):
    (hub("org/tiny") / lack).unlink()
    assert cached() == []


@pytest.mark.parametrize("config", ["[]", "{", '{"architectures": ["BertModel"], "id2label": {"0": "sky"}}'])
def test_models_of_other_kinds_are_left_out(hub, config):
    (hub("org/tiny") / "config.json").write_text(config)
    assert cached() == []


@pytest.mark.parametrize("library", ["transformers", "huggingface_hub"])
def test_without_the_library_nothing_is_in_the_cache(hub, monkeypatch, library):
    hub("org/tiny")
    assert cached() == ["hf:org/tiny"]
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else there(name))
    assert cached() == []
