"""The errors and the warning of sfumato.

::

    SfumatoError                 exit code 1
    ├── InputError               2   an input cannot be used; also a ValueError
    │   ├── ImageError               a picture cannot be read
    │   ├── RegionError              a region is misspelled, empty, or does not fit the picture
    │   └── RecipeError              an option or a recipe file is wrong
    ├── OutputError              3   a result cannot be written
    ├── ModelError               4   a network file is missing, damaged, or cannot be fetched
    ├── DeviceError              5   a compute device is not available
    └── CheckpointError          6   a saved run cannot be resumed

A batch in which some pictures failed ends with 7, and Ctrl-C with 130.

A message is one line: what is wrong, with the value, and what to do about it. If an option or a command of the command
line would help, the error names it in `option` or `command`, so that the command line can add how to type it.

`warn` tells the user something while the work continues. Its messages go to the listeners of the current context: a
run, which keeps them for its result, and the command line. Warnings of other libraries are not affected. Without a
listener, a message becomes a `SfumatoWarning`, like any Python warning.
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
    "unexpected",
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
    command : str, optional
        The command that would help, such as "models fetch"; not part of the message either.

    Examples
    --------
    >>> error = SfumatoError("out.png: exists already; choose another name", option="force")
    >>> str(error), error.option
    ('out.png: exists already; choose another name', 'force')
    """

    exit_code = 1

    def __init__(self, message: str, *, option: str = "", command: str = "") -> None:
        super().__init__(message)
        self.option, self.command = option, command


class InputError(SfumatoError, ValueError):
    """An input cannot be used."""

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
    """A compute device is not available."""

    exit_code = 5


class CheckpointError(SfumatoError):
    """A saved run cannot be resumed."""

    exit_code = 6


class SfumatoWarning(UserWarning):
    """Something that the user should know while the work continues."""


def _issue(message: str) -> None:
    # The warning should show the user's line, not one of this package.
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == __package__:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, SfumatoWarning, stacklevel=level)


_LISTENER: ContextVar[Callable[[str], None]] = ContextVar("listener", default=_issue)


def warn(message: str) -> None:
    """Tell the user something while the work continues.

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
def listening(listener: Callable[[str], None]) -> Iterator[None]:
    """Send the messages of `warn` within the block to a function, and to it alone.

    Examples
    --------
    >>> with listening(lambda message: None):
    ...     warn("not shown")
    """
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def unexpected(error: BaseException) -> str:
    """Return an error that nobody foresaw as one line: its type, and the first line of what it says.

    Examples
    --------
    >>> unexpected(ValueError("no number\\nat all")), unexpected(KeyboardInterrupt())
    ('ValueError: no number', 'KeyboardInterrupt')
    """
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}".removesuffix(": ")


@contextmanager
def collecting(into: list[str]) -> Iterator[None]:
    """Collect the messages of `warn` within the block, each once, and pass them on to the listener from before.

    Parameters
    ----------
    into : list of str
        List that messages are added to; those already in it are not repeated.

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
    pass_on = _LISTENER.get()

    def collect(message: str) -> None:
        if message not in into:
            into.append(message)
            pass_on(message)

    with listening(collect):
        yield
