import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sfumato.regions import cache
from sfumato.regions.cache import folder, remembered

PHOTO = np.random.default_rng(0).random((6, 8, 3), dtype=np.float32)
FOUND = {"sky": np.linspace(0, 1, 35, dtype=np.float32).reshape(5, 7), "sea": np.zeros((0,), np.float32)}


class Look:
    """Finds the same each time, and counts."""

    def __init__(self, found=FOUND):
        self.found = found
        self.count = 0

    def __call__(self):
        self.count += 1
        return self.found


def same(found, expected=FOUND):
    assert list(found) == list(expected)
    for name, values in expected.items():
        assert found[name].dtype == values.dtype
        assert found[name].shape == values.shape
        assert found[name].tobytes() == values.tobytes()


def files():
    return sorted(cache.folder().iterdir())


@pytest.fixture
def stored():
    """The file of PHOTO and "key"."""
    remembered(PHOTO, "key", Look())
    (file,) = files()
    return file


def test_the_store_is_beside_the_network_files(tmp_path, monkeypatch):
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path))
    assert folder() == tmp_path / "masks"
    assert not folder().exists()


# What is remembered


def test_a_photo_is_looked_at_once():
    look = Look()
    for photo in (PHOTO, PHOTO.copy(), np.asfortranarray(PHOTO), np.repeat(PHOTO, 2, axis=1)[:, ::2]):
        same(remembered(photo, "key", look))
    assert look.count == 1


VALUES = st.floats(width=32, allow_nan=True, allow_infinity=True)  # minus zero and denormals too
ARRAYS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), elements=VALUES)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8).map("a {}".format)
NUMBERS = iter(range(10**9))


@settings(deadline=None)  # files are written
@given(st.dictionaries(NAMES, ARRAYS, max_size=4))
def test_what_was_found_comes_back_to_the_last_bit(found):
    key, look = f"example {next(NUMBERS)}", Look(found)
    same(remembered(PHOTO, key, look), found)
    same(remembered(PHOTO, key, look), found)
    assert look.count == 1


@pytest.mark.parametrize(
    ("photo", "key"),
    [
        (PHOTO, "key 2"),
        (PHOTO[:, ::-1], "key"),
        (PHOTO.reshape(8, 6, 3), "key"),
        (PHOTO.view(np.int32), "key"),
        (np.where(np.arange(3) == 2, np.nextafter(PHOTO, np.float32(2)), PHOTO), "key"),
        (PHOTO[:0], "key"),
    ],
)
def test_another_photo_or_key_is_looked_at(stored, photo, key):
    look = Look({"other": FOUND["sky"]})
    same(remembered(photo, key, look), look.found)
    same(remembered(PHOTO, "key", look), FOUND)
    same(remembered(photo, key, look), look.found)
    assert look.count == 1


def test_another_version_looks_again(stored, monkeypatch):
    monkeypatch.setattr(cache, "__version__", "999")
    look = Look()
    remembered(PHOTO, "key", look)
    assert look.count == 1


def test_another_process_remembers(stored):
    code = f"""
import numpy as np
from pathlib import Path
from sfumato.regions import cache
cache.folder = lambda: Path({str(stored.parent)!r})
photo = np.random.default_rng(0).random((6, 8, 3), dtype=np.float32)
found = cache.remembered(photo, "key", lambda: 1 / 0)
assert found["sky"].tobytes() == bytes.fromhex({FOUND["sky"].tobytes().hex()!r})
cache.remembered(photo, "another", lambda: found)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    look = Look()
    same(remembered(PHOTO, "another", look))
    assert look.count == 0


def test_a_look_that_fails_leaves_nothing():
    with pytest.raises(ZeroDivisionError):
        remembered(PHOTO, "key", lambda: 1 / 0)
    assert not cache.folder().exists() or files() == []
    same(remembered(PHOTO, "key", Look()))


# What goes wrong


def mended(file):
    """Whether the photo is looked at again, and then no more."""
    look = Look()
    same(remembered(PHOTO, "key", look))
    same(remembered(PHOTO, "key", look))
    return look.count == 1 and files() == [file]


def test_a_file_cut_anywhere_is_not_believed(stored):
    whole = stored.read_bytes()
    for length in [*range(0, len(whole), 7), len(whole) - 1]:
        stored.write_bytes(whole[:length])
        assert mended(stored), length


def test_a_file_with_any_byte_changed_is_not_believed(stored):
    whole = stored.read_bytes()
    for place in range(0, len(whole), 7):
        for change in (1, 64, 255):
            damaged = bytearray(whole)
            damaged[place] ^= change
            stored.write_bytes(damaged)
            assert cache._read(stored) is None, (place, change)
    assert mended(stored)


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 32, b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY\x01\x00" * 9])
def test_any_other_file_is_not_believed(stored, content):
    stored.write_bytes(content)
    assert mended(stored)


def test_a_folder_in_the_place_of_a_file(stored):
    stored.unlink()
    stored.mkdir()
    look = Look()
    same(remembered(PHOTO, "key", look))
    same(remembered(PHOTO, "key", look))
    assert look.count == 2
    assert files() == [stored]


def test_a_store_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "file" / "masks")
    look = Look()
    same(remembered(PHOTO, "key", look))
    same(remembered(PHOTO, "key", look))
    assert look.count == 2


def refuse(*arguments, **options):
    raise PermissionError("read-only")


def test_a_full_disk_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(Path, "replace", refuse)
    same(remembered(PHOTO, "key", Look()))
    assert files() == []


def test_a_store_that_can_only_be_read_is_read(stored, monkeypatch):
    monkeypatch.setattr(os, "utime", refuse)
    look = Look()
    same(remembered(PHOTO, "key", look))
    assert look.count == 0


# How much is kept


def test_the_longest_unused_are_removed(monkeypatch):
    monkeypatch.setattr(cache, "_MOST", 3)
    other = cache.folder() / "notes.txt"
    other.parent.mkdir(exist_ok=True)
    other.write_text("not ours")
    os.utime(other, (1, 1))
    names = {}
    for number, key in enumerate("abc"):
        remembered(PHOTO, key, Look())
        (names[key],) = {*files()} - {other, *names.values()}
        os.utime(names[key], (1000 + number, 1000 + number))
    remembered(PHOTO, "a", refuse)  # used, so now the youngest
    remembered(PHOTO, "d", Look())
    assert not names["b"].exists()
    assert {other, names["a"], names["c"]} < {*files()}
    assert len(files()) == 4
    for key in "acd":
        same(remembered(PHOTO, key, refuse))


def test_what_a_killed_process_left_goes_too(stored, monkeypatch):
    monkeypatch.setattr(cache, "_MOST", 1)
    seen = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda part, target: (seen.append(part), replace(part, target)))
    remembered(PHOTO, "another", Look())
    left = seen[0]
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    remembered(PHOTO, "a third", Look())
    assert len(files()) == 1
    assert left not in files()


def test_by_default_two_hundred_files_are_kept():
    for number in range(203):
        remembered(PHOTO[:1, :1], str(number), Look({}))
    assert len(files()) == 200
