"""Sessions: made, kept on disk, found after a restart, watched through a socket, removed when old."""

import errno
import json
import os
import threading
import time
from contextlib import nullcontext

import numpy as np
import pytest
from helpers import texture
from studio_page import Page, png

from sfumato.errors import OutputError
from sfumato.studio import app as studio
from sfumato.studio.job import Job
from sfumato.studio.routes import photos
from sfumato.studio.sessions import Sessions


def test_a_browser_comes_back_to_its_session(client):
    first = client.get("/", follow_redirects=False).headers["location"]
    assert client.get("/", follow_redirects=False).headers["location"] == first
    assert client.get("/new", follow_redirects=False).headers["location"] != first


def test_another_browser_has_a_session_of_its_own(page, client):
    client.cookies.clear()
    other = Page(client)
    other.photo(name="other.png")
    assert page.state["photo"] is None
    assert len(page.address.split("/")[-1]) >= 22


def test_a_restart_finds_everything_again(serve, tmp_path):
    page = Page(serve())
    page.photo(name="a.png")
    page.style(name="b.png")
    page.settled()
    page.point("rect", points=[[10, 10], [50, 40]])
    page.stroke(np.full((8, 8), 200, np.uint8), 60, 50)
    page.ask("PATCH", "settings", json={"preset": "draft", "seed": 7})
    page.change(name="sky", strength=0.5)
    before, mask = page.state, page.mask()
    page.client.__exit__(None, None, None)
    again = Page(serve(), page.address)
    after = again.settled()
    gone = {"revision", "labels"}
    assert {name: value for name, value in after.items() if name not in gone | {"layers"}} == {
        name: value for name, value in before.items() if name not in gone | {"layers"}
    }
    for one, other in zip(before["layers"], after["layers"], strict=True):
        changing = {"mask_version": other["mask_version"], "can_undo": False}
        assert {**one, **changing} == other
    np.testing.assert_array_equal(again.mask(), mask)
    assert again.ask("GET", "photo/original").content == png(texture(64, 80, seed=1))


def test_a_session_of_another_version_begins_anew(serve, page, tmp_path):
    page.photo()
    name = page.address.split("/")[-1]
    page.client.__exit__(None, None, None)
    (tmp_path / "sessions" / name / "session.json").write_text('{"from": "the future"}')
    again = Page(serve(), page.address)
    assert again.state["notes"] == ["this session was made by another version of sfumato and begins anew"]
    assert (tmp_path / "sessions" / name / "files" / "photo.png").is_file()  # for whoever comes back to that version


def test_a_session_that_cannot_be_read_is_not_found(serve, page, tmp_path):
    name = page.address.split("/")[-1]
    page.client.__exit__(None, None, None)
    (tmp_path / "sessions" / name / "session.json").write_text("{")
    Page(serve(), page.address).refused("GET", "state", 404)


def test_old_sessions_are_removed_and_others_stay(tmp_path):
    sessions = Sessions(tmp_path / "s")
    old, new = sessions.new(), sessions.new()
    (tmp_path / "s" / "gallery").mkdir()
    for session, days in ((old, 20), (new, 1)):
        past = time.time() - days * 86_400
        os.utime(session.folder / "session.json", (past, past))
    fresh = Sessions(tmp_path / "s")
    assert fresh.clean() == [old.id]
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == sorted(["gallery", new.id])
    # One that is in use is not old.
    assert fresh.find(new.id) is not None
    assert fresh.clean(days=0) == []
    assert Sessions(tmp_path / "s").clean(days=0) == [new.id]


def test_strokes_are_on_disk_before_a_session_leaves_memory(open_page, client, tmp_path, monkeypatch):
    open_page.stroke(np.full((8, 8), 99, np.uint8), 0, 0)
    monkeypatch.setattr("sfumato.studio.sessions._IDLE", -1)
    sessions = client.app.app.state.sessions
    before = sessions.find(open_page.address.split("/")[-1])
    sessions.clean()
    assert sessions.find(before.id) is not before
    assert open_page.mask()[4, 4] == 99


def test_strokes_are_saved_now_and_then(serve, tmp_path, monkeypatch):
    monkeypatch.setattr("sfumato.studio.app._OFTEN", 0.05)
    page = Page(serve())
    page.photo()
    page.stroke(np.full((8, 8), 99, np.uint8), 0, 0)
    end = time.monotonic() + 20
    while not (found := list((tmp_path / "sessions").glob("*/files/mask1.png"))):
        assert time.monotonic() < end
        time.sleep(0.02)
    # Once is enough: each writing makes another file.
    number = found[0].stat().st_ino
    page.client.app.app.state.sessions.save()
    assert found[0].stat().st_ino == number


@pytest.mark.parametrize("watched", [False, True])
def test_a_session_that_is_painted_or_watched_stays_in_memory(tmp_path, monkeypatch, watched):
    monkeypatch.setattr("sfumato.studio.sessions._IDLE", -1)
    sessions = Sessions(tmp_path)
    session = sessions.new()
    session.job = None if watched else Job("a", "paint", session)
    with session.listening(lambda: None) if watched else nullcontext():
        assert sessions.clean(days=-1) == []
        assert sessions.find(session.id) is session
    session.job = None
    assert sessions.clean(days=-1) == [session.id]


def test_what_was_looked_for_when_the_server_ended_is_looked_for_anew(serve, open_page, tmp_path):
    open_page.client.__exit__(None, None, None)
    place = next((tmp_path / "sessions").glob("*/session.json"))
    content = json.loads(place.read_text())
    content["labels"]["state"] = "working"
    place.write_text(json.dumps(content))
    again = Page(serve(), open_page.address)
    with again.socket() as socket:
        while (labels := socket.receive_json()["labels"])["state"] != "ready":
            pass
    assert labels["version"] > content["labels"]["version"]  # browsers keep pictures by their versions


def test_saving_that_fails_once_goes_on(serve, monkeypatch):
    calls, again = [], threading.Event()

    def save(sessions):
        calls.append(sessions)
        if len(calls) == 1:
            raise OSError("the folder is gone")
        again.set()

    monkeypatch.setattr(studio, "_OFTEN", 0.01)
    monkeypatch.setattr(Sessions, "save", save)
    serve()
    assert again.wait(20)


def test_a_full_disk_is_said_in_a_line(page, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device", "/a/b")

    monkeypatch.setattr(photos, "take", full)
    line = page.refused("PUT", "photo", 507, content=b"")
    assert line == "the session's files cannot be read or written: no space left on device"


def test_a_file_that_is_gone_is_said_in_a_line(open_page, tmp_path):
    next((tmp_path / "sessions").glob("*/files/style.png")).unlink()
    style = open_page.state["styles"][0]["id"]
    assert "not there any more" in open_page.refused("GET", f"styles/{style}/full", 404)


def test_using_a_session_keeps_it_young(tmp_path):
    session = Sessions(tmp_path).new()
    past = time.time() - 20 * 86_400
    os.utime(session.folder / "session.json", (past, past))
    assert Sessions(tmp_path).find(session.id) is not None
    assert Sessions(tmp_path).clean() == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot be made: .*; set SFUMATO_HOME"):
        Sessions(tmp_path / "file" / "studio")


def test_a_socket_sends_the_whole_state_now_and_at_each_change(page):
    with page.socket() as socket:
        first = socket.receive_json()
        assert first == page.state
        page.ask("PATCH", "settings", json={"seed": 5})
        second = socket.receive_json()
        assert second["settings"]["seed"] == 5
        assert second["revision"] > first["revision"]
        page.photo()
        while socket.receive_json()["photo"] is None:
            pass


def test_a_socket_that_is_closed_is_forgotten(page, client):
    session = client.app.app.state.sessions.find(page.address.split("/")[-1])
    with page.socket() as socket:
        socket.receive_json()
        assert session.watched
    end = time.monotonic() + 10
    while session.watched and time.monotonic() < end:
        time.sleep(0.01)
    assert not session.watched


def test_the_page_itself(page, client):
    response = client.get(f"{page.address}/")
    assert response.headers["content-type"].startswith("text/html")
    assert "<html" in response.text
