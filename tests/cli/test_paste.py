"""`sfumato paste` from files to files."""

import json

import numpy as np
import pytest
from helpers import files, read
from PIL import Image

import sfumato as library


@pytest.fixture
def things(here):
    """photo.png is the painting, 80 x 64; thing.png a red square of 12 pixels on pale gray, 40 x 32."""
    thing = np.full((32, 40, 3), 210, np.uint8)
    thing[10:22, 14:26] = 200, 20, 30
    Image.fromarray(thing).save(here / "thing.png")
    return here


SQUARE = ("paste", "thing.png", "photo.png", "-r", "rect(14, 10, 26, 22)")


def test_the_picture_and_its_mask(sfumato, things):
    done = sfumato(*SQUARE, "--at", "25%,40", "--scale", 0.5, "--rotate", "-8", "--feather", "3", "-o", "out.png")
    assert done[::2] == (0, "")
    assert done.out.startswith("out.png: the object covers 1")
    assert done.out.endswith("% of the painting; its mask is out.mask.png\n")
    expected = library.paste(
        "thing.png", "photo.png", region="rect(14, 10, 26, 22)", at=("25%", 40), scale=0.5, rotate=-8, feather=3
    )
    np.testing.assert_array_equal(read("out.png"), expected.picture.pixels)
    mask = read("out.mask.png")
    assert (mask.dtype, mask.shape) == (np.uint8, (64, 80))
    np.testing.assert_allclose(mask / 255, expected.mask, atol=0.51 / 255)
    np.testing.assert_array_equal(read("out.png")[mask == 0], read("photo.png")[mask == 0])
    # What the mask shows as black is exactly the rest.
    np.testing.assert_array_equal(mask > 0, expected.mask > 0)
    assert (mask > 0).sum() < 64 * 80 / 2


def test_beside_the_border(sfumato, things):
    assert sfumato(*SQUARE, "--at", "-2,100%", "--feather", 0, "--quiet") == (0, "", "")
    expected = read("photo.png").copy()
    expected[58:, :4] = 200, 20, 30
    np.testing.assert_array_equal(read("thing-photo.png"), expected)


def test_json_and_a_name_for_the_mask(sfumato, things):
    done = sfumato(*SQUARE, "--feather", 0, "--mask", "where.png", "--json")
    assert done[::2] == (0, "")
    assert json.loads(done.out) == {
        "output": "thing-photo.png",
        "mask": "where.png",
        "coverage": pytest.approx(144 / (64 * 80)),
    }
    assert (read("where.png") == 255).sum() == 144
    assert not (things / "thing-photo.mask.png").exists()


def test_the_subject_when_nothing_is_said(sfumato, things, u2netp):
    big = np.kron(read("thing.png"), np.ones((5, 5, 1), np.uint8))
    Image.fromarray(big).save("thing.png")
    assert sfumato("paste", "thing.png", "photo.png", "-o", "out.png").code == 0
    mask = read("out.mask.png")
    assert mask[7:57, 15:65].mean() > 240
    assert mask[:, :6].max() < 15


@pytest.mark.parametrize("taken", ["out.png", "out.mask.png"])
def test_nothing_that_exists_is_replaced_unless_forced(sfumato, things, taken):
    Image.new("L", (20, 20)).save(taken)
    before = files(things)
    # Refused before any work: the region would be refused, too.
    done = sfumato(*SQUARE[:3], "-r", "nonsense(", "-o", "out.png")
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"sfumato: {taken}: exists already")
    assert files(things) == before
    assert sfumato(*SQUARE, "-o", "out.png", "--force").code == 0
    assert read(taken).shape[:2] == (64, 80)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-o", "out.gif"), 3, "unknown ending"),
        (("-o", "thing.png"), 3, "thing.png: also an input"),
        (("-o", "out.png", "--mask", "photo.png"), 3, "photo.png: also an input"),
        (("-o", "out.png", "--mask", "./out.png"), 3, "both the result and the mask; give them two names"),
        (("--at", "50%"), 2, "at '50%' is not a position"),
        (("--at", "300%,0"), 2, "no part of the object is visible"),
        (("--scale", "2"), 2, "scale 2 is out of range"),
        (("-r", "~all"), 2, "selects nothing of the object's picture"),
        (("-r", "nonsense("), 2, "expected a region, got the end"),
    ],
)
def test_one_line_for_what_is_wrong(sfumato, things, arguments, code, words):
    before = files(things)
    done = sfumato(*SQUARE, *arguments)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    assert line.startswith("sfumato: ")
    assert words in line
    assert files(things) == before


def test_no_such_object(sfumato, things):
    assert sfumato("paste", "nope.png", "photo.png", "-r", "all")[::2] == (2, "sfumato: nope.png: no such file\n")


def test_quiet_keeps_notes_to_itself(sfumato, things):
    Image.new("L", (20, 16), 255).save("half.png")  # a mask of another size, which is worth a note
    noted = sfumato(*SQUARE[:3], "-r", "half.png", "-o", "a.png")
    assert noted.code == 0
    assert noted.err.startswith("note: ")
    assert sfumato(*SQUARE[:3], "-r", "half.png", "-o", "b.png", "-q") == (0, "", "")
