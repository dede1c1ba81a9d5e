import pytest
import torch

from sfumato.compute import device
from sfumato.compute.device import choose_device, choose_precision
from sfumato.errors import DeviceError


@pytest.mark.parametrize(
    ("name", "count", "found"),
    [
        ("cuda", 0, "none"),
        ("cuda:0", 0, "none"),
        ("cuda:3", 0, "none"),
        ("cuda:3", 1, "only 1"),
        ("cuda:1", 1, "only 1"),
    ],
)
def test_a_device_that_is_not_there(monkeypatch, name, count, found):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    with pytest.raises(DeviceError, match=f"device '{name}' is not there: PyTorch finds {found}.*cpu or auto") as error:
        choose_device(name)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("name", "count"), [("cuda", 1), ("cuda:0", 1), ("cuda:3", 4)])
def test_a_device_that_is_there(monkeypatch, name, count):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    assert choose_device(name) == name


@pytest.mark.parametrize(("there", "expected"), [(True, "cuda"), (False, "cpu")])
def test_auto_takes_what_there_is(monkeypatch, there, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert choose_device("auto") == expected
    assert choose_device("cpu") == "cpu"


@pytest.mark.parametrize(("native", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_auto_takes_bfloat16_only_where_it_is_native(monkeypatch, native, expected):
    asked = []
    monkeypatch.setattr(device, "native_bfloat16", lambda name: asked.append(name) or native)
    assert choose_precision("auto", "cuda:1") == expected
    assert asked == ["cuda:1"]
    assert choose_precision("float32", "cpu") == "float32"
    assert choose_precision("bfloat16", "cpu") == "bfloat16"


@pytest.mark.parametrize("name", ["gpu", "", "mps"])
def test_a_device_of_no_known_kind(name):
    with pytest.raises(DeviceError, match=f"no device is called '{name}'"):
        choose_device(name)


def test_native_bfloat16_says_yes_or_no(monkeypatch):
    assert isinstance(device.native_bfloat16(), bool)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_, **__: True)
    assert device.native_bfloat16("cuda:0") is True
