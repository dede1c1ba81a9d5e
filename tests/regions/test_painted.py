import numpy as np
import pytest
from PIL import Image

from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.regions import evaluate, painted, parse

SHAPE = (20, 30)
LEFT = np.where(np.arange(30) < 12, np.ones((20, 1)), 0)
PHOTO = np.zeros((*SHAPE, 3), np.float32)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A current folder with two maps, which are blue (0) on the left and red (7) on the right."""
    (tmp_path / "here").mkdir()
    (tmp_path / "recipe").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    colors = np.where(LEFT[..., None] == 1, np.uint8([0, 0, 255]), np.uint8([255, 0, 0]))
    Image.fromarray(colors).save("colors.png")
    Image.fromarray(np.where(LEFT == 1, 0, 7).astype(np.uint8)).save("indices.png")
    return tmp_path / "here"


@pytest.mark.parametrize(
    ("path", "label", "mask"),
    [
        ("colors.png", "blue", LEFT),
        ("colors.png", "red", 1 - LEFT),
        ("indices.png", "0", LEFT),
        ("indices.png", "7", 1 - LEFT),
    ],
)
def test_a_color_or_an_index(here, path, label, mask):
    for found in (painted(path, label, SHAPE), painted(here / path, label, SHAPE, folder="elsewhere")):
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, mask)
    np.testing.assert_array_equal(evaluate(f'painted({path}, "{label}")', PHOTO), mask)


def test_of_a_palette_the_indices_count(here):
    palette = Image.fromarray(np.where(LEFT == 1, 3, 1).astype(np.uint8), "P")
    palette.putpalette([9, 9, 9, 0, 0, 255, 9, 9, 9, 255, 0, 0])
    palette.save("palette.png")
    np.testing.assert_array_equal(painted("palette.png", "3", SHAPE), LEFT)
    np.testing.assert_array_equal(painted("palette.png", "red", SHAPE), LEFT)


def test_a_map_beside_the_recipe(here):
    (here / "colors.png").rename(here.parent / "recipe" / "other.png")
    np.testing.assert_array_equal(painted("other.png", "blue", SHAPE, folder=here.parent / "recipe"), LEFT)
    text = "~painted('other.png', 'blue') & all"
    np.testing.assert_array_equal(evaluate(text, PHOTO, here.parent / "recipe"), 1 - LEFT)


def test_a_map_of_another_size_is_resized(here):
    with pytest.warns(SfumatoWarning, match=r"colors\.png' is 30 x 20 pixels, the picture 60 x 40: resized to fit"):
        found = painted("colors.png", "blue", (40, 60))
    np.testing.assert_array_equal(found, np.kron(LEFT, np.ones((2, 2))))
    with pytest.raises(RegionError, match=r"colors\.png' is 30 x 20 pixels, the picture 30 x 40: give it"):
        painted("colors.png", "blue", (40, 30))


@pytest.mark.parametrize(
    ("path", "label", "message"),
    [
        ("colors.png", "green", "label map 'colors.png' has no 'green'; it has blue, red"),
        ("colors.png", "Blue", "label map 'colors.png' has no 'Blue'; it has blue, red"),
        ("colors.png", "", "label map 'colors.png' has no ''; it has blue, red"),
        ("indices.png", "1", "label map 'indices.png' has no '1'; it has 0, 7"),
        ("indices.png", "07", "label map 'indices.png' has no '07'; it has 0, 7"),
        (
            "colors.png",
            "3",
            "label map '.*colors.png' is in color, and holds no numbers of labels: take a label by its color",
        ),
    ],
)
def test_a_label_that_is_not_there(here, path, label, message):
    with pytest.raises(RegionError, match=message):
        painted(path, label, SHAPE)


def test_a_picture_that_is_no_label_map(here):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)).save("photo.png")
    with pytest.raises(RegionError, match="are in no patch of a label's color"):
        painted("photo.png", "blue", SHAPE)
    (here / "text.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"text\.png"):
        painted("text.png", "blue", SHAPE)


def test_a_missing_file_names_both_places(here):
    recipe = here.parent / "recipe"
    with pytest.raises(RegionError) as caught:
        painted("no.png", "blue", SHAPE)
    assert str(caught.value) == f"label map 'no.png' is not there: looked in {str(here)!r}"
    with pytest.raises(RegionError) as caught:
        evaluate("all & painted(no.png, 'blue')", PHOTO, recipe)
    assert str(caught.value) == (
        "region \"all & painted(no.png, 'blue')\": label map 'no.png' is not there: "
        f"looked in {str(recipe)!r} and {str(here)!r}, at column 7"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("painted(colors.png, blue)", "painted() wants a text in quotes here, got 'blue', at column 21"),
        ("painted(indices.png, 7)", "painted() wants a text in quotes here, got '7', at column 22"),
        ("painted(all, 'blue')", "painted() wants a file's name here, got 'all', at column 9"),
        ("painted(colors.png)", "painted() takes 2 values (path, label), got 1, at column 1"),
        ("all - painted(colors.png, 'gray')", "has no 'gray'; it has blue, red, at column 7"),
        ("painted#2(colors.png, 'blue')", "'painted' has no numbered parts, at column 1"),
    ],
)
def test_expressions_that_are_wrong(here, text, message):
    with pytest.raises(RegionError) as caught:
        evaluate(text, PHOTO)
    assert message in str(caught.value)


def test_what_is_written_out_reads_the_same(here):
    text = str(parse("painted(colors.png,'blue')"))
    assert text == 'painted("colors.png", "blue")'
    np.testing.assert_array_equal(evaluate(text, PHOTO), LEFT)
