"""The photo: taken in with its own bytes, and shown."""

import io
import threading

import numpy as np
import pytest
from helpers import smooth, texture
from PIL import Image
from studio_page import deep_png, png

from sfumato import images
from sfumato.studio import painting


def shown(page):
    return np.asarray(Image.open(io.BytesIO(page.ask("GET", "photo/screen.jpg").content)))


def test_the_bytes_are_kept(page, tmp_path):
    content = deep_png(tmp_path)
    state = page.photo(content, name="deep.png")
    assert state["photo"] == {
        "name": "deep.png",
        "width": 80,
        "height": 60,
        "bits": 16,
        "alpha": False,
        "version": 1,
        "screen": [80, 60],
    }
    response = page.ask("GET", "photo/original")
    assert response.content == content
    assert "deep.png" in response.headers["content-disposition"]


def test_the_screen_shows_a_small_upright_copy(page):
    exif = Image.Exif()
    exif[274] = 6  # a quarter turn
    out = io.BytesIO()
    Image.fromarray(smooth(2000, 3000, seed=1, blur=20)).save(out, "JPEG", exif=exif, quality=95)
    state = page.photo(out.getvalue(), name="turned.jpg")
    assert (state["photo"]["width"], state["photo"]["height"]) == (2000, 3000)
    small = shown(page)
    assert small.shape == (2048, 1365, 3)
    upright = np.rot90(np.asarray(Image.open(out)), -1)
    expected = np.asarray(Image.fromarray(upright).resize((1365, 2048), Image.Resampling.BOX), float)
    assert abs(small - expected).mean() < 5


def test_what_is_transparent_is_gray(page):
    values = np.dstack([texture(40, 40), np.full((40, 40), 255, np.uint8)])
    values[:20, :, 3] = 0
    assert page.photo(png(values))["photo"]["alpha"]
    assert abs(shown(page)[:16].astype(int) - 128).max() < 6


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("my photo.png", "my photo.png"),
        ("..\\..\\evil.png", "evil.png"),
        ("/etc/passwd", "passwd.png"),
        ("a:b@c#d.png", "abcd.png"),
        ("-rf.png", "rf.png"),
        (".hidden.png", "hidden.png"),
        ("line\nbreak.png", "linebreak.png"),
        ("photo.jpg", "photo.png"),
        ("Ω≈ç.PNG", "Ω≈ç.PNG"),
        ("", "photo.png"),
        ("é" * 300 + ".png", "é" * 45 + ".png"),
        ("half a letter \udc80.png", "half a letter.png"),
    ],
)
def test_names_are_made_safe(page, name, kept):
    from urllib.parse import quote

    content = png(texture(20, 20))
    state = page.ask("PUT", "photo", content=content, headers={"X-Name": quote(name, errors="surrogatepass")}).json()
    assert state["photo"]["name"] == kept


def test_what_is_no_picture_is_refused_and_the_photo_stays(open_page):
    before = open_page.state["photo"]
    line = open_page.refused("PUT", "photo", content=b"<html></html>" * 10, headers={"X-Name": "a.png"})
    assert line == "a: this is a web page (HTML); save the picture itself, as PNG or JPEG"
    assert "too few" in open_page.refused("PUT", "photo", content=png(texture(8, 8)))
    assert open_page.state["photo"] == before


def test_nothing_is_there_before_a_photo(page):
    for place in ("photo/screen.jpg", "photo/original", "idmap.png"):
        page.refused("GET", place, 404)
    assert "no photo yet" in page.refused("POST", "labels", 409)
    assert "no photo yet" in page.refused("POST", "job", json={"kind": "look"})
    name = page.ask("POST", "layers").json()["layers"][0]["id"]
    for method, place in (("POST", "region"), ("POST", "undo"), ("GET", "mask.png"), ("PATCH", "")):
        given = {} if method == "GET" else {"json": {"op": "all", "region": "subject"}}
        if method == "PATCH":
            given["json"].pop("op")
        assert "no photo yet" in page.refused(method, f"layers/{name}/{place}".rstrip("/"), **given)


def test_another_photo_keeps_the_layers_and_drops_masks_of_another_size(open_page, tmp_path):
    open_page.point("rect", points=[[0, 0], [40, 40]])
    open_page.stroke(np.full((4, 4), 255, np.uint8), 50, 50)
    same = open_page.photo(png(texture(64, 80, seed=9)), name="second.png")
    assert same["photo"]["version"] > 1
    assert same["layers"][0]["region"] == "mask1.png"
    assert same["layers"][0]["coverage"] == pytest.approx((1600 + 16) / 5120, abs=1e-3)
    other = open_page.photo(png(texture(50, 50, seed=9)), name="third.png")
    assert (other["layers"][0]["region"], other["layers"][0]["mask"]) == ("all", None)
    folder = next((tmp_path / "sessions").glob("*/files"))
    assert not {"photo.png", "second.png", "mask1.png"} & {path.name for path in folder.iterdir()}


def test_a_photo_is_taken_away_with_its_layers(open_page, tmp_path):
    open_page.stroke(np.full((4, 4), 255, np.uint8), 50, 50)
    version = open_page.state["photo"]["version"]
    state = open_page.ask("DELETE", "photo").json()
    assert (state["photo"], state["layers"], state["labels"]["things"]) == (None, [], [])
    open_page.refused("GET", "photo/screen.jpg", 404)
    open_page.ask("DELETE", "photo")
    folder = next((tmp_path / "sessions").glob("*/files"))
    assert not {"photo.png", "mask1.png"} & {path.name for path in folder.iterdir()}
    assert open_page.photo()["photo"]["version"] > version


def test_a_photo_and_a_style_of_one_name_are_two_files(page):
    page.style(png(texture(48, 64)), name="same.png")
    page.photo(name="same.png")
    page.style(png(texture(48, 60)), name="SAME.png")
    assert page.state["photo"]["name"] == "same-2.png"
    assert [style["name"] for style in page.state["styles"][:2]] == ["SAME-3.png", "same.png"]


def test_a_16_bit_photo_is_as_it_was_outside_the_region(page, tmp_path):
    content = deep_png(tmp_path, 64, 80)
    page.photo(content, name="deep.png")
    page.style()
    page.colors(region="rect(20, 10, 60, 50)", feather=4)
    state = page.job()
    assert state["job"]["state"] == "done", state["job"]
    (tmp_path / "result.png").write_bytes(page.ask("GET", f"results/{state['results'][0]['id']}/picture").content)
    photo, made = images.load(tmp_path / "deep.png"), images.load(tmp_path / "result.png")
    assert made.pixels.dtype == np.uint16
    inside = np.zeros((64, 80), bool)
    inside[6:54, 16:64] = True
    np.testing.assert_array_equal(made.pixels[~inside], photo.pixels[~inside])
    assert (made.pixels[20:40, 30:50] != photo.pixels[20:40, 30:50]).mean() > 0.9


def test_a_quick_look_does_not_keep_a_photo_and_is_not_shown_for_another(open_page, monkeypatch):
    going, begun = threading.Event(), threading.Event()

    def look(job, fetch):
        begun.set()
        going.wait(20)

    monkeypatch.setattr(painting, "look", look)
    for change in (lambda: open_page.ask("DELETE", "photo"), open_page.photo):
        open_page.photo()
        begun.clear()
        open_page.ask("POST", "job", 202, json={"kind": "look"})
        assert begun.wait(20)
        change()
        assert open_page.state["job"] is None
        going.set()
