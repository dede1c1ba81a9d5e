"""Everything sfumato raises on purpose.

::

    SfumatoError                 exit code 1
    ├── InputError               2   something that was given cannot be used
    │   ├── ImageError               a picture cannot be read
    │   ├── RegionError              a region is misspelled, empty, or does not fit the picture
    │   └── RecipeError              an option or a recipe file is wrong
    ├── OutputError              3   a result cannot be written
    ├── ModelError               4   a network file is missing, damaged, or cannot be fetched
    ├── DeviceError              5   a compute device is not there
    └── CheckpointError          6   a saved run cannot be resumed

A message is one line: what is wrong, with the value, and what to do about it. Where an option would help, the error
names it, so that a program can say how it is given there.
"""

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


class InputError(SfumatoError):
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
