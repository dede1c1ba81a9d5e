import sys

import pytest

from sfumato.errors import ModelError
from sfumato.regions.segmenters import DeepLab, HuggingFace, choose


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
    assert '"subject" and shapes need none' in text
    assert "\n" not in text


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
