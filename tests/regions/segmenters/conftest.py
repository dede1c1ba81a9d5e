"""Copies of tiny networks in folders, and DeepLab's file."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_segmenters import *  # noqa: F403

from sfumato import models
from sfumato.regions import segmenters

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared"


@pytest.fixture
def copy(saved, tmp_path):
    """Return a copy of such a folder, to be changed."""
    return lambda family: Path(shutil.copytree(saved(family), tmp_path / family))


@pytest.fixture(autouse=True)
def nothing_loaded():
    """Forget the segmenters of other tests."""
    segmenters._load.cache_clear()


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A store that holds DeepLab's file and nothing else."""
    pytest.importorskip("ai_edge_litert", reason="the extra deeplab is not installed")
    name = models.MODELS["deeplab"].file_name
    known = [SHARED / "models" / name, models.home() / "models" / name]
    file = next((file for file in known if file.is_file()), None)
    if file is None:
        pytest.skip(f"{name} is neither beside the project nor in the store")
    home = tmp_path_factory.mktemp("home")
    (home / "models").mkdir()
    shutil.copy(file, home / "models" / name)
    return home


@pytest.fixture
def deeplab(store, monkeypatch):
    """The DeepLab segmenter."""
    monkeypatch.setenv("SFUMATO_HOME", str(store))
    return segmenters.choose("deeplab")


@pytest.fixture
def picture():
    """Return a photo of the shared data, as an image."""

    def run(name):
        cv2 = pytest.importorskip("cv2")
        file = SHARED / "data" / "segmentation" / f"{name}.png"
        if not file.is_file():
            pytest.skip(f"{file} is not there")
        return cv2.imread(str(file))[..., ::-1].astype(np.float32) / 255

    return run
