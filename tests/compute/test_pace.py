"""As many threads as pay, found from how long steps take."""

import itertools

import pytest
import torch

from sfumato.compute import pace
from sfumato.compute.pace import Pace, Threads


def counts(threads, seconds, free, steps):
    """The number of threads of each step, if they take so long with 1, 2, ... and other programs leave so much free."""
    found = []
    for _ in range(steps):
        found.append(threads.count)
        threads.took(seconds[threads.count - 1], free)
    return found


def runs(found):
    """Numbers, and how often each comes in a row."""
    return [(number, len(list(same))) for number, same in itertools.groupby(found)]


# Seconds of a step with one thread and with two.
IDLE = 2.0, 1.1
SHARED = 1.8, 3.0  # another program has one of two processors, and two threads wait for each other
STILL = 2.0, 1.3  # another program has one, but two threads are nevertheless faster


def test_on_an_idle_machine_all_are_used():
    assert counts(Threads(2, 2), IDLE, 2.0, 300) == [2] * 300
    # A little is always going on.
    assert counts(Threads(2, 2), IDLE, 1.6, 300) == [2] * 300
    assert counts(Threads(4, 4), (4, 2.1, 1.5, 1.2), 3.7, 300) == [4] * 300


def test_beside_another_program_there_is_soon_one_less_and_stays():
    found = counts(Threads(2, 2), SHARED, 1.0, 200)
    assert found.index(1) <= 3
    assert set(found[found.index(1) :]) == {1}
    found = counts(Threads(4, 4), (4, 2.2, 1.6, 3.0), 2.9, 200)
    assert found.index(3) <= 3
    assert set(found[found.index(3) :]) == {3}


def test_at_least_one_is_used_where_nothing_is_free():
    found = counts(Threads(2, 2), SHARED, 0.0, 50)
    assert set(found[4:]) == {1}


def test_another_program_may_come_and_go_during_a_run():
    threads = Threads(2, 2)
    for _ in range(3):
        assert counts(threads, IDLE, 2.0, 30)[4:] == [2] * 26
        found = counts(threads, SHARED, 1.0, 60)
        assert found[16:] == [1] * 44


def test_a_run_that_begins_beside_another_program_goes_up_when_that_ends():
    threads = Threads(2, 1)
    assert counts(threads, SHARED, 1.0, 20) == [1] * 20
    assert counts(threads, IDLE, 2.0, 50)[4:] == [2] * 46


def test_what_is_slower_is_given_up_and_tried_more_and_more_seldom():
    found = runs(counts(Threads(2, 2), STILL, 1.0, 400))
    tried = [length for number, length in found if number == 1]
    kept = [length for number, length in found if number == 2]
    assert set(tried) == {3}
    assert kept[1:7] == [8, 16, 32, 64, 64, 64]


def test_more_threads_that_are_slower_are_given_up_too():
    """As with processors of which two share what they compute with."""
    found = counts(Threads(2, 1), (1.0, 1.4), 2.0, 400)
    assert [length for number, length in runs(found) if number == 1][1:6] == [8, 16, 32, 64, 64]
    assert found.count(2) < 30


def test_hardly_faster_is_not_enough():
    assert counts(Threads(2, 2), (0.99, 1.0), 1.0, 30).count(1) < 10
    assert counts(Threads(2, 2), (0.9, 1.0), 1.0, 30).count(1) > 25


def test_when_the_load_changes_the_other_number_is_tried_at_once():
    threads, seconds = Threads(4, 4), (4, 2.2, 1.0, 1.2)
    assert counts(threads, seconds, 2.0, 40)[-5:] == [4] * 5
    # It would wait for long now, but one processor more is free.
    assert counts(threads, seconds, 3.0, 20)[2:] == [3] * 18


def test_the_first_step_with_another_number_may_be_slow():
    """Kernels are prepared for it."""
    threads = Threads(2, 2)
    threads.took(3.0, 1.0)
    assert threads.count == 1
    for seconds in (9.0, 1.8, 1.8):
        threads.took(seconds, 1.0)
    assert counts(threads, SHARED, 1.0, 20) == [1] * 20


@pytest.mark.parametrize("free", [0.0, 0.4, 1.0, 5.0, None])
def test_a_single_thread_stays_one(free):
    assert counts(Threads(1, 1), (1.0,), free, 30) == [1] * 30


@pytest.mark.parametrize("count", [1, 2])
def test_where_the_load_is_not_known_nothing_changes(count):
    assert counts(Threads(2, count), SHARED, None, 50) == [count] * 50


def test_never_more_than_the_maximum():
    assert set(counts(Threads(2, 2), IDLE, 40.0, 50)) == {2}


def test_other_steps_are_timed_anew():
    """Those of the next size take four times as long, with any number of threads."""
    threads = Threads(2, 2)
    assert counts(threads, IDLE, 2.0, 10)[-1] == 2
    threads.anew()
    found = counts(threads, [4 * seconds for seconds in SHARED], 1.0, 30)
    assert set(found[2:]) == {1}


def test_waiting_ends_with_the_steps_that_were_timed():
    threads = Threads(2, 2)
    assert counts(threads, STILL, 1.0, 100)[-1] == 2
    threads.anew()
    assert 1 in counts(threads, SHARED, 1.0, 3)
    assert counts(threads, SHARED, 1.0, 50)[3:] == [1] * 47


@pytest.mark.parametrize("into", [0, 1, 2])
def test_a_trial_that_other_steps_cut_short_is_undone(into):
    threads = Threads(2, 2)
    assert counts(threads, STILL, 1.0, 1 + into) == [2] + [1] * into
    assert threads.count == 1
    threads.anew()
    assert threads.count == 2
    # And what is slower does not stay.
    assert counts(threads, STILL, 1.0, 200).count(1) < 30


# ---- PyTorch's number


class Free:
    """What other programs leave."""

    processors = 1.0

    def free(self):
        return self.processors


@pytest.fixture
def four_threads(monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    monkeypatch.setattr(pace, "Load", Free)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("free", "expected"), [(None, 4), (0.1, 1), (2.4, 2), (2.6, 3), (16.0, 4)])
def test_a_run_begins_with_what_is_free(four_threads, monkeypatch, free, expected):
    monkeypatch.setattr(Free, "processors", free)
    found = Pace()
    for begin in (found.level, found.step):
        with begin():
            assert torch.get_num_threads() == expected
        assert torch.get_num_threads() == 4


def test_the_number_is_what_it_was_after_an_error_too(four_threads):
    def fail(begin):
        with begin():
            assert torch.get_num_threads() == 1
            raise ZeroDivisionError

    found = Pace()
    for begin in (found.level, found.step):
        with pytest.raises(ZeroDivisionError):
            fail(begin)
        assert torch.get_num_threads() == 4


def test_a_number_that_was_lowered_meanwhile_is_not_exceeded(four_threads, monkeypatch):
    monkeypatch.setattr(Free, "processors", 16.0)
    found = Pace()
    torch.set_num_threads(2)
    with found.step():
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 2


def test_a_number_that_was_raised_meanwhile_is_not_used(four_threads, monkeypatch):
    """Another part of the program may have raised it, such as a compiler."""
    monkeypatch.setattr(Free, "processors", 16.0)
    torch.set_num_threads(2)
    found = Pace()
    torch.set_num_threads(4)
    with found.step():
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 4


def test_at_another_size_steps_are_timed_anew(four_threads, monkeypatch):
    now = 0.0
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now)
    torch.set_num_threads(2)
    monkeypatch.setattr(Free, "processors", 2.0)
    found, seen = Pace(), []
    for free, larger, seconds in ((2.0, 1, IDLE), (1.0, 4, SHARED)):
        monkeypatch.setattr(Free, "processors", free)
        with found.level():
            now += 100
        for _ in range(8):
            with found.step():
                seen.append(torch.get_num_threads())
                now += larger * seconds[seen[-1] - 1]
    assert seen == [2] * 8 + [2] + [1] * 7


def test_one_thread_asks_for_no_load(monkeypatch):
    class Never:
        def free(self):
            pytest.fail("not needed")

    monkeypatch.setattr(pace, "Load", Never)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with Pace().step():
            assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
