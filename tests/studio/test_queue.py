"""The queue: one painting at a time, whoever asks."""

import threading
import time

import pytest

from sfumato.errors import ModelError
from sfumato.studio.queue import Queue
from sfumato.studio.session import Session


@pytest.fixture
def sessions(tmp_path):
    return [Session(f"session-{number}", tmp_path / f"session-{number}") for number in range(3)]


@pytest.fixture
def queue():
    """Make a queue of a function; it ends with the test."""
    made = []

    def make(work):
        made.append(Queue(work))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.close()


def reached(job, *states):
    end = time.monotonic() + 20
    while job.state not in states:
        assert time.monotonic() < end, job
        time.sleep(0.005)
    return job


def test_one_is_painted_at_a_time_in_order(queue, sessions):
    going, order, most, now = threading.Event(), [], 0, 0

    def work(job):
        nonlocal most, now
        now += 1
        most = max(most, now)
        order.append(job.session.id)
        going.wait(20)
        now -= 1

    jobs = queue(work)
    added = [jobs.add(session, "paint") for session in sessions]
    reached(added[0], "running")
    assert [job.public()["state"] for job in added] == ["running", "queued", "queued"]
    assert [job.public()["place"] for job in added] == [0, 1, 2]
    jobs.cancel(sessions[1])
    assert (added[1].state, added[2].place) == ("cancelled", 1)
    going.set()
    for job in (added[0], added[2]):
        reached(job, "done")
    assert (order, most) == ([sessions[0].id, sessions[2].id], 1)


def test_a_look_does_not_wait_for_a_painting_and_takes_the_place_of_a_look(queue, sessions):
    painting_goes_on = threading.Event()
    jobs = queue(lambda job: painting_goes_on.wait(20) if job.kind == "paint" else None)
    paint = reached(jobs.add(sessions[0], "paint"), "running")
    reached(jobs.add(sessions[1], "look"), "done")
    assert paint.state == "running"
    painting_goes_on.set()
    looking = threading.Event()
    slow = queue(lambda job: looking.wait(20))
    first = reached(slow.add(sessions[2], "look"), "running")
    second = slow.add(sessions[2], "look")
    looking.set()
    reached(first, "cancelled")
    reached(second, "done")
    assert sessions[2].job is second


def test_a_failed_job_says_why_and_the_next_goes_on(queue, sessions, caplog):
    problems = [
        ModelError("the network file cannot be fetched"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
        ZeroDivisionError("division by zero"),
    ]
    lines = [
        "the network file cannot be fetched",
        "not enough memory; choose a smaller size or preset",
        "not enough memory; choose a smaller size or preset",
        "the studio made a mistake: ZeroDivisionError: division by zero",
    ]

    def work(job):
        if problems:
            raise problems.pop(0)

    jobs = queue(work)
    for line in lines:
        job = reached(jobs.add(sessions[0], "paint"), "failed")
        assert job.public()["error"] == line
    reached(jobs.add(sessions[0], "paint"), "done")
    assert "a job failed" in caplog.text


def test_what_waits_is_cancelled_when_the_queue_ends(queue, sessions):
    started = threading.Event()

    def work(job):
        started.set()
        job.stop.wait(20)

    jobs = queue(work)
    running = jobs.add(sessions[0], "paint")
    started.wait(20)
    jobs.close()
    assert running.state == "cancelled"
