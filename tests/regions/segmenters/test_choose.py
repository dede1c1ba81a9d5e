import sys

import pytest

from sfumato.errors import ModelError
from sfumato.regions.segmenters import DeepLab, HuggingFace, choose, known_names


def test_auto_is_deeplab_where_litert_is_installed(deeplab):
    assert isinstance(deeplab, DeepLab)
    assert choose("auto") is deeplab
    assert choose() is deeplab


def test_nothing_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(ModelError, match="no segmenter is installed") as caught:
        choose("auto")
    text = str(caught.value)
    assert 'pip install "sfumato[deeplab]"' in text
    assert '"subject", shapes, "flood", "grabcut" and mask files work without it' in text
    assert "\n" not in text


def test_what_deeplab_knows_is_known_without_it(monkeypatch, tmp_path):
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    for name in ("auto", "deeplab", "deeplab+crf"):
        names = known_names(name)
        assert len(set(names.values())) == 20
        assert names["people"] == "person"
    assert list(tmp_path.iterdir()) == []


def test_what_a_folder_knows_is_what_it_says_when_loaded(saved):
    folder = saved("segformer")
    assert known_names(str(folder)) == choose(str(folder)).names
    assert known_names(f"{folder}+crf") == choose(str(folder)).names


@pytest.mark.parametrize("text", [None, "no json", "[]", "{}", '{"id2label": 3}', '{"id2label": {"a": "b"}}'])
def test_what_a_folder_knows_is_unknown_without_its_configuration(tmp_path, text):
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    assert known_names(str(tmp_path)) is None


def test_what_a_model_of_the_hub_knows_is_unknown_until_it_is_here(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("hf:no/such-model-here", "hf:", "hf:a/b/c", "nonsense"):
        assert known_names(name) is None
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert known_names("hf:a/b") is None


def test_a_folder_is_loaded_once_however_it_is_written(saved, monkeypatch):
    folder = saved("segformer")
    first = choose(str(folder))
    assert isinstance(first, HuggingFace)
    monkeypatch.chdir(folder.parent)
    assert choose(folder.name) is first
    assert choose(first.name) is first


@pytest.mark.parametrize("name", ["", "deep lab", "DeepLab", "no/such/folder", "x" * 5000])
def test_no_such_segmenter(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ModelError, match=f'^no segmenter is called "{name}", and no folder either; use "auto", "deeplab"'
    ):
        choose(name)


def test_a_file_is_no_folder(tmp_path):
    file = tmp_path / "model.safetensors"
    file.touch()
    with pytest.raises(ModelError, match="no segmenter is called"):
        choose(str(file))
