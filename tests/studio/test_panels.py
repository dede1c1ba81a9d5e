"""Panels: an object is cut out and placed, labels of two photos are matched."""

import io

import numpy as np
import pytest
from helpers import texture
from PIL import Image
from studio_page import png


@pytest.fixture
def thing():
    """A red square on gray."""
    values = np.full((60, 80, 3), 128, np.uint8)
    values[20:50, 30:70] = 200, 40, 30
    return png(values)


def test_an_object_is_cut_out_with_alpha(open_page, thing):
    style = open_page.style(thing, name="thing.png")
    assert "no object yet" in open_page.refused("GET", "panel/object.png")
    placed = {"style": style, "x": 40, "y": 30, "region": "rect(30, 20, 70, 50)"}
    panel = open_page.ask("PATCH", "panel", json={"mode": "paste", "object": placed}).json()["panel"]
    assert panel["object"] == {
        **placed,
        "scale": 0.3,
        "angle": 0,
        "feather": None,
        "painterly": None,
        "harmonize": True,
    }
    cut = np.asarray(Image.open(io.BytesIO(open_page.ask("GET", "panel/object.png").content)))
    assert cut.shape[2] == 4
    assert abs(np.array(cut.shape[:2]) - (30, 40)).max() <= 2
    assert cut[15, 20, 3] == 255
    assert abs(cut[15, 20, :3].astype(int) - (200, 40, 30)).max() <= 1


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"mode": "dream"}, "mode: input should be 'restyle', 'paste', 'photo' or 'surface', got 'dream'"),
        ({"corners": [1, 2, 3]}, "corners: tuple should have at least 8 items"),
        ({"object": {"style": "nothing", "x": 1, "y": 2}}, "there is no style 'nothing'; choose one of the gallery"),
        ({"reference": {"style": "nothing"}}, "there is no style 'nothing'; choose one of the gallery"),
        (
            {"object": {"style": "a", "x": 1, "y": 2, "scale": 3}},
            "object.scale: input should be less than or equal to 1",
        ),
    ],
)
def test_what_a_panel_cannot_hold_is_refused(open_page, changes, line):
    before = open_page.state["panel"]
    assert line in open_page.refused("PATCH", "panel", json=changes)
    assert open_page.state["panel"] == before


def test_a_panel_without_its_picture_says_so(open_page):
    for mode, line in (("paste", "there is no object yet"), ("photo", "there is no reference yet")):
        open_page.ask("PATCH", "panel", json={"mode": mode})
        for kind in ("look", "paint"):
            assert line in open_page.job(kind)["job"]["error"]


def test_labels_are_matched_after_a_reference_is_chosen(open_page, vgg):
    assert "no reference yet" in open_page.refused("POST", "match")
    assert "nothing is matched yet" in open_page.refused("GET", "match/photo.png")
    # Blue above, brown below; the other photo has more of the blue.
    photo, other = np.zeros((96, 128, 3), np.uint8), np.zeros((96, 128, 3), np.uint8)
    photo[:48], photo[48:] = (70, 130, 220), (110, 70, 30)
    other[:64], other[64:] = (90, 150, 230), (130, 90, 50)
    noise = texture(96, 128, seed=4) // 64
    open_page.photo(png(photo + noise), name="photo.png")
    style = open_page.style(png(other + noise), name="other.png")
    open_page.ask("PATCH", "panel", json={"mode": "photo", "reference": {"style": style}})
    found = open_page.ask("POST", "match").json()
    ids = [label["id"] for label in found["labels"]]
    assert ids == list(range(1, len(ids) + 1))
    assert found["found"] == f"{len(ids)} labels found by color and features"
    ours, theirs = (
        np.asarray(Image.open(io.BytesIO(open_page.ask("GET", f"match/{side}.png").content)))
        for side in ("photo", "reference")
    )

    def half(values):
        return set(np.unique(values)) - {0}

    rows, others = ours.shape[0] // 2, 2 * theirs.shape[0] // 3
    blue, brown = half(ours[: rows - 8]), half(ours[rows + 8 :])
    assert blue
    assert brown
    assert not blue & brown
    assert blue | brown <= set(ids)
    assert half(theirs[: others - 8]) <= blue
    assert half(theirs[others + 8 :]) <= brown


def test_no_label_at_all_is_one_for_everything(open_page, vgg):
    style = open_page.state["styles"][0]["id"]
    reference = {"style": style, "semantic": "none"}
    open_page.ask("PATCH", "panel", json={"mode": "photo", "reference": reference})
    assert [label["name"] for label in open_page.ask("POST", "match").json()["labels"]] == ["all"]
