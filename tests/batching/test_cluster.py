"""Workers as processes of their own: kills, Ctrl-C, a scheduler with TLS."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from sfumato.errors import InputError, SfumatoError

distributed = pytest.importorskip("distributed", reason="the extra batch is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="sends signals"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

RECIPE = """version = 1
method = "photo"
transfer = "reinhard"
semantic = "none"
[[layers]]
styles = [{ image = "style.png" }]
"""

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(monkeypatch):
    """The measures of batches, small enough for a test."""
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks import batch, batches

    return SimpleNamespace(**vars(batches), faults=batch.faults, killer=batch.killer, is_whole=batch.is_whole)


def test_a_killed_worker_broken_pictures_and_a_second_run(bench):
    found = bench.faults(24, broken=2)
    assert found == {
        "pictures": 24,
        "exit code": 7,
        "outputs": 22,
        "whole": 22,
        "error lines": 2,
        "done": 22,
        "painted twice": found["painted twice"],
        "second run paints": 0,
        "unlike single runs": 0,
    }
    assert found["painted twice"] <= 4  # those in flight


def test_a_picture_that_kills_its_worker_is_given_up_and_named(bench):
    assert bench.killer(8) == {"exit code": 7, "done": 8, "failed": 1, "named": 1, "workers killed": 2}


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_finishes_what_is_in_flight_and_a_second_run_does_the_rest(bench, tmp_path, workers):
    bench.furnish(tmp_path, 60)
    with bench.started(tmp_path, "--workers", str(workers), PYTHONPATH=slowly(tmp_path)) as process:
        lines, _ = bench.followed(process, lambda done: done == 4 and os.killpg(process.pid, signal.SIGINT))
        err = process.stderr.read()
    *records, summary = lines
    assert process.returncode == 130, err
    assert "finishing what is in flight; press Ctrl-C again to stop it" in err
    assert "Traceback" not in err
    assert len(records) == summary["painted"] == len(list((tmp_path / "out").iterdir())) == 60 - summary["left"]
    assert 4 <= len(records) <= 40  # as many as a busy machine does before the signal is seen, but not all
    with bench.started(tmp_path, "--workers", str(workers)) as process:
        (*_, summary), _ = bench.followed(process)
    assert process.returncode == 0
    assert (summary["skipped"], summary["painted"]) == (len(records), 60 - len(records))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_ctrl_c_stops_it(bench, tmp_path, workers):
    bench.furnish(tmp_path, 60)
    with bench.started(tmp_path, "--workers", str(workers), PYTHONPATH=slowly(tmp_path, 30, after=3)) as process:

        def press(done):
            if done == 3:
                for _ in range(2):
                    time.sleep(2)  # until the next picture is begun, and until the first signal is seen
                    os.killpg(process.pid, signal.SIGINT)

        bench.followed(process, press)
        err = process.stderr.read()
        assert process.returncode == 130, err
        assert bench.workers_of(process) == []
    assert "Traceback" not in err
    assert all(bench.is_whole(path) for path in (tmp_path / "out").iterdir() if path.suffix == ".png")


def slowly(folder, seconds=0.2, after=0):
    """A folder for PYTHONPATH that makes each photo take so long to read, after some."""
    (folder / "sitecustomize.py").write_text(
        "import pathlib, time\n"
        "_open = pathlib.Path.open\n"
        "def _slow(self, *arguments, **more):\n"
        f"    if self.parent.name == 'photos' and int(self.stem) >= {after}:\n"
        f"        time.sleep({seconds})\n"
        "    return _open(self, *arguments, **more)\n"
        "pathlib.Path.open = _slow\n"
    )
    return str(folder)


def test_each_worker_has_its_share_of_the_cores():
    from sfumato.batching import cluster, worker
    from sfumato.compute.threads import processors

    with cluster.connected(2) as client:
        client.register_plugin(worker.plugin(client.nthreads(), own=True))
        found = client.run(_threads)
    share = max(1, processors() // 2)
    assert list(found.values()) == [(share, share, share)] * 2


def _threads():
    import cv2
    import torch

    from sfumato.compute.threads import processors

    return torch.get_num_threads(), cv2.getNumThreads(), processors()


# ---- a scheduler and workers that were started before


@pytest.fixture
def certificates(tmp_path):
    """A certificate authority, and one certificate for all, as options of Dask's commands and as its settings."""
    if shutil.which("openssl") is None:
        pytest.skip("makes certificates with openssl")
    folder = tmp_path / "certificates"
    folder.mkdir()

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ["req", "-newkey", "rsa:2048", "-nodes", "-subj"]
    openssl(*new, "/CN=authority", "-x509", "-keyout", "ca.key", "-out", "ca.pem")
    openssl(*new, "/CN=dask", "-keyout", "dask.key", "-out", "dask.csr")
    openssl(
        "x509", "-req", "-in", "dask.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "dask.pem"
    )
    return folder


@pytest.fixture
def dask(certificates, tmp_path):
    """Start a scheduler or a worker in a process of its own, all with TLS."""
    started = []
    tls = [f"--tls-ca-file={certificates}/ca.pem", f"--tls-cert={certificates}/dask.pem"]
    tls += [f"--tls-key={certificates}/dask.key"]

    def start(kind, *arguments, **environment):
        log = tmp_path / f"{kind}-{len(started)}.log"
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments, *tls]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
        with log.open("w") as stream:
            started.append(subprocess.Popen(command, env=env, cwd=tmp_path, stderr=stream, stdout=stream))
        return log

    yield start
    for process in reversed(started):
        process.terminate()
    for process in started:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def address_in(log):
    """The address that a scheduler tells in its log."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        if found := re.search(r"tls://127\.0\.0\.1:\d+", log.read_text()):
            return found[0]
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_a_running_scheduler_with_tls(bench, dask, certificates, tmp_path):
    bench.furnish(tmp_path, 12, broken=1)
    place = address_in(dask("scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard"))
    secure = {
        "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": f"{certificates}/ca.pem",
        "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT": f"{certificates}/dask.pem",
        "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY": f"{certificates}/dask.key",
    }
    for _ in range(2):
        dask("worker", place, "--nthreads", "1", "--no-dashboard")
    with bench.started(tmp_path, "--scheduler", place, **secure) as process:
        (*records, summary), _ = bench.followed(process)
        err = process.stderr.read()
    assert process.returncode == 7, err
    assert (summary["painted"], summary["failed"]) == (11, 1)
    assert records[0]["photo"].startswith("photos/")
    assert len(list((tmp_path / "out").iterdir())) == 11
    # Without certificates nobody is let in.
    with bench.started(tmp_path, "--scheduler", place) as process:
        process.wait()
        err = process.stderr.read()
    assert process.returncode == 2
    assert err == f"sfumato: {place}: no certificates are set; name them in Dask's configuration\n"


def test_a_scheduler_that_is_not_there(monkeypatch):
    from sfumato.batching import cluster

    monkeypatch.setattr(cluster, "_ANSWER", 1)
    with (
        pytest.raises(InputError, match=r"tcp://127\.0\.0\.1:1: no scheduler answers there"),
        cluster.connected(1, "tcp://127.0.0.1:1"),
    ):
        pass


def test_a_scheduler_without_workers(monkeypatch):
    from distributed import LocalCluster

    from sfumato.batching import cluster

    # However busy the machine is: there is all the time to connect, and no worker would ever come.
    monkeypatch.setattr(cluster, "_FIRST_WORKER", 0.5)
    with (
        LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as empty,
        pytest.raises(InputError, match="the scheduler has no workers; start some"),
        cluster.connected(1, empty.scheduler_address),
    ):
        pass


# ---- in this process, for what is hard to bring about


@pytest.fixture
def threads(monkeypatch):
    """A cluster of threads, and its client; the number of threads of this process stays."""
    from distributed import Client, LocalCluster

    from sfumato.batching import worker

    monkeypatch.setattr(worker, "_set_up", lambda *_, **__: None)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield cluster, client


def painted(client, count=3, **more):
    from sfumato.batching import cluster
    from sfumato.batching.tasks import Order, Settings, Task

    order = Order("plain", RECIPE, str(Path.cwd()))
    tasks = [Task(f"photos/{number}.png", f"out/{number}.png", order) for number in range(count)]
    return cluster.painted(client, tasks, [order], Settings(), **{"own": False, **more})


def test_what_workers_lack_is_told_before_anything_begins(here, threads, monkeypatch):
    from sfumato.batching import cluster, worker
    from sfumato.batching.tasks import Order

    _, client = threads
    monkeypatch.setattr(cluster, "__version__", "9.9")
    with pytest.raises(InputError, match=r"the worker .* has sfumato .*, and this is 9\.9; install the same"):
        next(painted(client))
    monkeypatch.undo()
    monkeypatch.setattr(worker, "_set_up", lambda *_, **__: None)
    monkeypatch.chdir(here)
    monkeypatch.setattr(Order, "files", lambda order: [Path("/nowhere/style.png")])
    with pytest.raises(InputError, match=r"the worker .* does not see /nowhere/style\.png, a file of a recipe; put it"):
        next(painted(client))
    monkeypatch.setattr(Order, "files", lambda order: [])
    (here / "style.png").rename(here / "away.png")
    line = r"the worker .* cannot carry out the recipe plain: style\.png: no such file"
    with pytest.raises(InputError, match=line):
        next(painted(client))
    (here / "away.png").rename(here / "style.png")
    monkeypatch.setattr(Order, "models", lambda order: {"no such network"})
    with pytest.raises(InputError, match=r'the worker .* no model is called "no such network"'):
        next(painted(client))
    monkeypatch.setattr(worker, "lacks", None)
    with pytest.raises(InputError, match=r"the workers cannot run sfumato \(.*\); install it there"):
        next(painted(client))


def test_an_error_of_dask_fails_one_picture(here, threads, monkeypatch):
    from sfumato.batching import worker

    monkeypatch.setattr(worker, "work", _fails)
    records = list(painted(threads[1]))
    assert [record.status for record in records] == ["failed"] * 3
    assert {record.error for record in records} == {
        f"photos/{number}.png: ValueError: cannot be sent" for number in range(3)
    }


def _fails(task, settings):
    raise ValueError("cannot be sent\nat all")


def test_a_scheduler_that_is_gone(here, threads, monkeypatch):
    from sfumato.batching import worker

    monkeypatch.setattr(worker, "work", _slowly)
    cluster, client = threads
    records = painted(client, 50)
    assert next(records).status == "painted"
    cluster.close()
    with pytest.raises(SfumatoError, match="the scheduler is gone; paint the rest by the same command"):
        list(records)


def _slowly(task, settings):
    from sfumato.batching import Record

    time.sleep(0.1)
    return Record(task.photo, task.output, task.order.name, "painted")


def test_a_dashboard_needs_bokeh(monkeypatch):
    from sfumato.batching import cluster

    monkeypatch.setitem(sys.modules, "bokeh", None)
    with pytest.raises(InputError, match="the dashboard needs the package bokeh"), cluster.connected(1, dashboard=True):
        pass


def test_a_script_without_a_main_guard(here):
    (here / "script.py").write_text(
        "import sfumato\nfor done in sfumato.batch('plain.toml', 'photos', workers=2): print(done)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "script.py"], cwd=here, env=env, capture_output=True, text=True, timeout=400)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no worker could be started" in done.stderr.splitlines()[-1]
    assert "main guard" in done.stderr.splitlines()[-1]
    (here / "script.py").write_text(
        "import sfumato\n"
        "if __name__ == '__main__':\n"
        "    for done in sfumato.batch('plain.toml', 'photos', workers=2): print(done.status)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=here, env=env, capture_output=True, text=True, timeout=400)
    assert (done.returncode, done.stdout.split()) == (0, ["painted", "painted"]), done.stderr


def test_a_second_batch_on_the_same_workers_has_as_many_threads(monkeypatch):
    import cv2
    import torch

    from sfumato.batching import worker
    from sfumato.compute import threads

    monkeypatch.setattr(threads, "_limit", None)
    monkeypatch.setattr(threads, "_available", lambda: 16)
    counts = []
    monkeypatch.setattr(torch, "set_num_threads", counts.append)
    monkeypatch.setattr(cv2, "setNumThreads", counts.append)
    for _ in range(2):
        setup = worker.plugin({"tcp://10.0.0.1:1": 3, "tcp://10.0.0.1:2": 1, "tcp://10.0.0.2:1": 1}, own=False)
        setup.setup(SimpleNamespace(address="tcp://10.0.0.1:2"))
    assert counts == [4, 4, 4, 4]
    assert threads.processors() == 4


def test_two_batches_at_once_on_one_scheduler(here, threads, monkeypatch):
    from sfumato.batching import worker

    monkeypatch.setattr(worker, "work", _slowly)
    client = threads[1]
    first, second = painted(client), painted(client)
    assert next(first).status == next(second).status == "painted"
    assert [len(list(first)), len(list(second))] == [2, 2]


def test_a_record_that_is_lost_on_its_way_is_asked_for_again(here, threads, monkeypatch):
    from distributed import Future

    from sfumato.batching import worker

    class KilledWorker(Exception):
        """As Dask names it."""

    lost, result = [KilledWorker("gone")], Future.result

    def fetched(future, timeout=None):
        if lost:
            raise lost.pop()
        return result(future, timeout)

    monkeypatch.setattr(worker, "work", _slowly)
    monkeypatch.setattr(Future, "result", fetched)
    records = list(painted(threads[1]))
    assert sorted(record.photo for record in records) == [f"photos/{number}.png" for number in range(3)]
