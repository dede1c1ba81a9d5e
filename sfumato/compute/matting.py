"""PyMatting, loaded also where its compiler has no folder to keep what it compiles."""

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

    Numba, which compiles it, refuses to work if neither the package's folder nor the user's cache folder can be
    written to. It is then given a temporary folder, for this process.

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
        If what is compiled cannot be kept.
    """
    try:
        return importlib.import_module("pymatting")
    except RuntimeError as error:  # Numba has no class of its own for it
        if "cannot cache" not in str(error):
            raise
    import numba  # type: ignore[import-untyped, unused-ignore]

    folder = tempfile.mkdtemp(prefix="sfumato-numba-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    numba.config.CACHE_DIR = folder  # type: ignore[attr-defined, unused-ignore]
    for name in [name for name in sys.modules if name.partition(".")[0] == "pymatting"]:
        del sys.modules[name]  # those imported before the one that failed
    warn(
        "there is no folder to keep what PyMatting compiles, so it takes up to a minute each time; set"
        " NUMBA_CACHE_DIR to a folder that you may write to"
    )
    return importlib.import_module("pymatting")
