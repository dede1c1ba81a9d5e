"""Everything sfumato raises on purpose.

::

    SfumatoError                 exit code 1
    ├── InputError               2   something that was given cannot be used; a ValueError too
    │   ├── ImageError               a picture cannot be read
    │   ├── RegionError              a region is misspelled, empty, or does not fit the picture
    │   └── RecipeError              an option or a recipe file is wrong
    ├── OutputError              3   a result cannot be written
    ├── ModelError               4   a network file is missing, damaged, or cannot be fetched
    ├── DeviceError              5   a compute device is not there
    └── CheckpointError          6   a saved run cannot be resumed

A message is one line: what is wrong, with the value, and what to do about it. Where an option would help, the error
names it, so that a program can say how it is given there.

What a user should know though the work goes on is said by `warn`, and heard by whoever listens in the same context: a
run, which keeps it for its result, and the command line. Nobody else's warnings are touched. Where nobody listens, it
is a `SfumatoWarning` like any warning of Python.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = [
    "CheckpointError",
    "DeviceError",
    "ImageError",
    "InputError",
    "ModelError",
    "OutputError",
    "RecipeError",
    "RegionError",
    "SfumatoError",
    "SfumatoWarning",
    "collecting",
    "listening",
    "warn",
]


class SfumatoError(Exception):
    """Base of all errors that sfumato raises on purpose.

    Parameters
    ----------
    message : str
        One line: what is wrong, with the value, and what to do.
    option : str, optional
        The option of the command line that would help, such as "force"; not part of the message.

    Examples
    --------
    >>> error = SfumatoError("out.png: exists already; choose another name", option="force")
    >>> str(error), error.option
    ('out.png: exists already; choose another name', 'force')
    """

    exit_code = 1

    def __init__(self, message: str, *, option: str = "") -> None:
        super().__init__(message)
        self.option = option


class InputError(SfumatoError, ValueError):
    """Something that was given cannot be used."""

    exit_code = 2


class ImageError(InputError):
    """A picture cannot be read."""


class RegionError(InputError):
    """A region is misspelled, empty, or does not fit the picture."""


class RecipeError(InputError):
    """An option or a recipe file is wrong."""


class OutputError(SfumatoError):
    """A result cannot be written."""

    exit_code = 3


class ModelError(SfumatoError):
    """A network file is missing, damaged, or cannot be fetched."""

    exit_code = 4


class DeviceError(SfumatoError):
    """A compute device is not there."""

    exit_code = 5


class CheckpointError(SfumatoError):
    """A saved run cannot be resumed."""

    exit_code = 6


class SfumatoWarning(UserWarning):
    """Something the user should know, though the work goes on."""


def _as_python_does(message: str) -> None:
    # The line that a warning shows should be the user's.
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, SfumatoWarning, stacklevel=level)


_LISTENER: ContextVar[Callable[[str], None]] = ContextVar("listener", default=_as_python_does)


def warn(message: str) -> None:
    """Tell the user something, though the work goes on.

    Parameters
    ----------
    message : str
        One line.

    Examples
    --------
    >>> with listening(print):
    ...     warn("the mask was resized")
    the mask was resized
    """
    _LISTENER.get()(message)


@contextmanager
def listening(hear: Callable[[str], None]) -> Iterator[None]:
    """Let a function have what is said by `warn` within the block, and nobody else.

    Examples
    --------
    >>> with listening(lambda message: None):
    ...     warn("nobody wants to know")
    """
    before = _LISTENER.set(hear)
    try:
        yield
    finally:
        _LISTENER.reset(before)


@contextmanager
def collecting(into: list[str]) -> Iterator[None]:
    """Keep what is said by `warn` within the block, each message once, and hand it on to who listened before.

    Parameters
    ----------
    into : list of str
        Where messages are added; what is in it already is not said again.

    Examples
    --------
    >>> kept = []
    >>> with listening(print), collecting(kept):
    ...     warn("twice")
    ...     warn("twice")
    twice
    >>> kept
    ['twice']
    """
    hand_on = _LISTENER.get()

    def hear(message: str) -> None:
        if message not in into:
            into.append(message)
            hand_on(message)

    with listening(hear):
        yield
