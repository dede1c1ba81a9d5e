"""Items taken in a thread of their own."""

import threading

import pytest

from sfumato.errors import InputError, listening, warn
from sfumato.video.ahead import ahead


def counting(read, count=20):
    for number in range(count):
        read.append(threading.get_ident())
        yield number


def test_items_come_in_order_from_another_thread():
    read = []
    assert list(ahead(counting(read), 3)) == list(range(20))
    assert set(read) != {threading.get_ident()}
    assert len(set(read)) == 1


def test_no_more_than_a_few_wait_and_none_is_taken_after_the_end():
    read = []
    items = ahead(counting(read), 3)
    assert [next(items) for _ in range(5)] == list(range(5))
    items.close()
    assert 5 <= len(read) <= 8
    assert not any(thread.name.startswith("sfumato-frames") for thread in threading.enumerate())


def test_errors_come_in_the_place_of_an_item():
    def failing():
        yield "a"
        yield "b"
        raise InputError("the third cannot be read")

    seen = []
    with pytest.raises(InputError, match="the third"):
        seen.extend(ahead(failing(), 4))
    assert seen == ["a", "b"]


def test_warnings_are_heard():
    def warning():
        warn("one is missing")
        yield 1

    said = []
    with listening(said.append):
        assert list(ahead(warning(), 2)) == [1]
    assert said == ["one is missing"]
