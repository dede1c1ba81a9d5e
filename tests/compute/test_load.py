"""What other programs leave of the processors, against what the system counts meanwhile."""

import importlib
import os
import subprocess
import sys
import time
from collections import namedtuple
from contextlib import contextmanager
from types import SimpleNamespace

import psutil
import pytest

from sfumato.compute import load as module

LINUX = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
ALLOWED = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
SECONDS = 1.0

several = pytest.mark.skipif(len(ALLOWED) < 2, reason="needs two processors, and programs that stay on one")

SPIN = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
print("begun", flush=True)
while True:
    pass
"""


@contextmanager
def another_program(processor):
    """A program that keeps a processor busy."""
    with subprocess.Popen([sys.executable, "-c", SPIN, str(processor)], stdout=subprocess.PIPE, text=True) as program:
        try:
            program.stdout.readline()
            yield
        finally:
            program.kill()


def measured(work):
    """What was free while a function ran; what the system says that was idle; and what this process used."""
    load = module.Load()
    time.sleep(0.15)  # enough for a look
    load.free()
    psutil.cpu_percent(percpu=True)
    began, own = time.perf_counter(), time.process_time()
    work()
    own = (time.process_time() - own) / (time.perf_counter() - began)
    percent = psutil.cpu_percent(percpu=True)
    return load.free(), sum(1 - percent[number] / 100 for number in ALLOWED), own


def asleep():
    time.sleep(SECONDS)


def at_work():
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        pass


@several
def test_another_program_takes_a_processor():
    before, _, _ = measured(asleep)
    with another_program(ALLOWED[0]):
        found, idle, own = measured(asleep)
    assert found == pytest.approx(idle + own, abs=0.3)
    if before < len(ALLOWED) - 0.3:
        pytest.skip("the machine is too busy to tell")
    assert found == pytest.approx(before - 1, abs=0.4)


@several
def test_own_work_is_not_that_of_others():
    found, idle, own = measured(at_work)
    if own < 0.6:
        pytest.skip("the machine is too busy to tell")
    assert found == pytest.approx(idle + own, abs=0.3)


# ---- what the system tells


class System:
    """Processors of which programs take a part, and this process too, on a clock of its own."""

    def __init__(self, patch, processors=4):
        self.now, self.busy, self.own = 1000.0, [0.0] * processors, 0.0
        self.spent, self.used, self.fields = [dict.fromkeys(LINUX, 0.0) for _ in self.busy], 0.0, LINUX
        patch.setattr(psutil, "cpu_times", self.times)
        patch.setattr(
            psutil.Process, "cpu_times", lambda _: SimpleNamespace(user=0.7 * self.used, system=0.3 * self.used)
        )
        patch.setattr(time, "monotonic", lambda: self.now)
        patch.setattr(time, "sleep", self.sleep)
        patch.setattr(os, "sched_getaffinity", lambda _: set(range(processors)), raising=False)

    def sleep(self, seconds):
        """Let time pass, a little more than that."""
        seconds += 1e-4
        self.now += seconds
        self.used += self.own * seconds
        for spent, share in zip(self.spent, self.busy, strict=True):
            for field, part in (("user", 0.5), ("nice", 0.2), ("system", 0.3)):
                spent[field] += part * share * seconds
            for field, part in (("idle", 0.5), ("iowait", 0.5)):
                spent[field] += part * (1 - share) * seconds

    def times(self, percpu):
        assert percpu
        return [namedtuple("Times", self.fields)(*(spent[field] for field in self.fields)) for spent in self.spent]


@pytest.fixture
def system():
    with pytest.MonkeyPatch.context() as patch:
        found = System(patch)
        found.patch = patch
        importlib.reload(module)  # which takes its first look
        yield found
    importlib.reload(module)


def test_others_leave_all_but_their_work(system):
    system.busy, system.own = [0.25, 1.0, 0.5, 0.0], 0.5
    system.sleep(2)
    load = module.Load()
    assert load.free() == pytest.approx(2.75)
    system.busy = [0.25, 0.0, 0.5, 0.0]
    system.sleep(0.5)
    assert load.free() == pytest.approx(3.75)


def test_only_processors_that_may_be_used_count(system):
    system.patch.setattr(os, "sched_getaffinity", lambda _: {0, 3}, raising=False)
    system.busy = [0.25, 1.0, 0.5, 0.0]
    system.sleep(2)
    assert module.Load().free() == pytest.approx(1.75)


def test_where_programs_are_not_kept_to_processors_all_count(system):
    system.patch.delattr(os, "sched_getaffinity")
    system.patch.setattr(os, "cpu_count", lambda: 4)
    system.busy = [0.25, 1.0, 0.5, 0.0]
    system.sleep(2)
    assert module.Load().free() == pytest.approx(2.25)


def test_what_is_short_ago_is_as_it_was(system):
    """The system counts in hundredths of a second."""
    load = module.Load()
    system.sleep(0.01)
    assert load.free() is None
    system.busy[0] = 1.0
    system.sleep(1)
    found = load.free()
    system.busy[0] = 0.0
    system.sleep(0.05)
    assert load.free() == found == pytest.approx(3, abs=0.02)
    system.sleep(0.05)
    assert load.free() == pytest.approx(4)


def test_what_is_long_ago_does_not_count(system):
    system.busy = [1.0] * 4
    system.sleep(300)
    system.busy = [0.0] * 4
    began = system.now
    assert module.Load().free() == pytest.approx(4)
    assert system.now - began < 0.2


@pytest.mark.parametrize(("busy", "own", "expected"), [(0.1, 2.0, 4.0), (1.3, 0.0, 0.0)])
def test_it_is_never_less_than_none_nor_more_than_all(system, busy, own, expected):
    """Counters of the system and of the process are not of the same moment."""
    system.busy, system.own = [busy] * 4, own
    system.sleep(1)
    assert module.Load().free() == expected


def fail(error):
    raise error


@pytest.mark.parametrize(
    "hidden", [lambda percpu: fail(PermissionError()), lambda percpu: fail(psutil.AccessDenied()), lambda percpu: []]
)
def test_it_is_not_known_where_the_system_does_not_tell(system, hidden):
    system.patch.setattr(psutil, "cpu_times", hidden)
    importlib.reload(module)
    load = module.Load()
    system.sleep(1)
    assert load.free() is None


@pytest.mark.parametrize(
    "fields",
    ["user nice system idle", "user system idle interrupt dpc"],
    ids=["macos", "windows"],
)
def test_other_systems_tell_other_numbers(system, fields):
    for spent in system.spent:
        spent.update(interrupt=0.0, dpc=0.0)
    system.fields = fields.split()
    importlib.reload(module)
    system.busy = [0.0, 1.0, 0.0, 0.0]
    system.sleep(1)
    assert 2.9 < module.Load().free() < 3.3
