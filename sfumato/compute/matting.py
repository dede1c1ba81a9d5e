"""PyMatting, loaded even if its compiler has no folder for its cache."""

from __future__ import annotations

import atexit
import importlib
import shutil
import sys
import tempfile
from types import ModuleType

from sfumato.errors import warn

__all__ = ["pymatting"]


def pymatting() -> ModuleType:
    """Import PyMatting.

    Numba, which compiles it, refuses to work if it can write neither to the package's folder nor to the user's cache
    folder. In that case it gets a temporary folder for this process.

    Returns
    -------
    module
        ``pymatting``.

    Raises
    ------
    ImportError
        If it is not installed.

    Warns
    -----
    SfumatoWarning
        If compiled code cannot be cached.
    """
    try:
        return importlib.import_module("pymatting")
    except RuntimeError as error:  # Numba has no specific exception for this
        if "cannot cache" not in str(error):
            raise
    import numba  # type: ignore[import-untyped, unused-ignore]

    folder = tempfile.mkdtemp(prefix="sfumato-numba-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    numba.config.CACHE_DIR = folder  # type: ignore[attr-defined, unused-ignore]
    for name in [name for name in sys.modules if name.partition(".")[0] == "pymatting"]:
        del sys.modules[name]  # modules imported before the one that failed
    warn(
        "there is no folder to keep what PyMatting compiles, so it takes up to a minute each time; set"
        " NUMBA_CACHE_DIR to a folder that you may write to"
    )
    return importlib.import_module("pymatting")
