"""PyMatting where its compiler has no folder to keep what it compiles."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Stands in for a package that Numba cannot cache; compiling the real one would take most of a minute.
PACKAGE = """
from pymatting import part
import numba
if not numba.config.CACHE_DIR:
    raise RuntimeError("cannot cache function 'f': no locator available for file 'part.py'")
"""

CODE = """
import warnings, numba
from pathlib import Path
from sfumato.compute import pymatting
with warnings.catch_warnings(record=True) as heard:
    warnings.simplefilter("always")
    module = pymatting()
print(Path(numba.config.CACHE_DIR).is_dir(), len(heard), module.part.__name__)
print(numba.config.CACHE_DIR)
"""


def run(folder, package):
    (folder / "pymatting").mkdir()
    (folder / "pymatting" / "__init__.py").write_text(package)
    (folder / "pymatting" / "part.py").write_text("")
    paths = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    return subprocess.run(
        [sys.executable, "-c", CODE], env={**environment, "PYTHONPATH": paths}, capture_output=True, text=True
    )


@pytest.fixture(autouse=True)
def numba():
    pytest.importorskip("numba", reason="needs Numba, which comes with PyMatting")


def test_it_is_given_a_folder_for_as_long_as_it_runs(tmp_path):
    done = run(tmp_path, PACKAGE)
    told, folder = done.stdout.splitlines()
    assert told == "True 1 pymatting.part", done.stderr
    assert not Path(folder).exists()


def test_other_faults_are_not_hidden(tmp_path):
    done = run(tmp_path, "raise RuntimeError('something else')")
    assert "RuntimeError: something else" in done.stderr
