"""Which photos are found, in which folders."""

import sys
from pathlib import Path

import pytest

from sfumato.batching import listed, photos_of
from sfumato.errors import InputError, SfumatoWarning, listening


def found(*sources, **more):
    return [(Path(name).as_posix(), folder) for name, folder in photos_of(sources, **more).found]


def test_a_folder_without_those_in_it(here):
    assert found("photos/") == [("photos/a.png", ""), ("photos/b.jpg", "")]
    assert photos_of(["photos"]).passed_over == 1


def test_a_folder_with_those_in_it(here):
    assert found("photos", recursive=True)[-1] == ("photos/day/c.png", "day")
    assert found(str(here / "photos"), recursive=True)[-1][1] == "day"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("photos/*.png", [("photos/a.png", "")]),
        ("photos/*", [("photos/a.png", ""), ("photos/b.jpg", "")]),
        ("photos/**/*.png", [("photos/a.png", ""), ("photos/day/c.png", "day")]),
        ("photos/d*/?.png", [("photos/day/c.png", "day")]),
        ("*/[ac].png", [("photos/a.png", "photos")]),
    ],
)
def test_patterns(here, pattern, expected):
    assert found(pattern) == expected


def test_a_file_whose_name_looks_like_a_pattern(here):
    (here / "photos" / "a.png").rename(here / "photos" / "[a].png")
    assert found("photos/[a].png") == [("photos/[a].png", "")]


def test_files_by_name_lie_below_the_folder_that_holds_them_all(here):
    assert found("photos/a.png", "photos/day/c.png", "photos/notes.txt") == [
        ("photos/a.png", ""),
        ("photos/day/c.png", "day"),
    ]
    assert found("photos/a.png", str(here / "photos" / "day" / "c.png"))[1][1] == "day"


def test_no_photo_is_listed_twice(here):
    assert len(found("photos", "photos/a.png", "photos/*.jpg")) == 2


def test_other_names_of_the_same_photo(here):
    names = ["photos", "./photos/*.jpg", str(here / "photos" / "a.png"), f"file://{here}/photos/*.png"]
    assert found(*names) == [("photos/a.png", ""), ("photos/b.jpg", "")]


@pytest.mark.parametrize("source", ["x" * 300, "x" * 300 + "*", "a\0.png", "a.png/b"])
def test_names_that_no_file_can_have(here, source):
    with pytest.raises(InputError, match=r"no such file or folder$|no PNG, JPEG, TIFF or WebP"), listening(str):
        photos_of([source])
    assert listed([source], here) == [source]


def test_links_are_followed(here):
    if sys.platform == "win32":
        pytest.skip("links need a right of their own there")
    (here / "photos" / "linked").symlink_to(here / "photos" / "day", target_is_directory=True)
    (here / "photos" / "text.md").symlink_to(here / "photos" / "notes.txt")
    photos = photos_of(["photos"])
    assert [Path(name).name for name, _ in photos.found] == ["a.png", "b.jpg"]
    assert photos.passed_over == 2


@pytest.mark.parametrize("source", ["no.png", "none/", "none/a.png"])
def test_what_is_not_there(here, source):
    with pytest.raises(InputError, match=r"no such file or folder$"):
        photos_of([source])


def test_nothing_to_paint(here):
    (here / "photos" / "empty").mkdir()
    with pytest.raises(
        InputError, match=r"no PNG, JPEG, TIFF or WebP pictures in what is given; files of other kinds: 0$"
    ):
        photos_of(["photos/empty"])
    for name in ("a.png", "b.jpg"):
        (here / "photos" / name).unlink()
    with pytest.raises(InputError, match=r"other kinds: 1, folders that were not searched: 2") as caught:
        photos_of(["photos"])
    assert caught.value.option == "recursive"


def test_a_list_names_files_beside_it_or_in_the_current_folder(here):
    lines = ["a.png\n", "\n", "photos/b.jpg\r\n", "s3://bucket/c.png\n", "d*/*.png"]
    assert [Path(name).as_posix() if "://" not in name else name for name in listed(lines, here / "photos")] == [
        (here / "photos" / "a.png").as_posix(),
        "photos/b.jpg",
        "s3://bucket/c.png",
        "d*/*.png",
    ]


def test_a_pattern_that_matches_nothing_is_told(here):
    with pytest.warns(SfumatoWarning, match=r"photos/\*\.tif: no file matches this pattern"):
        assert len(found("photos/a.png", "photos/*.tif")) == 1
