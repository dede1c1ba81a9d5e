"""`sfumato models`, with a store of our own."""

import pytest

from sfumato import models


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_list(sfumato, store):
    (store / models.MODELS["u2netp"].file_name).write_bytes(b"half")
    done = sfumato("models", "list")
    assert done[::2] == (0, "")
    rows = {line.split()[0]: line.split()[1] for line in done.out.splitlines() if line[:1].strip()}
    assert rows == {"name": "state"} | dict.fromkeys(models.MODELS, "absent") | {"u2netp": "damaged"}
    for model in models.MODELS.values():
        assert model.license in done.out


def test_list_says_what_is_ready(sfumato, vgg):
    assert "ready" in next(line for line in sfumato("models", "list").out.splitlines() if line.startswith("vgg19"))


def test_path(sfumato, store):
    assert sfumato("models", "path") == (0, f"{store}\n", "")
    names = ["vgg19", "u2netp"]
    expected = "".join(f"{store / models.MODELS[name].file_name}\n" for name in names)
    assert sfumato("models", "path", *names) == (0, expected, "")
    assert list(store.iterdir()) == []


def test_fetch_what_is_there(sfumato, vgg):
    assert sfumato("models", "fetch", "vgg19") == (0, f"vgg19: {vgg}\n", "")


def test_fetch_without_a_network(sfumato, store, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nothing"))
    done = sfumato("models", "fetch", "u2netp")
    assert (done.code, done.out) == (4, "")
    (line,) = done.err.splitlines()
    assert line.startswith('sfumato: model "u2netp" is not in the store and cannot be fetched: ')
    assert str(store) in line
    assert line.endswith(", or fetch it while online")  # the command is the one just typed


@pytest.mark.parametrize("command", ["fetch", "path"])
def test_an_unknown_name(sfumato, store, command):
    done = sfumato("models", command, "vgg91")
    assert (done.code, done.out) == (4, "")
    (line,) = done.err.splitlines()
    assert "vgg91" in line
    assert "vgg19" in line
