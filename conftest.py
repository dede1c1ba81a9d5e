"""For tests and for the examples in docstrings."""

import pytest


@pytest.fixture(autouse=True)
def no_memory(tmp_path_factory, monkeypatch):
    """Remember nothing that was found in photos from one test to the next."""
    from sfumato.regions import cache

    place = tmp_path_factory.mktemp("masks")
    monkeypatch.setattr(cache, "folder", lambda: place)
