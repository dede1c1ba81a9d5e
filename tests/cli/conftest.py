"""What several commands' tests use."""

import pytest

from sfumato.cli import watch


@pytest.fixture
def asked_for(sfumato, monkeypatch):
    """What a command would carry out."""
    seen = []
    monkeypatch.setattr(watch, "carry_out", lambda job, how, save_recipe=None, **_: seen.append((job, how)))

    def run(*arguments):
        assert sfumato(*arguments)[::2] == (0, "")
        return seen.pop()

    return run
