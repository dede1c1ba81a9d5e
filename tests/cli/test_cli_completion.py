"""What the shell completes: commands, options and values, as Typer's scripts for bash, zsh and fish ask for them."""

import os
import subprocess
import sys

import pytest

from sfumato.cli.completion import region_words
from sfumato.models import MODELS
from sfumato.recipe import METHODS, PRESETS
from sfumato.regions import FUNCTIONS
from sfumato.regions.segmenters import model_of

#: Runs the command line, and names what a user would wait for.
PROGRAM = """
import sys
from sfumato.cli import main
try:
    main()
finally:
    heavy = {"torch", "numpy", "cv2", "scipy", "rich.markup"} & set(sys.modules)
    print("imported:", *sorted(heavy), file=sys.stderr)
"""


def completed(line, shell="bash"):
    """What a shell is told when the line is completed at its end; also the heavy packages that were imported."""
    words = line.split(" ")
    asked = {
        "_SFUMATO_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line.replace(" ", "\n") if "'" not in line else line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**os.environ, **asked}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1], done.stderr.strip().removeprefix("imported:").split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sfumato re", ["regions", "replay"]),
        ("sfumato models ", ["list", "fetch", "path"]),
        ("sfumato models fetch v", ["vgg19"]),
        ("sfumato apply photo.jpg --prec", ["--precision"]),
        ("sfumato apply photo.jpg --preset ", ["draft", "normal", "fine"]),
        ("sfumato apply photo.jpg --method ", ["localized", "fast", "naive"]),
        ("sfumato apply photo.jpg --blend s", ["smooth"]),
        ("sfumato apply photo.jpg --device c", ["cpu", "cuda"]),
        ("sfumato apply photo.jpg --precision f", ["float32"]),
        ("sfumato apply photo.jpg --segmenter deep", ["deeplab", "deeplab+crf"]),
        ("sfumato apply photo.jpg --clicker h", ["hf:"]),
        ("sfumato regions photo.jpg --text-segmenter ", ["auto", "hf:"]),
        ("sfumato apply photo.jpg --region su", ["subject"]),
        ("sfumato regions photo.jpg -r e", ["ellipse", "eyes"]),
        ("sfumato paste cup.jpg painting.jpg --preset d", ["draft"]),
        ("sfumato paste cup.jpg painting.jpg -r su", ["subject"]),
        ("sfumato photo photo.jpg --realism sc", ["screened-poisson"]),
        ("sfumato batch recipe.toml photos --exists r", ["replace", "refuse"]),
        ("sfumato demo --preset f", ["fine"]),
        ("sfumato train --device a", ["auto"]),
        # The shell completes names of files.
        ("sfumato apply ph", [""]),
        ("sfumato apply photo.jpg --region mask.p", [""]),
        # Options that print something and exit do not do so while a line is completed.
        ("sfumato regions --words --reg", ["--region"]),
        ("sfumato --version re", ["regions", "replay"]),
    ],
)
def test_bash_is_offered(line, expected):
    assert completed(line) == (expected, [])


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_offered_the_same(shell):
    offered, _ = completed("sfumato apply photo.jpg --preset ", shell)
    assert all(name in "\n".join(offered) for name in PRESETS)
    names, _ = completed("sfumato mod", shell)
    assert "models" in names[0]


def test_an_expression_is_completed_at_its_end():
    assert completed("sfumato apply --region 'subject&fe")[0] == ["subject&feather"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("gr", ["grabcut", "grow"]),
        ("~subject | li", ["~subject | linear", "~subject | lips"]),
        ("grabcut(rect", ["grabcut(rect"]),
        ("grabcut(a, keep=subj", ["grabcut(a, keep=subject"]),
        ("my-mask", []),
        ("photos/ma", []),
        ("mask.p", []),
        ("rect(50%", []),
        ("person#", []),
        ("'my mask", []),
    ],
)
def test_words_of_expressions(typed, offered):
    assert region_words(typed) == offered


def test_all_words_of_expressions_are_offered():
    assert region_words("") == sorted(FUNCTIONS)


def test_every_value_that_is_offered_exists():
    for option, there in (("--method", METHODS), ("--preset", PRESETS)):
        assert set(completed(f"sfumato apply {option} ")[0]) <= set(there)
    offered, _ = completed("sfumato regions --segmenter ")
    assert {model_of(name) for name in offered if name.startswith("deeplab")} == {"deeplab"}
    assert completed("sfumato models fetch ")[0] == list(MODELS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_for_the_shell_at_hand(shell, tmp_path):
    """The shell is named, since the process that runs the tests may have none."""
    code = (
        f"import sys, shellingham; shellingham.detect_shell = lambda: ({shell!r}, {shell!r});"
        "from sfumato.cli import main; sys.argv = ['sfumato', '--install-completion']; main()"
    )
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert f"{shell} completion installed in {tmp_path}" in done.stdout.replace("\n", "")
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert f"_SFUMATO_COMPLETE=complete_{shell}" in written
