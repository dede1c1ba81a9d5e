import errno
import hashlib
import io
import math
import os
import resource

import pytest
import torch
from helpers import same
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfumato.errors import CheckpointError, OutputError
from sfumato.optimize import checkpoint

STATE = {
    "level": 2,
    "seconds": 1.5,
    "pixels": torch.arange(3000.0),
    "guard": {"best": torch.ones(3), "best_loss": math.inf, "bests": [2.0, 1.0]},
    "optimizer": {"state": {0: {"al": [None, torch.ones(2)], "step": torch.tensor(3.0)}}, "param_groups": [{"lr": 1}]},
}


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def one_line(error):
    return "\n" not in str(error.value) and len(str(error.value)) < 400


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, STATE, fingerprint="abc")
    assert same(checkpoint.read(path, fingerprint="abc"), STATE)
    assert same(checkpoint.read(str(path), fingerprint="abc"), STATE)
    assert files_in(tmp_path) == ["run.checkpoint"]


def test_an_older_one_is_replaced(tmp_path):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, STATE, fingerprint="abc")
    checkpoint.write(path, {"level": 3}, fingerprint="def")
    assert checkpoint.read(path, fingerprint="def") == {"level": 3}
    assert files_in(tmp_path) == ["run.checkpoint"]


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("where", ["os.fsync", "pathlib.Path.replace"])
def test_a_full_disk_leaves_the_older_one_and_no_part(tmp_path, monkeypatch, where):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, {"level": 1}, fingerprint="abc")
    monkeypatch.setattr(where, full)
    with pytest.raises(OutputError, match=r"cannot be written: the disk is full; free some") as error:
        checkpoint.write(path, STATE, fingerprint="abc")
    assert one_line(error)
    monkeypatch.undo()
    assert files_in(tmp_path) == ["run.checkpoint"]
    assert checkpoint.read(path, fingerprint="abc") == {"level": 1}


def test_a_disk_that_fills_up_while_writing_leaves_no_part(tmp_path):
    """A real limit on file size, as a full disk is met inside of torch.save, not after it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OutputError, match="cannot be written") as error:
            checkpoint.write(tmp_path / "run.checkpoint", STATE, fingerprint="abc")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert one_line(error)
    assert files_in(tmp_path) == []


def test_an_interrupt_leaves_no_part(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.write(tmp_path / "run.checkpoint", STATE, fingerprint="abc")
    assert files_in(tmp_path) == []


def test_a_folder_that_is_not_there_or_takes_no_files(tmp_path):
    with pytest.raises(OutputError, match="no such file or directory") as error:
        checkpoint.write(tmp_path / "none" / "run.checkpoint", STATE, fingerprint="abc")
    assert one_line(error)
    (tmp_path / "folder.checkpoint").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        checkpoint.write(tmp_path / "folder.checkpoint", STATE, fingerprint="abc")
    assert files_in(tmp_path) == ["folder.checkpoint"]
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="not a directory"):
        checkpoint.write(tmp_path / "file" / "run.checkpoint", STATE, fingerprint="abc")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="permission denied"):
            checkpoint.write(tmp_path / "run.checkpoint", STATE, fingerprint="abc")
    finally:
        tmp_path.chmod(0o700)


def test_an_unwritable_folder_also_for_root(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("pathlib.Path.open", refused)
    with pytest.raises(OutputError, match="permission denied; choose another folder"):
        checkpoint.write(tmp_path / "run.checkpoint", STATE, fingerprint="abc")


def test_none_to_resume_from(tmp_path):
    with pytest.raises(CheckpointError, match=r"there is no checkpoint .*run\.checkpoint .*start anew") as error:
        checkpoint.read(tmp_path / "run.checkpoint", fingerprint="abc")
    assert one_line(error)


def test_one_of_another_run(tmp_path):
    checkpoint.write(tmp_path / "run.checkpoint", STATE, fingerprint="abc")
    with pytest.raises(CheckpointError, match="belongs to another photo, style or recipe") as error:
        checkpoint.read(tmp_path / "run.checkpoint", fingerprint="abd")
    assert one_line(error)


@pytest.mark.parametrize("saved", [{"fingerprint": "abc", "state": {}}, {}, [], 5, torch.ones(3)], ids=repr)
def test_a_file_that_torch_wrote_without_us(tmp_path, saved):
    torch.save(saved, tmp_path / "run.checkpoint")
    with pytest.raises(CheckpointError, match="is damaged; remove it and start anew") as error:
        checkpoint.read(tmp_path / "run.checkpoint", fingerprint="abc")
    assert one_line(error)


def rehashed(path, saved):
    """A file with the right hash in front, as one of another version may have."""
    buffer = io.BytesIO()
    torch.save(saved, buffer)
    path.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())


def test_the_hash_is_the_one_of_the_rest(tmp_path):
    rehashed(tmp_path / "run.checkpoint", {"fingerprint": "abc", "state": STATE})
    assert same(checkpoint.read(tmp_path / "run.checkpoint", fingerprint="abc"), STATE)


@pytest.mark.parametrize(
    "saved", [{}, {"fingerprint": "abc"}, [], 5, torch.ones(3), {"fingerprint": "abc", "state": 5}], ids=repr
)
def test_a_whole_file_of_another_kind(tmp_path, saved):
    rehashed(tmp_path / "run.checkpoint", saved)
    with pytest.raises(CheckpointError, match="start anew") as error:
        checkpoint.read(tmp_path / "run.checkpoint", fingerprint="abc")
    assert one_line(error)


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    rehashed(tmp_path / "run.checkpoint", {"fingerprint": "abc", "state": {"pixels": Trap()}})
    with pytest.raises(CheckpointError, match="start anew") as error:
        checkpoint.read(tmp_path / "run.checkpoint", fingerprint="abc")
    assert one_line(error)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("size", [0, 1, 100, 5000, -1])
def test_a_cut_off_file(tmp_path, size):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, STATE, fingerprint="abc")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="damaged") as error:
        checkpoint.read(path, fingerprint="abc")
    assert one_line(error)


def test_a_folder_in_place_of_the_file(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot read the checkpoint .*Is a directory; start anew") as error:
        checkpoint.read(tmp_path, fingerprint="abc")
    assert one_line(error)


@given(st.binary(max_size=60))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_bytes(tmp_path, content):
    path = tmp_path / "run.checkpoint"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.read(path, fingerprint="abc")


@given(st.data())
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_wrong_bit_is_noticed(tmp_path, data):
    path = tmp_path / "run.checkpoint"
    checkpoint.write(path, {"level": 2, "pixels": torch.arange(40.0)}, fingerprint="abc")
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match="damaged"):
        checkpoint.read(path, fingerprint="abc")
