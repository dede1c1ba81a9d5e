"""The citation file has what its format asks for, and says what the package says."""

import tomllib
from pathlib import Path

import pytest

import sfumato

ROOT = Path(__file__).parents[1]

#: Types of references, as the Citation File Format 1.2.0 names them, that are used here.
TYPES = {"article", "blog", "book", "conference-paper", "generic", "report", "thesis", "unpublished"}


@pytest.fixture(scope="module")
def cited():
    """The citation file."""
    yaml = pytest.importorskip("yaml", reason="needs PyYAML")
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_it_has_the_required_keys(cited):
    assert cited["cff-version"] == "1.2.0"
    assert all(isinstance(cited[key], str) and cited[key] for key in ("title", "message"))
    assert cited["authors"]
    assert all(set(author) == {"name"} for author in cited["authors"])


def test_it_agrees_with_the_package(cited):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (cited["title"], cited["license"]) == (project["name"], project["license"])
    assert cited["authors"] == project["authors"]
    assert cited["abstract"].startswith(project["description"])
    assert "version" not in cited, f"the version is said in one place: {sfumato.__version__} in the package"


def test_every_reference_has_a_type_a_title_and_persons(cited):
    assert len(cited["references"]) == 5
    for reference in cited["references"]:
        assert reference["type"] in TYPES
        assert reference["title"]
        assert reference["authors"]
        assert all(set(author) == {"given-names", "family-names"} for author in reference["authors"])
    titles = [reference["title"] for reference in cited["references"]]
    assert len(set(titles)) == len(titles)
