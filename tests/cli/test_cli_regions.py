"""`sfumato regions`: the preview, the mask, and what it says."""

import json
import re
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from sfumato import images, regions
from sfumato.errors import ModelError
from sfumato.regions import segmenters, things
from sfumato.regions.segmenters import Segments


def test_the_saved_mask_is_the_region(sfumato, here):
    done = sfumato("regions", "photo.png", "--region", "rect(10, 8, 50, 40)", "--save", "mask.png")
    assert done[::2] == (0, "")
    assert "from (10, 8) to (50, 40)" in done.out
    assert "mask.png" in done.out
    photo = images.load("photo.png").rgb()
    np.testing.assert_array_equal(regions.evaluate("mask.png", photo), regions.evaluate("rect(10, 8, 50, 40)", photo))
    assert not (here / "photo-region.png").exists()


def test_the_saved_mask_stays_soft(sfumato, here):
    assert sfumato("regions", "photo.png", "-r", "linear(0, 0, 100%, 0)", "--save", "mask.png").code == 0
    photo = images.load("photo.png").rgb()
    expected = regions.evaluate("linear(0, 0, 100%, 0)", photo)
    np.testing.assert_allclose(regions.evaluate("mask.png", photo), expected, atol=0.51 / 255)


def test_the_saved_mask_as_a_region_makes_the_same_picture(sfumato, apply):
    region = "rect(10, 8, 50, 40)"
    assert sfumato("regions", "photo.png", "--region", region, "--save", "mask.png").code == 0
    assert apply(region="mask.png", output="a.png").code == 0
    assert apply(region=region, output="b.png").code == 0
    np.testing.assert_array_equal(*(np.asarray(Image.open(name)) for name in ("a.png", "b.png")))


def test_the_preview_shows_the_region_in_color_and_the_rest_gray(sfumato, here):
    assert sfumato("regions", "photo.png", "-r", "rect(10, 8, 50, 40)").code == 0
    photo, shown = (np.asarray(Image.open(name)).astype(int) for name in ("photo.png", "photo-region.png"))
    np.testing.assert_array_equal(shown[12:36, 14:46], photo[12:36, 14:46])
    rest = np.ones((64, 80), bool)
    rest[6:42, 8:52] = False
    assert (np.ptp(shown[rest], axis=-1) == 0).all()
    assert shown[rest].min() > 100
    assert shown[7:9, 10:50, 0].min() > 200  # the outline
    assert shown[7:9, 10:50, 2].max() < 60


def test_json(sfumato, here):
    done = sfumato("regions", "photo.png", "-r", "rect(0, 0, 50%, 50%)", "-o", "p.png", "--save", "m.png", "--json")
    assert done[::2] == (0, "")
    report = json.loads(done.out)
    assert report == {
        "region": "rect(0, 0, 50%, 50%)",
        "coverage": 0.25,
        "box": [0, 0, 40, 32],
        "preview": "p.png",
        "mask": "m.png",
    }
    report = json.loads(sfumato("regions", "photo.png", "-r", "all", "--save", "all.png", "--json").out)
    assert (report["coverage"], report["box"], report["preview"]) == (1, [0, 0, 80, 64], None)


def test_a_region_of_nothing_can_be_looked_at(sfumato, here):
    done = sfumato("regions", "photo.png", "-r", "~all", "--json")
    assert done[::2] == (0, "")
    assert json.loads(done.out)["coverage"] == 0
    assert json.loads(done.out)["box"] == []
    assert sfumato("regions", "photo.png", "-r", "~all", "-f").out.startswith("~all: 0.0% of the picture\n")


# ---- all there is


@dataclass
class Fake:
    """Finds what it is told to, on a grid of 8 x 10."""

    labels: dict
    name: str = "fake"
    key: str = "fake 1"

    names = {"person": "person", "dog": "dog"}  # noqa: RUF012

    def __call__(self, photo):
        return Segments(self.labels, ())


@pytest.fixture
def found(monkeypatch):
    """A person in two parts, and a dog."""
    person, dog = np.zeros((2, 8, 10), np.float32)
    person[:, :2], person[:4, 7:], dog[6:, 4:6] = 1, 1, 1
    network = Fake({"dog": dog, "person": person})
    monkeypatch.setattr(segmenters, "choose", lambda name: network)
    monkeypatch.setattr(things, "find_faces", lambda photo: [])
    monkeypatch.setattr(segmenters, "model_of", lambda name: "")
    return network


def test_all_there_is(sfumato, here, found):
    done = sfumato("regions", "photo.png")
    assert done[::2] == (0, "")
    first, *rest, last = done.out.splitlines()
    assert (first, last) == ("found by fake:", "photo-regions.png")
    assert [line.split()[0] for line in rest] == ["person", "person#1", "person#2", "dog"]
    report = json.loads(sfumato("regions", "photo.png", "--json", "-o", "all.png").out)
    assert (report["segmenter"], report["preview"]) == ("fake", "all.png")
    shares = {entry["name"]: entry["coverage"] for entry in report["regions"]}
    assert shares["person"] == pytest.approx((16 + 12) / 80, abs=0.05)
    assert shares["person#1"] + shares["person#2"] == pytest.approx(shares["person"])
    (dog,) = [entry for entry in report["regions"] if entry["name"] == "dog"]
    left, top, right, bottom = dog["box"]
    assert left < 40 < right
    assert top < 60 < bottom


def test_the_chart_has_a_legend_and_a_color_for_each_label(sfumato, here, found):
    assert sfumato("regions", "photo.png").code == 0
    shown = images.load("photo-regions.png").rgb()
    assert shown.shape[0] == 720  # 900 pixels wide, and the legend beside it
    assert shown.shape[1] > 900
    assert np.ptp(shown[300, 450]) < 0.02  # nothing there: gray
    person, dog = shown[600, 60], shown[690, 450]
    assert person[2] > person[0] + 0.2
    assert dog[0] > dog[2] + 0.2
    chips = shown[:100, 900:].reshape(-1, 3)
    for color in ((0, 0.45, 0.7), (0.9, 0.62, 0)):
        assert (np.abs(chips - color).max(axis=1) < 0.02).any()


def test_nothing_found_is_said(sfumato, here, found):
    found.labels, found.key = {}, "fake 2"
    assert (
        sfumato("regions", "photo.png").out
        == "fake found nothing that it knows; try --region subject\nphoto-regions.png\n"
    )


def test_without_a_segmenter_there_is_the_subject(sfumato, here, u2netp, monkeypatch):
    def none(name):
        raise ModelError("no segmenter is installed; run: pip install")

    monkeypatch.setattr(segmenters, "choose", none)
    monkeypatch.setattr(segmenters, "model_of", lambda name: "")
    values = np.full((120, 160, 3), (120, 150, 200), np.uint8)
    y, x = np.mgrid[:120, :160]
    values[(x - 80) ** 2 + (y - 60) ** 2 < 35**2] = (200, 60, 30)
    Image.fromarray(values).save("ball.png")
    done = sfumato("regions", "ball.png", "--json")
    assert done.err == "note: no segmenter is installed; run: pip install; this is the subject\n"
    report = json.loads(done.out)
    (entry,) = report["regions"]
    assert (report["segmenter"], entry["name"]) == ("subject", "subject")
    assert entry["coverage"] == pytest.approx(np.pi * 35**2 / (120 * 160), abs=0.05)
    done = sfumato("regions", "ball.png", "--segmenter", "deeplab", "-f")
    assert (done.code, done.err) == (4, "sfumato: no segmenter is installed; run: pip install\n")


def test_a_label_and_a_single_thing_as_a_region(sfumato, here, found):
    report = json.loads(sfumato("regions", "photo.png", "-r", "person#2", "--json").out)
    assert report["coverage"] == pytest.approx(12 / 80, abs=0.04)
    done = sfumato("regions", "photo.png", "-r", "person#3", "-f")
    assert (done.code, done.out) == (2, "")
    assert "fake finds 2, and #1 is the largest" in done.err


def test_the_words(sfumato):
    done = sfumato("regions", "--words")
    assert done[::2] == (0, "")
    for name in regions.FUNCTIONS:
        assert re.search(rf"^{name}(\(|$)", done.out, re.MULTILINE), name
    assert [line for line in done.out.splitlines() if len(line) > 80] == []


@pytest.fixture
def refused(sfumato, here):
    def run(code, *arguments):
        before = {path: path.read_bytes() for path in here.iterdir()}
        done = sfumato("regions", *arguments)
        assert (done.code, done.out) == (code, "")
        (line,) = done.err.splitlines()
        assert line.startswith("sfumato: ")
        assert {path: path.read_bytes() for path in here.iterdir()} == before
        return line

    return run


def test_nothing_is_replaced(refused, sfumato, here):
    (here / "mine.png").write_bytes(b"mine")
    (here / "photo-region.png").write_bytes(b"mine")
    assert "mine.png" in refused(3, "photo.png", "-r", "all", "-o", "mine.png")
    assert "mine.png" in refused(3, "photo.png", "-r", "all", "--save", "mine.png")
    assert "mine.png" in refused(3, "photo.png", "-r", "all", "-o", "new.png", "--save", "mine.png")
    assert sfumato("regions", "photo.png", "-r", "all").out.endswith("photo-region-2.png\n")
    assert (here / "photo-region.png").read_bytes() == b"mine"
    assert "input" in refused(3, "photo.png", "-r", "all", "-o", "photo.png")
    assert "input" in refused(3, "photo.png", "-r", "all", "--save", "photo.png")
    assert sfumato("regions", "photo.png", "-r", "all", "-o", "mine.png", "--force").code == 0
    assert (here / "mine.png").read_bytes() != b"mine"


def test_preview_and_mask_need_two_names(refused):
    refused(3, "photo.png", "-r", "all", "-o", "same.png", "--save", "same.png")


@pytest.mark.parametrize(
    ("code", "arguments", "word"),
    [
        (2, ["nope.png"], "nope.png"),
        (2, ["photo.png", "-r", "subjct"], "did you mean 'subject'"),
        (2, ["photo.png", "-r", ""], "region"),
        (2, ["photo.png", "-r", "nope.png"], "nope.png"),
        (2, ["photo.png", "--save", "mask.png"], "which region"),
        (4, ["photo.png", "--segmenter", "nope"], 'no segmenter is called "nope"'),
        (3, ["photo.png", "-r", "all", "-o", "a.gif"], "gif"),
        (3, ["photo.png", "-r", "all", "--save", "nowhere/a.png"], "nowhere"),
    ],
)
def test_what_cannot_be_used(refused, code, arguments, word):
    assert word in refused(code, *arguments)
