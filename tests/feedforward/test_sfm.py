import json
import os
import pickle

import numpy as np
import pytest
import safetensors.torch
import torch
from safetensors.numpy import load_file, save_file

from sfumato.errors import ModelError, OutputError
from sfumato.feedforward import sfm
from sfumato.feedforward.network import Network
from sfumato.feedforward.sfm import Plan

PLAN = Plan(("sea", 'Ä, "b"'), width=3, masks=True, training={"steps": 7, "size": 64})


@pytest.fixture
def file(tmp_path):
    Network(PLAN, 1).save(tmp_path / "a.sfm")
    return tmp_path / "a.sfm"


def test_a_saved_network_is_read_bit_for_bit(file):
    found = Network.load(file)
    assert found.plan == PLAN
    before, after = Network(PLAN, 1).layers.state_dict(), found.layers.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    picture, weights = torch.rand(1, 4, 12, 12), torch.tensor([[0.5, 0.5]])
    assert torch.equal(Network(PLAN, 1)(picture, weights), found(picture, weights))


def test_the_file_is_plain_safetensors(file):
    assert load_file(file).keys() == PLAN.shapes.keys()
    assert [path.name for path in file.parent.iterdir()] == ["a.sfm"]
    mask = os.umask(0)
    os.umask(mask)
    assert file.stat().st_mode & 0o777 == 0o666 & ~mask


def message(path):
    with pytest.raises(ModelError) as caught:
        Network.load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


@pytest.mark.parametrize("place", [0, 3, 40, 60, 90, 2000, -1])
def test_a_byte_that_changed(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 0x40
    file.write_bytes(content)
    assert "damaged" in message(file) or "not a network" in message(file)


@pytest.mark.parametrize("kept", [0, 5, 1000, -4])
def test_a_file_cut_short(file, kept):
    file.write_bytes(file.read_bytes()[:kept])
    assert "damaged" in message(file)


def rewritten(file, without=(), **changes):
    """Write the file anew, whole, with another head."""
    with safetensors.safe_open(file, framework="numpy") as opened:
        about = json.loads(opened.metadata()["sfumato network"])
    tensors = {name: values for name, values in load_file(file).items() if name not in without}
    about = {name: value for name, value in about.items() if name not in without} | changes
    about["sha256"] = sfm._digest({name: about[name] for name in about if name != "sha256"}, tensors)
    save_file(tensors, file, {"sfumato network": json.dumps(about)})


def test_rewritten_as_it_was(file):
    before = file.read_bytes()
    rewritten(file)
    assert file.read_bytes() == before


@pytest.mark.parametrize("version", [2, "1", None])
def test_another_version(file, version):
    rewritten(file, version=version)
    assert f"a network of version {version}, and this sfumato reads version 1" in message(file)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
def test_another_kind_of_file(file, metadata):
    save_file(load_file(file), file, metadata)
    assert "not a network trained by sfumato; choose another, or train one" in message(file)


@pytest.mark.parametrize(
    "changes",
    [
        {"width": 4},
        {"width": -3},
        {"width": "many"},
        {"width": None},
        {"width": 10**9},
        {"styles": []},
        {"styles": ["a"]},
        {"styles": 7},
        {"masks": False},
        {"training": [1]},
        {"without": ("training",)},
        {"without": ("last.bias",)},
        {"without": ("version",), "width": 4},
    ],
)
def test_a_head_that_does_not_fit(file, changes):
    rewritten(file, **changes)
    assert "the network is damaged; get it again, or train it anew" in message(file)


@pytest.mark.parametrize("head", ["", "[" * 100_000, "7", "null", "[1, 2]", "{}", '{"version": 1}'])
def test_a_head_without_sense(file, head):
    save_file(load_file(file), file, {"sfumato network": head})
    assert "damaged" in message(file) or "not a network" in message(file)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float8_e4m3fn, torch.float64])
def test_numbers_of_another_kind(file, kind):
    with safetensors.safe_open(file, framework="numpy") as opened:
        metadata = opened.metadata()
    tensors = {name: torch.from_numpy(values) for name, values in load_file(file).items()}
    tensors["last.bias"] = tensors["last.bias"].to(kind)
    safetensors.torch.save_file(tensors, file, metadata)
    assert "the network is damaged" in message(file)


def test_nothing_in_a_file_is_run(tmp_path):
    class Bad:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "made"),))

    path = tmp_path / "a.sfm"
    path.write_bytes(pickle.dumps(Bad()))
    message(path)
    torch.save({"a": Bad()}, path)
    message(path)
    assert [found.name for found in tmp_path.iterdir()] == ["a.sfm"]


def test_no_such_file(tmp_path):
    assert "no such file; choose another, or train a network" in message(tmp_path / "b.sfm")
    assert "no such file" in message(tmp_path)


def test_a_file_that_cannot_be_read(file, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(safetensors, "safe_open", refuse)
    assert "cannot be read (Permission denied); choose another file" in message(file)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_not_saved(file, value):
    before = file.read_bytes()
    made = Network(PLAN, 1)
    with torch.no_grad():
        made.layers["up1"].kernel[0, 0, 0, 0] = value
    with pytest.raises(ModelError, match=r"values in up1.kernel that are no numbers and is not saved; train it anew"):
        made.save(file)
    assert file.read_bytes() == before


def test_a_place_that_cannot_be_written_to(tmp_path):
    with pytest.raises(
        OutputError, match=r"nowhere.a\.sfm: cannot be written: no such file or directory; choose another folder"
    ):
        Network(PLAN, 1).save(tmp_path / "nowhere" / "a.sfm")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_breaks_off_leaves_the_old_file(file, monkeypatch, error):
    before = file.read_bytes()

    def fail(_):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    expected = OutputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        Network(PLAN, 2).save(file)
    assert [path.name for path in file.parent.iterdir()] == ["a.sfm"]
    assert file.read_bytes() == before


def test_what_was_trained_how_can_be_read_by_others(file):
    with safetensors.safe_open(file, framework="numpy") as opened:
        about = json.loads(opened.metadata()["sfumato network"])
    assert about["training"] == {"steps": 7, "size": 64}
    assert about["styles"] == ["sea", 'Ä, "b"']


def test_the_same_network_gives_the_same_file(file):
    Network(PLAN, 1).save(file.parent / "b.sfm")
    assert (file.parent / "b.sfm").read_bytes() == file.read_bytes()
