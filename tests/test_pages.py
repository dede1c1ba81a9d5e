"""What the pages say: each command on them is one, and each link and picture is there."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from sfumato.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES += sorted(page for page in (ROOT / "docs").rglob("*.md") if not {"generated", "gallery"} & set(page.parts))

# Pages that Sphinx writes.
WRITTEN = ("generated/", "gallery/")


def commands_of(page):
    """All commands in blocks of a page, without comments."""
    for line in page.read_text("utf-8").replace("\\\n", " ").splitlines():
        if line.startswith("    sfumato ") and not re.search(r"…|COMMAND|\.\.\.", line):
            yield shlex.split(line, comments=True)


COMMANDS = [
    pytest.param(words, id=f"{page.name}-{number}")
    for page in PAGES
    for number, words in enumerate(commands_of(page), start=1)
]


def parsed(words):
    """Parse a command as the program does, without running it."""
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="sfumato")
    words = words[1:]
    while hasattr(group, "get_command"):
        if not words or words[0].startswith("-"):
            return
        command = group.get_command(context, words[0])
        assert command is not None, f"no command is called {words[0]}"
        group, words = command, words[1:]
    group.make_context(group.name, words, parent=context)


@pytest.mark.parametrize("words", COMMANDS)
def test_each_command_on_the_pages_can_be_read(words):
    parsed(words)


def test_commands_are_collected():
    assert len(COMMANDS) > 80
    with pytest.raises(Exception, match="No such option"):
        parsed(["sfumato", "apply", "photo.jpg", "--colour", "luminance"])
    with pytest.raises(AssertionError, match="no command is called aply"):
        parsed(["sfumato", "aply", "photo.jpg"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_pictures_are_there(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        place = target.partition("#")[0]
        if place and "://" not in place and not any(part in place for part in WRITTEN):
            assert (page.parent / place).exists(), target
