"""Every output of every command is checked before any work."""

import shutil
from pathlib import Path

import pytest

from sfumato.feedforward.network import Network
from sfumato.feedforward.sfm import Plan

STYLE = ("-s", "style.png")
COMMANDS = {
    "apply": ("apply", "photo.png", *STYLE),
    "partial": ("partial", "photo.png", *STYLE, "--corners", "8,8,60,8,60,50,8,50"),
    "photo": ("photo", "photo.png", "--reference", "style.png"),
    "harmonize": ("harmonize", "photo.png", "--painting", "style.png", "--mask", "rect(8, 8, 40, 40)"),
    "paste": ("paste", "style.png", "photo.png", "-r", "rect(8, 8, 30, 30)"),
    "regions": ("regions", "photo.png", "-r", "rect(8, 8, 30, 30)"),
    "train": ("train", *STYLE, "--photos", "photos"),
    "run": ("run", "recipe.toml", "photo.png"),
}
RUNS = ("apply", "partial", "photo", "harmonize", "run")
ENDING = {"train": ".sfm"}

CASES = [(name, "-o", ENDING.get(name, ".png")) for name in COMMANDS]
CASES += [(name, "--plot", ".png") for name in (*RUNS, "train")]
CASES += [("apply", "--save-recipe", ".toml"), ("paste", "--mask", ".png"), ("regions", "--save", ".png")]


@pytest.fixture
def things(here, monkeypatch):
    (here / "photos").mkdir()
    shutil.copy("photo.png", "photos/a.png")
    Path("recipe.toml").write_text('[[layers]]\nstyles = [{ image = "style.png" }]\n')
    Network(Plan(("a",), 1), 0).save(here / "a.sfm")
    # Nothing is read or fetched before it is known where the result can go.
    for work in ("sfumato.images.load", "sfumato.cli.models.fetch_all", "sfumato.models.path"):
        monkeypatch.setattr(work, lambda *_, **__: pytest.fail("the work has begun"))
    return here


def names(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that takes no files, even from root")
@pytest.mark.parametrize(("command", "option", "ending"), CASES)
def test_a_folder_that_takes_no_files(sfumato, things, command, option, ending):
    before = names(things)
    done = sfumato(*COMMANDS[command], option, f"/proc/out{ending}")
    assert (done.code, done.out) == (3, "")
    (line,) = done.err.splitlines()
    assert line.startswith(f"sfumato: /proc/out{ending}")
    assert "choose another folder" in line
    assert names(things) == before


@pytest.mark.parametrize(("command", "option", "ending"), CASES)
def test_what_exists_what_is_read_and_what_is_no_file(sfumato, things, command, option, ending):
    Path(f"mine{ending}").write_bytes(b"mine")
    Path(f"folder{ending}").mkdir()
    before = names(things)
    for place, part in (
        (f"mine{ending}", "exists already; choose another name, or allow it to be replaced (--force)"),
        (f"folder{ending}", "a folder; name a file in it"),
        (f"none/out{ending}", "there is no folder none; make it first"),
        (f"mine{ending}/out{ending}", f"there is no folder mine{ending}; make it first"),
    ):
        done = sfumato(*COMMANDS[command], option, place)
        assert (done.code, done.out) == (3, "")
        assert done.err == f"sfumato: {place}: {part}\n"
    if ending == ".png":
        done = sfumato(*COMMANDS[command], option, "style.png" if command not in ("run", "regions") else "photo.png")
        assert done.code == 3
        assert "also an input; choose another name" in done.err
    assert names(things) == before


def test_export(sfumato, things):
    for place, part in (("/proc/a.onnx", "choose another folder"), ("a.sfm", "unknown ending '.sfm'; use .onnx")):
        done = sfumato("export", "a.sfm", place)
        assert (done.code, done.out) == (3, "")
        assert part in done.err
    assert sfumato("export", "a.sfm").out.startswith("a.onnx: ")
    assert sfumato("export", "a.sfm").out.startswith("a-2.onnx: ")


def test_two_outputs_in_one_place(sfumato, things):
    for command, option, other in (("apply", "-o", "--plot"), ("regions", "-o", "--save"), ("paste", "-o", "--mask")):
        done = sfumato(*COMMANDS[command], option, "same.png", other, "./same.png")
        assert (done.code, done.out) == (3, "")
        assert "give them two names" in done.err
