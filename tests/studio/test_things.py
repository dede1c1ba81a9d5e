"""What is in a photo: found in the background, pointed at by a click."""

import io
import shutil
import threading
from types import MappingProxyType

import numpy as np
import pytest
from helpers import texture
from PIL import Image
from studio_page import Page, png

from sfumato.errors import ModelError
from sfumato.regions import segmenters
from sfumato.regions.segmenters import Segments
from sfumato.studio import things


@pytest.fixture
def seen(monkeypatch, looking):
    """Two persons and a dog on a small grid, as a segmenter sees them; no network file is needed."""
    person, dog = np.zeros((8, 10), np.float32), np.zeros((8, 10), np.float32)
    person[1:7, 1:4] = person[2:5, 6:8] = dog[6:8, 8:10] = 1

    class Fake:
        name, key = "fake", "fake"
        names = MappingProxyType({"person": "person", "dog": "dog"})

        def __call__(self, photo):
            return Segments({"person": person, "dog": dog}, ())

    monkeypatch.setattr(segmenters, "choose", lambda name="auto": Fake())
    monkeypatch.setattr(segmenters, "known_names", lambda name="auto": Fake.names)
    monkeypatch.setattr(segmenters, "model_of", lambda name: "")
    monkeypatch.setattr("sfumato.regions.things.find_faces", lambda photo: [])
    monkeypatch.setattr(things.models, "state", lambda name: "absent")
    monkeypatch.setattr(things, "_is_there", lambda name: True)
    colors = np.uint8([[200, 200, 200], [200, 30, 20], [20, 30, 200]])
    return png(colors[np.kron(person + 2 * dog, np.ones((8, 8))).astype(int)])


def test_opening_a_photo_fetches_no_networks_for_faces(page, seen, monkeypatch):
    asked = []
    monkeypatch.setattr("sfumato.regions.semantic.faces_in", lambda photo, *, fetch: (asked.append(fetch), [])[1])
    page.photo(seen)
    page.settled()
    assert asked == [False]


def test_things_have_values_and_words(page, seen):
    page.photo(seen)
    labels = page.settled()["labels"]
    assert labels["state"] == "ready"
    assert [thing["word"] for thing in labels["things"]] == ["person#1", "person#2", "dog"]
    assert [thing["name"] for thing in labels["things"]] == ["person", "person", "dog"]
    ids = np.asarray(Image.open(io.BytesIO(page.ask("GET", "idmap.png").content)))
    assert ids.shape == (64, 80)
    assert [ids[30, 20], ids[30, 56], ids[60, 70], ids[4, 4]] == [1, 2, 3, 0]
    assert "u2netp" in labels["error"]


def test_what_was_found_in_the_photo_before_is_not_shown_in_another(looking, page, monkeypatch):
    going, masks = threading.Event(), {"subject": np.ones((64, 80), np.float32)}

    def slow(image, *arguments, **options):
        if image.shape[1] == 80:
            going.wait(20)
            return masks, None
        return {}, None

    monkeypatch.setattr(things, "find", slow)
    page.photo()
    page.photo(png(texture(50, 50)))
    assert page.settled()["labels"]["things"] == []
    going.set()
    things.finish()
    state = page.state
    assert (state["labels"]["state"], state["labels"]["things"]) == ("ready", [])


def test_a_click_adds_and_takes_away(page, seen):
    page.photo(seen)
    page.settled()
    assert page.point("click", x=20, y=30)["region"] == "person#1"
    layer = page.point("click", x=70, y=60)
    assert layer["region"] == "person#1 | dog"
    mask = page.mask(size="screen")
    assert [mask[30, 20], mask[60, 70], mask[30, 56]] == [255, 255, 0]
    assert layer["coverage"] == pytest.approx((mask / 255).mean(), abs=0.01)
    assert page.point("click", x=70, y=60, remove=True)["region"] == "person#1"
    name = page.layer["id"]
    line = page.refused("POST", f"layers/{name}/region", json={"op": "click", "x": 900, "y": 4})
    assert line == "900,4 is not in the photo, 80×64 pixels"


def test_where_nothing_is_known_a_click_is_looked_at(page, seen):
    page.photo(seen)
    page.settled()
    assert page.point("click", x=4, y=4)["region"] == "click(4, 4)"
    assert page.point("click", x=60, y=5, more=True)["region"] == "click(4, 4, 60, 5)"
    assert page.point("click", x=40, y=60, remove=True)["region"] == "click(4, 4, 60, 5, not=(40, 60))"
    assert page.point("click", x=70, y=60)["region"] == "click(4, 4, 60, 5, not=(40, 60)) | dog"


def test_a_click_finds_what_was_found_before_a_restart(serve, page, seen):
    page.photo(seen)
    page.settled()
    page.client.__exit__(None, None, None)
    again = Page(serve(), page.address)
    assert again.point("click", x=56, y=30)["region"] == "person#2"


def test_nothing_is_fetched_until_that_is_asked_for(looking, page, monkeypatch):
    fetched = []

    def path(name, **options):
        fetched.append(name)
        raise ModelError(f'model "{name}" cannot be fetched here')

    monkeypatch.setattr(things.models, "state", lambda name: "absent")
    monkeypatch.setattr(things.models, "path", path)
    # The network may be in memory already, where another test has used it.
    monkeypatch.setattr(things.regions, "subject", lambda photo: path("u2netp"))
    page.photo()
    labels = page.settled()["labels"]
    assert (labels["state"], fetched) == ("failed", [])
    assert "once the network file" in labels["error"]
    page.ask("POST", "labels", 202)
    labels = page.settled()["labels"]
    assert fetched != []
    assert labels["error"] == f'model "{fetched[0]}" cannot be fetched here'


def test_the_subject_is_a_thing(looking, page, u2netp):
    values = np.full((120, 160, 3), 204, np.uint8)
    values[40:80, 50:110] = 230, 26, 26
    page.photo(png(values))
    things = page.settled()["labels"]["things"]
    assert [thing["word"] for thing in things] == ["subject"]
    assert page.point("click", x=80, y=60)["region"] == "subject"
    assert page.mask()[60, 80] == 255


@pytest.mark.parametrize(("side", "word"), [(0, "table"), (20, "subject")])
def test_the_subject_lies_over_what_is_clearly_larger(looking, page, monkeypatch, side, word):
    """A cup on a table is not the table; a person who is about all of the subject is a person."""
    table, subject = np.zeros((64, 80), np.float32), np.zeros((64, 80), np.float32)
    table[4:60, 4:76] = subject[6 + side : 58 - side, 6:74] = 1
    monkeypatch.setattr(things, "find", lambda *arguments, **options: ({"subject": subject, "table": table}, None))
    page.photo()
    labels = page.settled()["labels"]
    ids = np.asarray(Image.open(io.BytesIO(page.ask("GET", "idmap.png").content)))
    assert {thing["id"]: thing["word"] for thing in labels["things"]}[ids[32, 40]] == word


def test_another_segmenter_looks_again(looking, open_page):
    line = open_page.ask("PATCH", "settings", json={"segmenter": "hf:no/such-model"}).json()
    assert line["settings"]["segmenter"] == "hf:no/such-model"
    labels = open_page.settled()["labels"]
    assert "hf:no/such-model" in labels["error"]


def test_what_another_segmenter_found_is_not_selected_any_more(page, seen, monkeypatch):
    page.photo(seen)
    page.settled()
    assert page.change(region="dog")["coverage"] > 0

    class Blind:
        name, key = "blind", "blind"
        names = MappingProxyType({"dog": "dog"})

        def __call__(self, photo):
            return Segments({}, ())

    monkeypatch.setattr(segmenters, "choose", lambda name="auto": Blind())
    page.ask("PATCH", "settings", json={"segmenter": "hf:blind/model"})
    page.settled()
    assert page.layer["coverage"] == 0


@pytest.fixture
def sky(saved, tmp_path):
    """A folder with a network that sees the sky everywhere."""
    numbers = pytest.importorskip("safetensors.torch", reason="the extra huggingface is not installed")
    folder = shutil.copytree(saved("segformer"), tmp_path / "sky")
    weights = numbers.load_file(folder / "model.safetensors")
    weights["decode_head.classifier.bias"][1] += 100
    numbers.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def words(page):
    return [thing["word"] for thing in page.settled()["labels"]["things"]]


def test_a_folder_finds_things_if_the_studio_is_started_with_it(serve, looking, page, sky):
    page.photo()
    assert "sky" not in words(page)
    page.client.__exit__(None, None, None)
    again = Page(serve(finders={"segmenter": str(sky)}), page.address)
    assert "sky" in words(again)
    assert again.point("click", x=20, y=30)["region"] == "sky"
    again.style()
    result = again.colors() and again.painted()["results"][0]["id"]
    # The command has the folder, and the page does not.
    assert f"--segmenter {sky} " in again.ask("GET", f"results/{result}/command").text
    assert str(sky) not in again.ask("GET", "state").text
    again.client.__exit__(None, None, None)
    assert "sky" not in words(Page(serve(), page.address))


def test_a_search_that_breaks_off_is_said_in_a_line(looking, page, monkeypatch):
    def broken(*arguments, **options):
        raise RuntimeError("no network")

    monkeypatch.setattr(things, "find", broken)
    page.photo()
    labels = page.settled()["labels"]
    assert labels["state"] == "failed"
    assert labels["error"] == "things could not be looked for: RuntimeError: no network"


def test_of_two_segmenters_the_later_one_counts(looking, page, monkeypatch):
    going = threading.Event()

    def slow(image, segmenter, **options):
        if segmenter == "auto":
            going.wait(20)
            return {"subject": np.ones((64, 80), np.float32)}, None
        return {}, None

    monkeypatch.setattr(things, "find", slow)
    page.photo()
    page.ask("PATCH", "settings", json={"segmenter": "deeplab"})
    page.settled()
    going.set()
    things.finish()
    assert page.state["labels"]["things"] == []


def test_another_photo_that_comes_with_a_result_is_looked_at(open_page):
    open_page.colors()
    (result,) = open_page.painted()["results"]
    open_page.photo(png(texture(50, 50)))
    version = open_page.settled()["labels"]["version"]
    state = open_page.ask("POST", f"results/{result['id']}/restore").json()
    assert state["labels"]["state"] != "none"
    assert state["labels"]["version"] > version
