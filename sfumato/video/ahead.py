"""Work on the next frames while one is painted."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

__all__ = ["ahead"]

Item = TypeVar("Item")


def ahead(source: Iterator[Item], depth: int) -> Generator[Item]:
    """Take items from an iterator in a thread of its own, a few before they are asked for.

    Parameters
    ----------
    source : iterator
        Where they come from; none of them is None.
    depth : int
        Maximum number of items that wait.

    Yields
    ------
    object
        The items in their order. What the source raises is raised in place of the item. No more are taken once this
        generator is closed.

    Examples
    --------
    >>> list(ahead(iter("abc"), 2))
    ['a', 'b', 'c']
    """
    context = copy_context()  # warnings go where the caller listens

    def taken() -> Item | None:
        return context.run(lambda: next(source, None))

    with ThreadPoolExecutor(1, "sfumato-frames") as pool:
        waiting = deque(pool.submit(taken) for _ in range(depth))
        try:
            while (item := waiting.popleft().result()) is not None:
                waiting.append(pool.submit(taken))
                yield item
        finally:
            for each in waiting:
                each.cancel()
