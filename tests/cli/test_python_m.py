"""``python -m sfumato`` is the command ``sfumato``: same name, same exit codes."""

import subprocess
import sys

import pytest

from sfumato import __version__


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "sfumato", *arguments], cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_it_has_the_program_name_of_the_command(tmp_path):
    assert run(tmp_path, "--help").stdout.startswith("Usage: sfumato [OPTIONS] COMMAND")
    assert run(tmp_path, "apply", "--help").stdout.startswith("Usage: sfumato apply ")
    assert run(tmp_path, "--version").stdout == f"sfumato {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["nothing"],
        ["apply", "none.jpg", "--style", "none.jpg"],
        ["regions", "none.jpg", "-r", "rect(", "-o", "out.png"],
        ["run", "none.toml", "none.jpg"],
    ],
)
def test_it_has_the_exit_codes_of_the_command(tmp_path, monkeypatch, sfumato, arguments):
    monkeypatch.chdir(tmp_path)
    done, expected = run(tmp_path, *arguments), sfumato(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == expected
