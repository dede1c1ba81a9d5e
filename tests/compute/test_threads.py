"""Work that is kept apart from the thread that asks for it."""

import os
import subprocess
import sys

import pytest

from sfumato.compute import apart


def test_what_is_returned_and_what_is_raised():
    assert apart(lambda: "found") == "found"
    with pytest.raises(ZeroDivisionError):
        apart(lambda: 1 / 0)


def test_matting_leaves_the_number_of_threads_alone():
    """PyMatting's compiler sets it to the number of processors, for PyTorch as well."""
    pytest.importorskip("pymatting", reason="needs PyMatting")
    code = """
import numpy as np, torch
torch.set_num_threads(1)
assert torch.get_num_threads() == 1  # which PyTorch asks once for, and then takes for granted
from sfumato.regions import matte
photo = np.zeros((20, 21, 3), np.float32)
photo[:, 10], photo[:, 11:] = 0.25, 1
mask = matte(np.tile(np.arange(21) >= 9, (20, 1)), photo=photo, width=4)
assert 0.2 < mask[10, 10] < 0.3, mask[10]
print(torch.get_num_threads())
"""
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout == "1\n"
