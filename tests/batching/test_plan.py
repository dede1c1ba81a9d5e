"""Names of outputs, and what is refused before anything is painted."""

import os
import sys
from pathlib import Path

import pytest

from sfumato.batching import Photos, Plan, Template, load_recipes, photos_of
from sfumato.errors import InputError, OutputError, RecipeError


def planned(output, *sources, recipes=("plain.toml",), recursive=True, **more):
    orders = load_recipes([Path(name) for name in recipes])
    return Plan(orders, photos_of(sources or ["photos"], recursive=recursive), Template(output), **more)


def outputs(output, *sources, **more):
    plan = planned(output, *sources, **more)
    plan.check()
    return [Path(task.output).as_posix() for task in plan]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("out/{dir}/{stem}-{recipe}{ext}", ["out/a-plain.png", "out/b-plain.jpg", "out/day/c-plain.png"]),
        ("out", ["out/a-plain.png", "out/b-plain.jpg", "out/day/c-plain.png"]),
        ("out/", ["out/a-plain.png", "out/b-plain.jpg", "out/day/c-plain.png"]),
        ("{recipe}/{dir}-{stem}.webp", ["plain/-a.webp", "plain/-b.webp", "plain/day-c.webp"]),
        ("{dir}/{stem}.tif", ["a.tif", "b.tif", "day/c.tif"]),
        ("/far/{dir}/{stem}.png", ["/far/a.png", "/far/b.png", "/far/day/c.png"]),
        ("s3://bucket/{dir}/{stem}.png", ["s3://bucket/a.png", "s3://bucket/b.png", "s3://bucket/day/c.png"]),
        ("out/{{{stem}}}.png", ["out/{a}.png", "out/{b}.png", "out/{c}.png"]),
    ],
)
def test_names(here, template, expected):
    assert [task.output for task in planned(template)] == expected


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("out/{name}.png", r"unknown field \{name\}; use \{dir\}, \{stem\}, \{ext\}, \{recipe\}"),
        ("out/{}.png", r"unknown field \{\}"),
        ("out/{stem.png", "braces do not match"),
        ("out/{stem:>20}.png", "a field takes no format"),
        ("out/{stem!r}.png", "a field takes no format"),
        ("out/{stem}.gif", r"unknown ending '\.gif'"),
        ("out/{stem}", "unknown ending ''"),
    ],
)
def test_templates_that_cannot_be_used(template, message):
    with pytest.raises(OutputError, match=message):
        Template(template)


def test_the_folder_before_the_first_field():
    assert Template("out/day{dir}/{stem}.png").root == "out"
    assert Template("{stem}.png").root == "."
    assert Template("s3://bucket/out/{stem}.png").root == "s3://bucket/out"


def test_each_photo_by_each_recipe(here):
    (here / "more").mkdir()
    (here / "more" / "dusk.toml").write_text((here / "plain.toml").read_text())
    assert outputs("out/{recipe}-{stem}.png", "photos/a.png", recipes=["plain.toml", "more/dusk.toml"]) == [
        "out/plain-a.png",
        "out/dusk-a.png",
    ]


def test_two_recipes_of_one_name(here):
    (here / "more").mkdir()
    (here / "more" / "plain.toml").write_text((here / "plain.toml").read_text())
    with pytest.raises(RecipeError, match="two recipes are called plain"):
        outputs("out/{recipe}-{stem}.png", recipes=["plain.toml", "more/plain.toml"])
    # Without their names in those of the outputs, they collide.
    with pytest.raises(OutputError, match=r"out/a\.png: the result of both recipe plain and recipe plain; put"):
        outputs("out/{stem}.png", recipes=["plain.toml", "more/plain.toml"])


def test_collisions_are_found_and_explained(here):
    with pytest.raises(OutputError) as caught:
        outputs("out/all.png")
    assert str(caught.value) == (
        f"out/all.png: the result of both {Path('photos/a.png')} and {Path('photos/b.jpg')};"
        " put {dir} or {stem} or {ext} or {recipe} into the name"
    )
    (here / "photos" / "day" / "c.png").rename(here / "photos" / "day" / "a.png")
    with pytest.raises(OutputError, match=r"put \{dir\} or \{ext\} or \{recipe\} into the name"):
        outputs("out/{stem}.png")
    assert len(outputs("out/{dir}/{stem}.png")) == 3


def test_a_collision_that_no_field_can_end(here):
    plan = Plan(load_recipes([Path("plain.toml")]), Photos([("a/1.png", ""), ("b/1.png", "")]), Template("out"))
    with pytest.raises(OutputError, match="paint them in two batches"):
        plan.check()


@pytest.mark.parametrize(
    ("template", "sources", "recursive"),
    [
        ("photos/{stem}-new.png", ["photos"], False),
        ("photos/new/{stem}.png", ["photos"], True),
        ("photos/../photos/{stem}-new.png", ["photos/*.png"], False),
        ("photos/{stem}-new.png", ["photos/a.png"], False),
        ("photos/new/{stem}.png", ["photos/**/*.png"], False),
        ("{dir}/{stem}-new.png", ["*/*.png"], False),
    ],
)
def test_results_among_the_photos_are_refused(here, template, sources, recursive):
    with pytest.raises(OutputError, match="lies among the photos; choose another folder"):
        outputs(template, *sources, recursive=recursive)


def test_a_folder_in_that_of_the_photos_that_is_not_searched(here):
    assert outputs("photos/new/{stem}.png", "photos", recursive=False) == ["photos/new/a.png", "photos/new/b.png"]


def test_results_among_photos_at_addresses(here):
    photos = Photos([("s3://bucket/in/a.png", "")], {("s3://bucket/in", True)})
    for template in ("s3://bucket/in/{stem}-new.png", "s3://bucket/in/new/{stem}.png"):
        with pytest.raises(OutputError, match="lies among the photos"):
            Plan(load_recipes([Path("plain.toml")]), photos, Template(template)).check()
    Plan(load_recipes([Path("plain.toml")]), photos, Template("s3://bucket/inside/{stem}.png")).check()


def test_a_links_target_counts(here):
    if sys.platform == "win32":
        pytest.skip("links need a right of their own there")
    (here / "album").symlink_to(here / "photos", target_is_directory=True)
    with pytest.raises(OutputError, match="lies among the photos"):
        outputs("album/{stem}-new.png")


def test_the_style_is_no_output(here):
    (here / "photos" / "a.png").rename(here / "photos" / "style.png")
    with pytest.raises(OutputError, match=r"style\.png: a file of the recipe plain; choose another name"):
        outputs("{stem}.png", "photos/style.png")


def test_refuse_finds_what_exists(here):
    (here / "out").mkdir()
    (here / "out" / "c.png").touch()
    with pytest.raises(OutputError, match=r"out/c\.png: exists already; choose another folder") as caught:
        outputs("out/{stem}.png", exists="refuse")
    assert caught.value.option == "exists"
    assert len(outputs("out/{stem}.png", exists="replace")) == 3


def test_what_else_to_do_with_outputs_that_exist(here):
    with pytest.raises(InputError, match="exists 'overwrite' is not known; use skip, replace or refuse"):
        planned("out", exists="overwrite")


def test_a_folder_that_cannot_be_made(here):
    (here / "out").touch()
    with pytest.raises(OutputError, match="cannot make the folder out: "):
        planned("out/{stem}.png").prepare()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may write anywhere")
def test_a_folder_that_cannot_be_written_to(here):
    (here / "out").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="no permission"):
        planned("out/{stem}.png").prepare()
