"""Photos and outputs at addresses, in a file system that lives in memory."""

import sys
from pathlib import Path

import pytest
from helpers import texture
from PIL import Image

from sfumato import batch, images
from sfumato.batching import addresses, photos_of
from sfumato.errors import ImageError, InputError, OutputError

fsspec = pytest.importorskip("fsspec", reason="the extra batch is not installed")


@pytest.fixture
def memory(here):
    """The files of photos/, at memory://in/."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    system.put(str(here / "photos"), "/in", recursive=True)
    yield system
    system.store.clear()


def test_folders_patterns_and_files(memory):
    assert photos_of(["memory://in/"]).found == [("memory:///in/a.png", ""), ("memory:///in/b.jpg", "")]
    assert photos_of(["memory://in/"]).passed_over == 1
    assert photos_of(["memory:///in"], recursive=True).found[-1] == ("memory:///in/day/c.png", "day")
    assert photos_of(["memory:///in/**/*.png"]).found[-1] == ("memory:///in/day/c.png", "day")
    assert photos_of(["memory:///in/a.png", "memory:///in/day/c.png"]).found[-1] == ("memory:///in/day/c.png", "day")


@pytest.mark.parametrize("source", ["memory:///in", "memory:///in/**", "memory:///in/**/*.png"])
def test_hidden_files_and_folders_are_no_photos(memory, source):
    memory.pipe("/in/._a.png", b"")
    memory.pipe("/in/.trash/a.png", b"")
    memory.pipe("/in/album.png/d.png", b"")
    photos = photos_of([source], recursive=True)
    assert [name for name, _ in photos.found if name.endswith(".png")] == [
        "memory:///in/a.png",
        "memory:///in/album.png/d.png",
        "memory:///in/day/c.png",
    ]
    assert photos.passed_over == (0 if "png" in source else 1)


@pytest.mark.parametrize(("protocol", "made"), [("memory", 1), (("gs", "gcs"), 0), ("s3", 0)])
def test_no_bucket_is_made(memory, monkeypatch, protocol, made):
    folders = []
    monkeypatch.setattr(type(memory), "protocol", protocol)
    monkeypatch.setattr(type(memory), "makedirs", lambda *given, **more: folders.append(given))
    addresses.write("memory://bucket/a.png", b"content")
    assert len(folders) == made
    assert memory.cat("/bucket/a.png") == b"content"


def test_from_address_to_address_and_again(memory):
    def run():
        return list(batch("plain.toml", "memory:///in", output="memory://out/{dir}/{stem}.png", recursive=True))

    assert [done.status for done in run()] == ["painted"] * 3
    assert sorted(memory.store)[-3:] == ["/out/a.png", "/out/b.png", "/out/day/c.png"]
    assert [done.status for done in run()] == ["skipped"] * 3
    memory.pipe("/in/a.png", memory.cat("/in/day/c.png"))
    assert [done.status for done in run()] == ["painted", "skipped", "skipped"]


def test_the_same_picture_as_from_a_file(memory, here):
    *_, done = batch("plain.toml", "memory:///in/a.png", output="memory://out/a.png")
    assert (done.photo, done.output) == ("memory:///in/a.png", "memory://out/a.png")
    (here / "a.png").write_bytes(memory.cat("/out/a.png"))
    list(batch("plain.toml", "photos/a.png", output="out/a.png"))
    one, other = images.load("a.png"), images.load("out/a.png")
    assert (one.pixels == other.pixels).all()
    # An address has no folder that the style could be seen from.
    assert '"style.png"' in images.read_recipe("a.png")
    assert '"../style.png"' in images.read_recipe("out/a.png")


def test_outputs_that_are_not_to_be_replaced(memory):
    records = batch("plain.toml", "photos", output="memory://out/{stem}.png", exists="refuse")
    list(batch("plain.toml", "photos/a.png", output="memory://out/{stem}.png"))
    memory.pipe("/out/b.png", memory.cat("/out/a.png"))
    one, other = records
    assert one.status == "skipped"
    assert other.error.startswith("memory://out/b.png: exists already; choose another name")
    assert memory.cat("/out/b.png") == memory.cat("/out/a.png")


def test_a_photo_is_read_only_if_there_is_an_output_to_compare(memory, monkeypatch):
    from sfumato.batching import Plan, Template, is_done, load_recipes

    plan = Plan(load_recipes([Path("plain.toml")]), photos_of(["memory:///in/a.png"]), Template("memory://out/a.png"))
    (task,) = plan
    with monkeypatch.context() as patched:
        patched.setattr(addresses, "read", None)
        assert not is_done(task)
    list(batch("plain.toml", "memory:///in/a.png", output="memory://out/a.png"))
    assert is_done(task)


def test_messages_name_the_address(memory):
    memory.pipe("/in/broken.png", b"\x89PNG")
    done = list(batch("plain.toml", "memory:///in/*.png", output="out/{stem}.jpg"))
    assert done[1].error.startswith("memory:///in/broken.png: the picture cannot be decoded")
    (done,) = batch("plain.toml", "photos/a.png", output="memory://out/a.jpg")
    (warning,) = done.warnings
    assert warning.startswith("memory://out/a.jpg: JPEG cannot keep")


def test_a_photo_that_is_gone(memory):
    (done,) = batch("plain.toml", "memory:///in/gone.png", output="out")
    assert (done.status, done.error) == ("failed", "memory:///in/gone.png: cannot be read: no such file")


def test_an_output_that_cannot_be_written(memory, monkeypatch):
    def refused(self, path, value, **more):
        raise PermissionError("access denied\nby the server")

    monkeypatch.setattr(type(memory), "pipe_file", refused)
    (done,) = batch("plain.toml", "photos/a.png", output="memory://out/a.png")
    assert done.error == "memory://out/a.png: cannot be written: access denied"


@pytest.mark.parametrize(
    ("function", "kind", "what"),
    [
        (addresses.read, ImageError, "opened"),
        (addresses.exists, InputError, "opened"),
        (addresses.find, InputError, "opened"),
        (addresses.matches, InputError, "opened"),
        (addresses.is_folder, InputError, "opened"),
    ],
)
def test_an_unknown_kind_of_address(function, kind, what):
    with pytest.raises(InputError, match=r"^nowhere://a\.png: cannot be opened: "):
        function("nowhere://a.png")


def test_a_file_system_that_fails(memory, monkeypatch):
    def broken(self, *path, **more):
        raise RuntimeError("no connection")

    for name in ("exists", "isdir", "find", "glob", "cat_file", "makedirs"):
        monkeypatch.setattr(type(memory), name, broken)
    for function in (addresses.exists, addresses.is_folder):
        with pytest.raises(InputError, match="cannot be opened: no connection"):
            function("memory://in/a.png")
    for function in (addresses.find, addresses.matches):
        with pytest.raises(InputError, match="cannot be read: no connection"):
            function("memory://in/")
    with pytest.raises(ImageError, match="cannot be read: no connection"):
        addresses.read("memory://in/a.png")
    with pytest.raises(OutputError, match="cannot be written: no connection"):
        addresses.write("memory://in/a.png", b"")


def test_without_fsspec(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError, match=r"addresses need the package fsspec; install sfumato\[batch\]"):
        photos_of(["s3://bucket/photos/"])


def test_a_folder_that_is_not_there(memory):
    with pytest.raises(InputError, match=r"memory://none/: no such folder, and not the name of a picture"):
        photos_of(["memory://none/"])


def test_a_file_address_is_a_path(here):
    (done,) = batch("plain.toml", f"file://{here}/photos/a.png", output=f"file://{here}/out/a.png")
    assert done.status == "painted"
    assert (here / "out" / "a.png").exists()
    Image.fromarray(texture(24, 32)).save("new.png")
    assert addresses.exists(f"file://{here}/new.png")
