"""What several commands' tests use."""

import pytest

from sfumato.cli import progress, watch


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch):
    """Tell nothing of the progress, however slow the machine is; tests of these lines set a time of their own."""
    monkeypatch.setattr(progress, "_BETWEEN", float("inf"))


@pytest.fixture
def asked_for(sfumato, monkeypatch):
    """What a command would carry out."""
    seen = []
    monkeypatch.setattr(watch, "carry_out", lambda job, how, save_recipe=None, **_: seen.append((job, how)))

    def run(*arguments):
        assert sfumato(*arguments)[::2] == (0, "")
        return seen.pop()

    return run
