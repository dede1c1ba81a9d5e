import errno
import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from sfumato import images
from sfumato.errors import InputError, SfumatoWarning
from sfumato.feedforward.folders import photos_in
from sfumato.feedforward.photos import Photos

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")


@pytest.fixture
def folder(tmp_path):
    """photos/a.png and photos/deep/er/b.JPG; beside it other/c.png and other/more/d.png."""
    for name in ("photos/a.png", "photos/deep/er/b.JPG", "other/c.png", "other/more/d.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path / "photos"


def names(folder, **more):
    return [path.relative_to(folder).as_posix() for path in photos_in(folder, **more)]


PLAIN = ["a.png", "deep/er/b.JPG"]


def link(place, target):
    place.symlink_to(target, target_is_directory=True)


@pytest.mark.parametrize("target", ["../other", "absolute"])
def test_a_linked_folder_counts_with_all_below_it(folder, target):
    link(folder / "linked", folder.parent / "other" if target == "absolute" else target)
    assert names(folder) == [*PLAIN, "linked/c.png", "linked/more/d.png"]


def test_links_behind_links(folder, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "e.webp").touch()
    link(tmp_path / "other" / "on", tmp_path / "far")
    link(tmp_path / "by", tmp_path / "other")
    link(folder / "linked", tmp_path / "by")
    assert names(folder) == [*PLAIN, "linked/c.png", "linked/more/d.png", "linked/on/e.webp"]


def test_the_folder_itself_may_be_a_link(folder, tmp_path):
    link(tmp_path / "album", folder)
    link(folder / "linked", tmp_path / "other")
    assert names(tmp_path / "album") == [*PLAIN, "linked/c.png", "linked/more/d.png"]


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("loop", "."),
        ("deep/loop", "."),
        ("deep/loop", ".."),
        ("deep/er/loop", "../.."),
        ("loop", ".."),
        ("loop", "/"),
        ("loop", "loop"),
        ("loop", "nowhere"),
    ],
)
def test_a_link_to_where_it_lies_adds_nothing(folder, place, target):
    link(folder / place, target)
    assert names(folder) == PLAIN


def test_two_links_to_each_other_end(folder, tmp_path):
    link(folder / "one", "two")
    link(folder / "two", "one")
    assert names(folder) == PLAIN
    link(folder / "linked", tmp_path / "other")
    (tmp_path / "far").mkdir()
    link(tmp_path / "other" / "on", tmp_path / "far")
    link(tmp_path / "far" / "back", tmp_path / "other")
    assert names(folder) == [*PLAIN, "linked/c.png", "linked/more/d.png"]


def test_what_two_links_lead_to_counts_once(folder, tmp_path):
    link(folder / "one", tmp_path / "other")
    link(folder / "two", tmp_path / "other")
    link(folder / "inner", tmp_path / "other" / "more")
    assert sorted(path.name for path in photos_in(folder)) == ["a.png", "b.JPG", "c.png", "d.png"]


def test_a_photo_goes_by_its_own_name_where_a_link_leads_to_it_as_well(folder, tmp_path):
    link(folder / "0", "deep")
    (folder / "0.png").symlink_to("a.png")
    (folder / "c.png").symlink_to(tmp_path / "other" / "c.png")
    (folder / "d.png").symlink_to(tmp_path / "other" / "c.png")
    (folder / "e.png").symlink_to("nowhere.png")
    assert names(folder) == ["a.png", "c.png", "deep/er/b.JPG"]


def test_names_with_a_dot_are_passed_over(folder, tmp_path):
    (folder / ".hidden.png").touch()
    (folder / ".thumbs").mkdir()
    (folder / ".thumbs" / "e.png").touch()
    link(folder / ".linked", tmp_path / "other")
    assert names(folder) == PLAIN
    link(folder / "shown", ".thumbs")  # asked for by a name without one
    assert names(folder) == [*PLAIN, "shown/e.png"]


def test_only_pictures_count(folder):
    for name in ("notes.txt", "b.jpeg", "c.tif", "d.TIFF", "png"):
        (folder / name).touch()
    (folder / "folder.png").mkdir()
    os.mkfifo(folder / "pipe.png")
    (folder / "pipe-link.png").symlink_to("pipe.png")
    (folder / "link.txt").symlink_to("../other/c.png")
    assert names(folder) == ["a.png", "b.jpeg", "c.tif", "d.TIFF", "deep/er/b.JPG"]
    (folder / "link2.png").symlink_to("../other/c.png")
    assert names(folder) == ["a.png", "b.jpeg", "c.tif", "d.TIFF", "deep/er/b.JPG", "link2.png"]


def test_what_is_left_out_is_so_by_any_path(folder, tmp_path):
    link(folder / "linked", tmp_path / "other")
    left_out = [folder / "deep" / ".." / "a.png", tmp_path / "other" / "c.png", folder / "none.png"]
    assert names(folder, leave_out=left_out) == ["deep/er/b.JPG", "linked/more/d.png"]


def forbid(monkeypatch, *folders):
    """Let the given folders be unreadable, also for those who may read all."""
    scandir = os.scandir

    def refuse(path):
        if Path(path) in folders:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


def test_folders_that_cannot_be_read_are_counted_and_left_out(folder, tmp_path, monkeypatch):
    forbid(monkeypatch, folder / "deep")
    with pytest.warns(SfumatoWarning) as heard:
        assert names(folder) == ["a.png"]
    text = "1 folder in {0} cannot be read, {0}/deep for one (Permission denied); no photo in there is used"
    assert [str(one.message) for one in heard] == [text.format(folder)]
    link(folder / "linked", tmp_path / "other")
    forbid(monkeypatch, folder / "deep", folder / "linked")
    with pytest.warns(SfumatoWarning, match=r"2 folders in .* cannot be read, .*deep for one") as heard:
        assert names(folder) == ["a.png"]
    assert len(heard) == 1


def test_a_folder_that_cannot_be_read(folder, monkeypatch):
    forbid(monkeypatch, folder)
    with pytest.raises(InputError, match=r"photos: cannot be read \(Permission denied\); choose another folder"):
        photos_in(folder)


def test_a_folder_behind_one_that_cannot_be_read(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "is_dir", refuse)
    with pytest.raises(InputError, match=r"photos: cannot be read \(Permission denied\); choose another folder"):
        photos_in(folder)


@pytest.mark.parametrize("name", ["nowhere", "a.png"])
def test_no_such_folder(folder, name):
    with pytest.raises(InputError, match=rf"{name}: no such folder; name one with photos"):
        photos_in(folder / name)


def test_only_the_first_photo_is_read_before_the_first_step(tmp_path, monkeypatch):
    for number in range(5):
        Image.new("RGB", (40, 40)).save(tmp_path / f"{number}.png")
    read = []
    load = images.load
    monkeypatch.setattr(images, "load", lambda path, **options: read.append(path.name) or load(path, **options))
    found = Photos(tmp_path, 32)
    assert (len(found.files), read) == (5, ["0.png"])
