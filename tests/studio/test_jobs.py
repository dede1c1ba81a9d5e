"""Jobs of a page: watched, cancelled; they go on without anyone."""

import io

import numpy as np
import pytest
from helpers import smooth, texture
from PIL import Image
from studio_page import COLORS, SHALLOW, Page, png

from sfumato.errors import OutputError
from sfumato.studio import painting


def test_a_painting_is_kept_with_its_last_preview(open_page):
    open_page.colors(region="rect(20, 10, 60, 50)")
    state = open_page.job()
    job, result = state["job"], state["results"][0]
    assert (job["state"], job["error"], job["fraction"]) == ("done", None, 1.0)
    assert (result["name"], result["method"], result["finished"]) == ("photo-style.png", "photo", True)
    assert (result["width"], result["height"]) == (80, 64)
    assert open_page.ask("GET", f"preview/{job['preview']}.jpg").headers["content-type"] == "image/jpeg"


def test_only_the_latest_previews_are_there_and_none_is_on_disk(open_page, tmp_path):
    open_page.colors()
    first = open_page.job()["job"]["preview"]
    for _ in range(5):
        latest = open_page.job()["job"]["preview"]
    assert latest >= first + 5
    assert "is gone" in open_page.refused("GET", f"preview/{first}.jpg", 410)
    open_page.refused("GET", f"preview/{latest + 1}.jpg", 410)
    # As many files as 6 results take: what they need, the picture and what tells of it.
    inside = [path.relative_to(tmp_path) for path in (tmp_path / "sessions").rglob("*") if path.is_file()]
    assert len([path for path in inside if "results" in path.parts]) == 6 * 7
    assert not [path for path in inside if "checkpoint" in path.name or "preview" in path.name]


def test_a_job_that_cannot_begin_says_why_in_a_line(open_page, tmp_path):
    for changes, line in (
        ({"styles": []}, "the layer 'Layer 1' has no style; choose one in the gallery"),
        ({"on": False}, "no layer is switched on"),
        ({"region": "~all"}, "the layer 'Layer 1' selects nothing; click on something, or paint"),
        ({"region": "gone.png"}, "the layer 'Layer 1': region"),
    ):
        style = open_page.state["styles"][0]["id"]
        open_page.change(**{"styles": [{"style": style}], "on": True, "region": "all", **changes})
        for kind in ("paint", "look"):
            job = open_page.job(kind)["job"]
            assert job["state"] == "failed"
            assert line in job["error"]
            assert str(tmp_path) not in job["error"]
    open_page.change(on=True, region="all", styles=[{"style": "nothing"}])
    assert "no style 'nothing'" in open_page.job()["job"]["error"]
    assert list((tmp_path / "sessions").glob("*/results/*")) == []
    assert "kind should be 'paint' or 'look', got 'stroll'" in open_page.refused("POST", "job", json={"kind": "stroll"})
    assert "nothing is being painted" in open_page.refused("DELETE", "job")


def test_a_full_disk_is_told(open_page, monkeypatch):
    def full(run, outputs):
        raise OutputError(f"{outputs.picture}: cannot be written: the disk is full; free some space")

    monkeypatch.setattr(painting, "finish", full)
    open_page.colors()
    job = open_page.job()["job"]
    assert job["error"] == "photo-style.png: cannot be written: the disk is full; free some space"


@pytest.fixture
def endless(open_page, vgg):
    """A painting that would take very long."""
    options = {**SHALLOW, "iterations": "100000", "tolerance": 0}
    open_page.ask("PATCH", "settings", json={"size": 64, "options": options})
    open_page.ask("POST", "job", 202, json={"kind": "paint"})
    open_page.until(lambda state: state["job"]["step"] > 5)
    return open_page


def test_a_cancelled_painting_ends_within_a_step_and_keeps_the_best(endless, tmp_path):
    assert "cancel it first" in endless.refused("POST", "job", json={"kind": "look"})
    assert "cancel it first" in endless.refused("DELETE", "photo", 409)
    before = endless.state["job"]["step"]
    endless.ask("DELETE", "job")
    state = endless.until(lambda state: state["job"]["state"] != "running")
    assert state["job"]["state"] == "cancelled"
    assert state["job"]["step"] <= before + 3
    (result,) = state["results"]
    assert result["finished"] is False
    command = endless.ask("GET", f"results/{result['id']}/command").text
    assert command.startswith("# the picture was stopped early; this paints it to the end\nsfumato apply photo.png")
    assert not list((tmp_path / "sessions").rglob("*.checkpoint"))


def test_progress_is_told_while_it_is_painted(endless):
    job = endless.state["job"]
    assert job["kind"] == "paint"
    assert 5 < job["step"] <= job["steps"]
    assert 0 < job["fraction"] < 1
    assert job["left"] > 0
    assert "64" in job["note"] or "size 1 of 1" in job["note"]
    assert len(job["loss"]) > 3
    assert job["loss"][-1] < job["loss"][0]
    seen = set()
    endless.until(lambda state: seen.add(state["job"]["preview"]) or len(seen) > 3)
    assert len(endless.until(lambda state: state["job"]["step"] > 210)["job"]["loss"]) <= 200


def test_a_painting_goes_on_without_a_connection_and_another_browser_waits(endless):
    with endless.socket() as socket:
        step = socket.receive_json()["job"]["step"]
    endless.client.cookies.clear()
    other = Page(endless.client)
    other.photo()
    other.style()
    other.settled()
    other.colors()
    other.ask("POST", "job", 202, json={"kind": "paint"})
    waiting = other.state["job"]
    assert (waiting["state"], waiting["place"]) == ("queued", 1)
    # It does not wait for a look.
    assert endless.until(lambda state: state["job"]["step"] > step + 5)["job"]["state"] == "running"
    endless.ask("DELETE", "job")
    assert other.until(lambda state: state["job"]["state"] == "done")["results"] != []


def test_a_painting_is_cancelled_when_the_studio_ends_and_kept(serve, endless):
    endless.client.__exit__(None, None, None)
    again = Page(serve(), endless.address)
    (result,) = again.state["results"]
    assert result["finished"] is False
    assert again.state["job"] is None


def test_a_first_look_keeps_nothing(open_page, arbitrary):
    open_page.change(region="rect(20, 10, 60, 50)", feather=0)
    state = open_page.job("look")
    assert (state["job"]["state"], state["results"]) == ("done", [])
    look = open_page.ask("GET", f"preview/{state['job']['preview']}.jpg").content
    values = np.asarray(Image.open(io.BytesIO(look)), float)
    change = abs(values - texture(64, 80, seed=1)).mean(2)
    assert change[12:48, 22:58].mean() > 2 * change[:, 64:].mean()


def test_a_look_at_colors_needs_no_network(open_page):
    open_page.colors()
    assert open_page.job("look")["job"]["state"] == "done"


def test_a_look_at_a_large_photo_is_small(open_page):
    open_page.photo(png(smooth(1500, 2100, seed=3)))
    open_page.settled()
    open_page.colors(region="ellipse(40%, 50%, 30%, 20%)")
    job = open_page.job("look")["job"]
    assert (job["state"], job["error"]) == ("done", None)
    shown = Image.open(io.BytesIO(open_page.ask("GET", f"preview/{job['preview']}.jpg").content))
    assert shown.size == (768, 549)


def test_settings_may_change_while_it_is_painted(open_page, tmp_path):
    """What a job needs is handed over when it begins."""
    open_page.colors(region="rect(0, 0, 40, 64)")
    open_page.stroke(np.full((64, 10), 255, np.uint8), 60, 0)
    result = open_page.job()["results"][0]["id"]
    made = open_page.ask("GET", f"results/{result}/picture").content
    open_page.stroke(np.full((64, 80), 0, np.uint8), 0, 0)
    open_page.ask("DELETE", f"styles/{open_page.state['styles'][0]['id']}")
    open_page.photo(png(texture(64, 80, seed=77)))
    assert open_page.ask("GET", f"results/{result}/picture").content == made
    folder = next((tmp_path / "sessions").glob("*/results/*/work"))
    assert {path.name for path in folder.iterdir()} == {
        "photo.png",
        "style.png",
        "mask1.png",
        "recipe.toml",
        "photo-style.png",
    }
    assert COLORS.items() <= open_page.state["settings"]["options"].items()
