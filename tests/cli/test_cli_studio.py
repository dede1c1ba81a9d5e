"""`sfumato studio`: where it listens, what it begins with, and what it refuses."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from sfumato.cli import studio as command

pytest.importorskip("uvicorn", reason="needs the extra studio")


@pytest.fixture
def start(here):
    """Start a studio of its own; it ends with the test."""
    running = []

    def begin(*arguments):
        environment = {
            **os.environ,
            "SFUMATO_HOME": str(here / "home"),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        words = [sys.executable, "-m", "sfumato", "studio", "--no-browser", *arguments]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        running.append(process)
        line = process.stdout.readline()
        assert line.startswith("the studio is at http://"), process.stderr.read()
        return process, line.split()[4]

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answer(address, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=seconds) as response:
                return response.read()
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError:  # it does not answer yet
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_it_begins_with_what_is_named_and_ends_at_once(start):
    process, address = start("photo.png", "--style", "style.png", "--port", str(free_port()))
    state = json.loads(answer(f"{address}state"))
    assert (state["photo"]["name"], state["styles"][0]["name"]) == ("photo.png", "style.png")
    assert state["layers"][0]["styles"][0]["style"] == state["styles"][0]["id"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (out, err) == ("", "")
    assert process.returncode in (0, 130)


def test_a_second_studio_takes_the_next_port(start):
    ports = [int(start()[1].rsplit(":", 1)[1].strip("/")) for _ in range(2)]
    assert ports[0] >= 8321
    assert ports[1] > ports[0]


@pytest.fixture
def refused(sfumato, here, monkeypatch):
    monkeypatch.setenv("SFUMATO_HOME", str(here / "home"))

    def run(code, *arguments):
        done = sfumato("studio", "--no-browser", *arguments)
        assert (done.code, done.out) == (code, "")
        assert [place for place in (here / "home").glob("studio/*") if place.name != "gallery"] == []
        (line,) = done.err.splitlines()
        return line

    return run


def test_what_cannot_be_used_is_refused_before_anything_listens(refused, here):
    assert "none.png: no such file or directory" in refused(2, "none.png")
    assert "none.png: no such file or directory" in refused(2, "photo.png", "-s", "none.png")
    (here / "text.png").write_text("no picture at all")
    assert "text" in refused(2, "text.png")


def test_a_segmenter_that_is_not_there(refused, here):
    assert 'no segmenter is called "no/where", and no folder either' in refused(4, "--segmenter", "no/where")
    (here / "empty").mkdir()
    assert '"empty" holds no whole model: config.json is missing' in refused(4, "--segmenter", "empty")


def test_a_folder_is_the_segmenter_of_all_sessions(start, here):
    pytest.importorskip("transformers", reason="the extra huggingface is not installed")
    (here / "model").mkdir()
    (here / "model" / "config.json").write_text("{}")
    _, address = start("photo.png", "--segmenter", "model", "--port", str(free_port()))
    while (labels := json.loads(answer(f"{address}state"))["labels"])["state"] == "working":
        time.sleep(0.05)
    assert f'"{here / "model"}" ' in labels["error"]


def test_other_machines_need_a_token(refused):
    line = refused(2, "--host", "0.0.0.0")
    assert line == (
        "sfumato: on 0.0.0.0 the studio can be reached from other machines; protect it by a token (--token)"
    )
    assert "too easy to guess; give 8 plain characters or more (--token)" in refused(2, "--token", "short")
    assert "too easy to guess" in refused(2, "--token", "ein süßes Geheimnis")


def test_a_port_that_is_taken(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refused(3, "photo.png", "--port", port)
    assert line == f"sfumato: cannot listen on 127.0.0.1:{port}: it is taken; choose another port (--port)"


def test_an_address_that_is_not_here(refused):
    assert "choose another" in refused(3, "--host", "203.0.113.7", "--token", "long-enough", "--port", "8400")


def test_all_ports_taken(refused, monkeypatch):
    from sfumato.studio import server

    monkeypatch.setattr(server, "_TRIED", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(server, "PORT", taken.getsockname()[1])
        assert "are all taken; choose another (--port)" in refused(3)


def test_without_the_extra_it_says_what_to_install(sfumato, monkeypatch):
    monkeypatch.setattr(command, "_NEEDED", ("fastapi", "not_there_1", "not_there_2"))
    done = sfumato("studio")
    assert done.code == 1
    assert done.err == ('sfumato: the studio needs not_there_1 and not_there_2; run: pip install "sfumato[studio]"\n')
    assert importlib.util.find_spec("not_there_1") is None
