"""For tests and for the examples in docstrings."""

import os
import tempfile

import pytest

# Where none is named, a store of their own for the network files, so that what earlier runs left hides no gap.
if not os.environ.get("SFUMATO_HOME"):
    _STORE = tempfile.TemporaryDirectory(prefix="sfumato-tests-")
    os.environ["SFUMATO_HOME"] = _STORE.name


@pytest.fixture(autouse=True)
def no_memory(tmp_path_factory, monkeypatch):
    """Remember nothing that was found in photos from one test to the next."""
    from sfumato.regions import cache

    place = tmp_path_factory.mktemp("masks")
    monkeypatch.setattr(cache, "folder", lambda: place)
