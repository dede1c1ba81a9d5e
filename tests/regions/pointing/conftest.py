"""Tiny networks in folders, and copies of them."""

import shutil
from pathlib import Path

import pytest
from tiny_segmenters import *  # noqa: F403


@pytest.fixture
def copy(saved, tmp_path):
    """Return a copy of a folder, to be changed."""
    return lambda family: Path(shutil.copytree(saved(family), tmp_path / family))
