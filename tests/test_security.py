"""What SECURITY.md promises of files from elsewhere: objects in them are not made, and the modules it names exist."""

import hashlib
import io
import re
from pathlib import Path

import pytest
import torch

from sfumato.errors import CheckpointError, ModelError
from sfumato.optimize import checkpoint
from sfumato.regions import segmenters

ROOT = Path(__file__).parents[1]


class Trap:
    """An object that makes a file when it is unpickled."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return Path.touch, (self.place,)


def trapped(place):
    """A PyTorch archive with a trap in it; it works where objects are let in."""
    data = io.BytesIO()
    torch.save({"fingerprint": "a", "state": {"weights": Trap(place)}}, data)
    torch.load(io.BytesIO(data.getvalue()), weights_only=False)
    assert place.exists()
    place.unlink()
    return data.getvalue()


def test_every_module_that_the_page_names_exists():
    named = re.findall(r"`((?:sfumato|tests)/[\w/]+\.py)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_an_object_in_a_checkpoint_is_not_made(tmp_path):
    payload = trapped(tmp_path / "trap")
    (tmp_path / "a.checkpoint").write_bytes(hashlib.sha256(payload).digest() + payload)
    with pytest.raises(CheckpointError, match="is damaged"):
        checkpoint.read(tmp_path / "a.checkpoint", fingerprint="a")
    assert not (tmp_path / "trap").exists()


def test_an_object_in_a_segmenter_is_not_made(tmp_path):
    transformers = pytest.importorskip("transformers", reason="the extra huggingface is not installed")
    folder = tmp_path / "model"
    folder.mkdir()
    transformers.SegformerConfig(architectures=["SegformerForSemanticSegmentation"]).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text('{"image_processor_type": "SegformerImageProcessor"}')
    (folder / "pytorch_model.bin").write_bytes(trapped(tmp_path / "trap"))
    with pytest.raises(ModelError, match="Weights only load failed"):
        segmenters.choose(str(folder))
    assert not (tmp_path / "trap").exists()
