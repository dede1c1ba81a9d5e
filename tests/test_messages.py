"""Messages of the library serve Python and the command line alike, so they name no flags and no commands."""

import ast
import re
from pathlib import Path

import pytest
import typer

import sfumato
from sfumato.cli.app import app

PACKAGE = Path(sfumato.__file__).parent
COMMANDS = sorted(typer.main.get_command(app).commands)
SHELL = re.compile(rf"(?<![\w-])--[a-z]|\bsfumato ({'|'.join(COMMANDS)})\b")


def messages():
    """The text of each string in a raise statement outside the command line, and its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if PACKAGE / "cli" in path.parents:
            continue
        for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(statement, ast.Raise):
                for node in ast.walk(statement):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.value


def test_no_message_of_the_library_shows_how_to_type_a_command():
    found = list(messages())
    assert len(found) > 100
    assert [(place, text) for place, text in found if SHELL.search(text)] == []


@pytest.mark.parametrize("text", ["give --force", "run: sfumato models fetch vgg19", "a file that sfumato train made"])
def test_flags_and_commands_are_recognized(text):
    assert SHELL.search(text)


@pytest.mark.parametrize("text", ["not a network of sfumato", "this sfumato reads version 1", "a -- b", "re-train"])
def test_plain_words_are_no_commands(text):
    assert not SHELL.search(text)
