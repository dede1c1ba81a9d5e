"""The package as users get it: a source distribution, the wheel built from it, and the program outside the checkout."""

import email
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from helpers import read, texture
from PIL import Image

import sfumato

ROOT = Path(__file__).parents[1]

#: What a checkout may have besides its files: environments, caches, builds.
IGNORED = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "build", "dist", "*.egg-info")

#: Says where the package was imported from, then uses what is no code in it.
PAGE = """
import sfumato
from sfumato.labels.groups import read_groups
assert "mountain" in read_groups()
from starlette.testclient import TestClient
from sfumato.studio.app import create
from pathlib import Path
with TestClient(create(folder=Path("sessions")), base_url="http://127.0.0.1") as client:
    page = client.get("/")
    assert page.status_code == 200 and "<html" in page.text, page
    assert client.get("/static/js/main.js").status_code == 200
print(sfumato.__file__)
"""

PAINT = """
import sys, sfumato
result = sfumato.stylize("photo.png", "style.png", region="rect(25%, 25%, 75%, 75%)", size=64, iterations=(2,),
                         style_layers="relu1_1", content_layer="relu1_2", finish=0, device="cpu")
result.save("out.png")
print(sfumato.__file__)
"""


def python(*arguments, cwd, path=None):
    """Run Python in a folder, with at most one folder before its own; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def files_of(folder):
    """The files of the package in a folder, as paths relative to it."""
    found = (path.relative_to(folder) for path in (folder / "sfumato").rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with an sdist, built from a copy of the checkout, and the wheel that is built from the sdist."""
    if importlib.util.find_spec("pip") is None or importlib.util.find_spec("setuptools") is None:
        pytest.skip("needs pip and setuptools in this environment")
    if int(metadata.version("setuptools").split(".")[0]) < 77:
        pytest.skip("needs setuptools 77 or later")
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT, folder / "copy", ignore=shutil.ignore_patterns(*IGNORED))
    build = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    python("-c", build, folder, cwd=folder / "copy")
    (sdist,) = folder.glob("*.tar.gz")
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--quiet", "--wheel-dir", folder]
    python("-m", "pip", "wheel", *options, sdist, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    """The wheel."""
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder in which the wheel is installed, without what it depends on."""
    folder = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-index", "--quiet", "--no-compile", "--target", folder]
    python("-m", "pip", "install", *options, wheel, cwd=folder)
    return folder


@pytest.fixture
def elsewhere(tmp_path):
    """A folder outside the checkout, with a photo and a style."""
    for name, seed in (("photo.png", 1), ("style.png", 2)):
        Image.fromarray(texture(64, 80, seed)).save(tmp_path / name)
    return tmp_path


def test_the_wheel_has_the_files_of_the_package_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if not name.split("/")[0].endswith(".dist-info")} == files_of(ROOT)
    assert {"sfumato/py.typed", "sfumato/regions/words.toml", "sfumato/studio/static/index.html"} <= names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_describes_the_package(wheel):
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    described = email.message_from_bytes(archive.read(name))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (described["Name"], described["Version"]) == ("sfumato", sfumato.__version__)
    assert described["License-Expression"] == "MIT"
    assert described["Requires-Python"] == project["requires-python"]
    assert set(described.get_all("Provides-Extra")) == set(project["optional-dependencies"])


def test_the_source_distribution_has_the_tests_and_no_pictures_of_the_documentation(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"tests/test_wheel.py", "constraints.txt", "conftest.py", "Makefile", "LICENSE"} <= names
    assert {"CHANGELOG.md", "CITATION.cff", "SECURITY.md", ".ci/run", "docs/architecture.md"} <= names
    assert files_of(ROOT) <= names
    assert [name for name in names if name.startswith("docs/images/") or "__pycache__" in name] == []


def test_the_program_runs_outside_the_checkout(installed, elsewhere):
    assert python("-m", "sfumato", "--version", cwd=elsewhere, path=installed) == f"sfumato {sfumato.__version__}"
    python("-m", "sfumato", "regions", "photo.png", "-r", "rect(0, 0, 50%, 50%)", cwd=elsewhere, path=installed)
    assert (elsewhere / "photo-region.png").is_file()
    (script,) = (installed / "bin").iterdir()
    assert script.name == "sfumato"
    assert python(script, "--help", cwd=elsewhere, path=installed).startswith("Usage: sfumato")


def test_the_studio_and_the_table_of_labels_come_along(installed, elsewhere):
    for package in ("fastapi", "httpx2"):
        pytest.importorskip(package, reason=f"needs {package}")
    printed = python("-c", PAGE, cwd=elsewhere, path=installed)
    assert Path(printed).is_relative_to(installed)


def test_a_photo_is_restyled_outside_the_checkout(installed, elsewhere, vgg):
    printed = python("-c", PAINT, cwd=elsewhere, path=installed)
    assert Path(printed).is_relative_to(installed)
    assert read(elsewhere / "out.png").shape == (64, 80, 3)
