"""The writer of files: what it leaves, and what it removes."""

import os
import time

import pytest

from sfumato import files


def test_remains_of_a_killed_process_are_removed_later(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(KeyboardInterrupt))
        patched.setattr(type(tmp_path), "unlink", lambda self, missing_ok=False: None)
        with pytest.raises(KeyboardInterrupt):
            files.write(tmp_path / "a.png", b"half")
    (remains,) = tmp_path.iterdir()
    assert remains.name.startswith(".")
    files.write(tmp_path / "a.png", b"whole")
    assert remains.exists(), "another process may still be writing it"
    hours_ago = time.time() - 7200
    os.utime(remains, (hours_ago, hours_ago))
    files.write(tmp_path / "b.png", b"whole")
    assert remains.exists(), "it is of another file"
    files.write(tmp_path / "a.png", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png"]
