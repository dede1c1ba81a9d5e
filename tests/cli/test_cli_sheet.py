"""`sfumato sheet`: a contact sheet to choose from."""

import numpy as np
import pytest
from helpers import FAST, drained, read, texture
from PIL import Image

from sfumato import images
from sfumato.batching.sheet import cells
from sfumato.batching.variants import grid_of
from sfumato.errors import RecipeError
from sfumato.jobs.contact_sheet import Heading, contact_sheet
from sfumato.methods import steps

PLAIN = {"method": "photo", "transfer": "reinhard", "semantic": "none"}
OPTIONS = ["--method", "photo", "--transfer", "reinhard", "--semantic", "none"]


# ---- the variants


def test_styles_in_rows_and_strengths_in_columns():
    grid = grid_of(["a.jpg", "b.jpg"], {"strength": "0.4, 0.7,1", "color": "none,luminance"})
    assert grid.columns == ("strength 0.4", "strength 0.7", "strength 1")
    assert [(row.style, row.values) for row in grid.rows] == [
        ("a.jpg", ("color none",)),
        ("a.jpg", ("color luminance",)),
        ("b.jpg", ("color none",)),
        ("b.jpg", ("color luminance",)),
    ]
    layer = grid.rows[3].recipes[1].layers[0]
    assert (layer.styles[0].image, layer.color, layer.strength) == ("b.jpg", "luminance", 0.7)
    assert grid.count == 12


def test_the_last_option_of_several_values_is_in_columns():
    grid = grid_of(["a.jpg"], {"method": "fast,localized", "content_weight": "0.1,0.5", "feather": "3"})
    assert grid.columns == ("content weight 0.1", "content weight 0.5")
    assert [row.values for row in grid.rows] == [("method fast",), ("method localized",)]


def test_commas_that_belong_to_a_value():
    grid = grid_of(["a.jpg"], {"region": "rect(0, 0, 9, 9)", "iterations": "3,2", "style_layers": "relu1_1,relu2_1"})
    assert (grid.count, grid.columns) == (1, ("",))
    assert grid.rows[0].recipes[0].iterations == (3, 2)


def test_what_cannot_be_used():
    with pytest.raises(RecipeError, match="strength"):
        grid_of(["a.jpg"], {"strength": "0.4,2"})
    with pytest.raises(RecipeError, match="strength"):
        grid_of(["a.jpg"], {"strength": "0.4,"})
    with pytest.raises(RecipeError, match="a sheet of 101 pictures is too large; give at most 100"):
        grid_of(["a.jpg"], {"seed": ",".join(map(str, range(101)))})


# ---- the pictures


@pytest.mark.parametrize(("method", "runs"), [("localized", 1), ("fast", 3)])
def test_cells_are_what_runs_of_their_own_paint(here, request, monkeypatch, method, runs):
    for name in ["vgg"] if method == "localized" else ["arbitrary"]:
        request.getfixturevalue(name)
    options = {**FAST, "size": "64"} if method == "localized" else {"method": "fast", "size": "64"}
    grid = grid_of(["style.png"], {**options, "strength": "0,0.5,1", "feather": "4"})
    begun = []
    monkeypatch.setattr("sfumato.batching.sheet.steps", lambda *g, **k: begun.append(1) or steps(*g, **k))
    photo = images.load("photo.png")
    for row, column, cell in cells(grid, photo, side=400):
        own = drained(steps(grid.rows[row].recipes[column], photo))
        np.testing.assert_array_equal(cell, own.picture.rgb())
    assert len(begun) == runs


def test_regions_and_feathers_are_those_of_the_photo_itself(here):
    Image.fromarray(texture(640, 800)).save("large.png")
    options = {**PLAIN, "region": "rect(200, 0, 800, 320)", "feather": "40"}
    ((_, _, cell),) = cells(grid_of(["style.png"], options), images.load("large.png"), side=100)
    small = images.load("large.png").rgb().reshape(80, 8, 100, 8, 3).mean((1, 3))
    changed = abs(cell - small).max(-1) > 0.01
    assert cell.shape == (80, 100, 3)
    assert changed[3:35, 30:].mean() > 0.8
    assert not changed[45:].any()
    assert not changed[:, :20].any()


# ---- the sheet


def test_the_drawing():
    photo, dark = np.full((60, 90, 3), 0.8, np.float32), np.zeros((60, 90, 3), np.float32)
    rows = [
        Heading(dark[:30, :30], "a.jpg", ["color none"]),
        Heading(None, "a very long name of a style that is cut.jpg"),
    ]
    sheet = contact_sheet(photo, ["photo.jpg", "draft"], ["one", "two"], rows, [[dark, photo], [photo, dark]])
    found = (sheet == 0).all(-1)
    # Two cells are black, in opposite corners of the table, and the style beside the first row.
    assert found.sum() >= 2 * 60 * 90 + 20 * 20
    left, width = 120 + 2 * 12, 90 + 12
    top = int(np.flatnonzero(found[:, left : left + 90].all(1))[0])
    assert found[top : top + 60, left : left + 90].all()
    assert not found[top : top + 60, left + width : left + width + 90].any()
    assert (sheet[:, :10] == 1).all()


def test_a_sheet(sfumato, here):
    done = sfumato("sheet", "photo.png", "-s", "style.png", "--strength", "0.4,0.7,1", *OPTIONS)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("photo-sheet.png: 3 pictures in ")
    assert read("photo-sheet.png").shape[1] > 3 * 80
    assert sfumato("sheet", "photo.png", "-s", "style.png", *OPTIONS).out.startswith("photo-sheet-2.png: 1 picture in")
    assert sfumato("sheet", "photo.png", "-s", "style.png", *OPTIONS, "-o", "a.jpg", "-q").out == ""
    assert sfumato("sheet", "photo.png", "-s", "style.png", *OPTIONS, "-o", "b.jpg").err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-s", "none.png"], 2, "none.png: no such file"),
        (["-s", "style.png", "--strength", "0.4;1"], 2, "strength"),
        (["-s", "style.png", "-o", "photo.png"], 3, "photo.png: also an input"),
        (["-s", "style.png", "-o", "style.png", "-f"], 3, "style.png: also an input"),
        (["-s", "style.png", "-o", "a.svg"], 3, "unknown ending '.svg'"),
        (["-s", "style.png", "--region", "rect(1, 2)"], 2, "rect"),
    ],
)
def test_one_line(sfumato, here, arguments, code, message):
    done = sfumato("sheet", "photo.png", *OPTIONS, *arguments)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    assert message in line
