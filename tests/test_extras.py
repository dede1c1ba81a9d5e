"""What docs/extras.md says was measured, for all extras; the measure itself, on made-up packages."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from experiments import extras

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def data():
    """The measurements."""
    return tomllib.loads(extras.DATA.read_text(encoding="utf-8"))


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Four packages: alpha and beta need each other, alpha needs gamma for its extra, and nothing needs delta."""
    needed = {
        "alpha": ["beta>=1", "gamma; extra == 'more'", "delta; python_version < '3'"],
        "beta": ["alpha[more]", "Made_Up.Gamma; extra == 'never'"],
        "gamma": [],
        "delta": [],
    }
    for name, lines in needed.items():
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (tmp_path / f"{name}.py").write_bytes(b"#" * (10 + len(name)))
        (tmp_path / f"{name}.libs").mkdir()
        (tmp_path / f"{name}.libs" / "libx264-1.so").touch()
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        head += "Classifier: License :: OSI Approved :: MIT License\n"
        (folder / "METADATA").write_text(head + "".join(f"Requires-Dist: {line}\n" for line in lines))
        (folder / "RECORD").write_text(f"{name}.py,,\n{name}/gone.py,,\n{name}.libs/libx264-1.so,,\n{name}.py,,\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_all_extras_of_users_were_measured(data):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(data["extras"]) == set(project["optional-dependencies"]) - {"dev"}
    for name, extra in data["extras"].items():
        assert set(extra["requires"]) == {each.name for each in extras.requirements(project, name)}
        assert all(size > 0 for size in extra["packages"].values())


def test_the_page_has_the_table_of_the_measurements(data):
    page = extras.PAGE.read_text(encoding="utf-8")
    assert page.partition(extras.BEGIN)[2].partition(extras.END)[0].strip() == extras.table(data)


def test_megabytes_are_added_up_and_the_gpl_is_named():
    video = {
        "purpose": "clips",
        "requires": {"av": "BSD-3-Clause"},
        "packages": {"av": 1_500_000, "b": 250_000},
        "gpl": ["libx264"],
    }
    data = {
        "measured_on": "here",
        "torch": {"version": "2", "bytes": 4_000_000},
        "base": {"packages": 2, "bytes": 9_000_000},
        "extras": {"video": video},
    }
    table = extras.table(data).splitlines()
    assert table[2] == "| none | all else | 2 | 9, of which PyTorch 4 | |"
    assert table[3] == "| `video` | clips | 2: av, b | 1.8 | BSD-3-Clause; contains libx264, under the GPL |"


def test_a_closure_follows_extras_and_markers_and_ends(packages):
    assert extras.closure([Requirement("gamma")]) == {"gamma"}
    assert extras.closure([Requirement("beta")]) == {"alpha", "beta", "gamma"}


def test_the_size_is_that_of_the_files_that_are_there(packages):
    assert extras.size("alpha") == 15
    assert extras.size("beta") == 14


def test_licenses_and_what_a_wheel_contains_are_read_from_the_package(packages):
    assert extras.license_of("alpha") == "MIT License"
    assert extras.gpl_in(["alpha", "beta"]) == ["libx264"]
