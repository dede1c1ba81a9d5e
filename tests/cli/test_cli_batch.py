"""`sfumato batch` as its user sees it."""

import io
import json
import os
import signal
from pathlib import Path

import pytest
from helpers import texture
from PIL import Image

RECIPE = """version = 1
method = "photo"
transfer = "reinhard"
semantic = "none"
[[layers]]
styles = [{ image = "style.png" }]
"""


@pytest.fixture
def folder(here):
    """A recipe, and photos/ with a.png, b.jpg, broken.png, day/c.png and notes.txt."""
    (here / "plain.toml").write_text(RECIPE)
    (here / "photos" / "day").mkdir(parents=True)
    for seed, name in enumerate(["a.png", "b.jpg", "day/c.png"]):
        Image.fromarray(texture(24, 32, seed=seed)).save(here / "photos" / name)
    (here / "photos" / "broken.png").write_bytes(b"\x89PNG")
    (here / "photos" / "notes.txt").write_text("no picture")
    return here


@pytest.fixture
def run(sfumato, folder):
    return lambda *arguments: sfumato("batch", *arguments)


def outputs(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_report(run, folder):
    done = run("plain.toml", "photos/", "-o", "out/{dir}/{stem}-{recipe}{ext}", "--recursive")
    assert done.code == 7
    (line,) = done.out.splitlines()
    assert line.startswith("3 painted, 1 failed, 1 file that is not a picture passed over in ")
    assert done.err.splitlines() == [
        f"failed: {Path('photos/broken.png')}: the picture cannot be decoded (not a PNG file); the file is cut short,"
        " damaged or of a rare kind: get it again, or save it anew as PNG",
        "note: 1 picture: JPEG cannot keep the untouched pixels' bytes; save as PNG or TIFF to keep them",
    ]
    assert outputs(folder / "out") == ["a-plain.png", "b-plain.jpg", "day/c-plain.png"]


def test_a_second_run_and_exit_codes(run, folder):
    (folder / "photos" / "broken.png").unlink()
    assert run("plain.toml", "photos", "-o", "out").code == 0
    done = run("plain.toml", "photos", "-o", "out")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("0 painted, 2 skipped, 1 file that is not a picture passed over in ")
    # What fails counts even if all else was done before.
    (folder / "photos" / "broken.png").write_bytes(b"\x89PNG")
    assert run("plain.toml", "photos", "-o", "out").code == 7


def test_names_for_which_none_are_given(run, folder):
    assert run("plain.toml", "photos/a.png").code == 0
    assert outputs(folder / "batch-output") == ["a-plain.png"]


def test_lines_of_json(run):
    done = run("plain.toml", "photos", "-o", "out/{stem}.png", "--json")
    assert done.code == 7
    *records, summary = map(json.loads, done.out.splitlines())
    assert [record["status"] for record in records] == ["painted", "painted", "failed"]
    assert records[0]["output"] == "out/a.png"
    assert records[2]["error"].startswith("photos")
    assert summary.pop("seconds") > 0
    assert summary == {"painted": 2, "skipped": 0, "failed": 1, "left": 0, "passed_over": 1}
    assert done.err == ""


def test_errors_in_a_file(run, folder):
    (folder / "errors.jsonl").write_text("of another run")
    run("plain.toml", "photos", "-o", "out", "--errors", "errors.jsonl")
    (line,) = (folder / "errors.jsonl").read_text().splitlines()
    assert json.loads(line)["photo"] == str(Path("photos/broken.png"))


def test_errors_do_not_replace_the_list(run, folder):
    (folder / "photos.txt").write_text("photos/a.png\n")
    done = run("plain.toml", "--list", "photos.txt", "--errors", "photos.txt")
    assert (done.code, done.err.startswith("sfumato: photos.txt: also an input")) == (3, True)
    assert (folder / "photos.txt").read_text() == "photos/a.png\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")  # noqa: PTH110
def test_errors_that_cannot_be_written(run, folder, monkeypatch):
    monkeypatch.setattr("sfumato.files.check", lambda *_, **__: None)
    done = run("plain.toml", "photos", "-o", "out/{stem}.png", "--errors", "/dev/full", "--quiet")
    assert (done.code, done.err) == (3, "sfumato: /dev/full: cannot be written: no space left on device\n")


def test_many_errors_are_counted(run, folder):
    for number in range(14):
        (folder / "photos" / f"broken-{number}.png").write_bytes(b"\x89PNG")
    done = run("plain.toml", "photos", "-o", "out/{stem}.png", "--quiet")
    assert (done.code, done.out) == (7, "")
    assert sum(line.startswith("failed: ") for line in done.err.splitlines()) == 10
    assert done.err.splitlines()[-1] == "and 5 others; name a file for all of them with --errors"
    done = run("plain.toml", "photos", "-o", "out/{stem}.png", "--errors", "e.jsonl")
    assert "and 5 others in e.jsonl" in done.err
    assert len((folder / "e.jsonl").read_text().splitlines()) == 15
    for number in range(4):
        (folder / "photos" / f"broken-{number}.png").unlink()
    assert "and 1 other in e.jsonl" in run("plain.toml", "photos", "-o", "out", "--errors", "e.jsonl").err


def test_a_dry_run_writes_nothing(run, folder):
    run("plain.toml", "photos/a.png", "-o", "out/{stem}.png")
    (folder / "out" / "b.png").write_text("not a picture")
    before = outputs(folder)
    done = run("plain.toml", "photos", "-o", "out/{stem}.png", "--recursive", "--dry-run", "--errors", "e.jsonl")
    assert done.code == 0
    assert [line.partition(" -> ")[2] for line in done.out.replace("\\", "/").splitlines()[:-1]] == [
        "out/a.png: skip",
        "out/b.png: fail: out/b.png: exists already and was not made by sfumato; move it away",
        "out/broken.png: paint",
        "out/c.png: paint",
    ]
    last = done.out.splitlines()[-1]
    assert last == "2 to paint, 1 to skip, 1 to fail, 1 file that is not a picture passed over; nothing was written"
    assert outputs(folder) == before
    done = run("plain.toml", "photos/a.png", "-o", "new/{stem}.png", "--dry-run", "--json")
    assert json.loads(done.out) == {
        "photo": "photos/a.png",
        "output": "new/a.png",
        "recipe": "plain",
        "would": "paint",
    }
    assert not (folder / "new").exists()


def test_a_list(run, folder, monkeypatch):
    (folder / "photos" / "list.txt").write_text("a.png\nphotos/day/c.png\n")
    assert run("plain.toml", "--list", "photos/list.txt", "-o", "out/{dir}/{stem}.png").code == 0
    assert outputs(folder / "out") == ["a.png", "day/c.png"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), "utf-8"))
    assert run("plain.toml", "--list", "-").err == "sfumato: cannot read the list -: it is not a text file\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("photos/b.jpg\n"))
    assert run("plain.toml", "--list", "-", "-o", "out").code == 0
    assert outputs(folder / "out") == ["a.png", "b-plain.jpg", "day/c.png"]


def test_several_recipes(run, folder):
    (folder / "dusk.toml").write_text(RECIPE.replace("reinhard", "linear"))
    assert run("plain.toml", "dusk.toml", "photos/a.png", "-o", "out").code == 0
    assert outputs(folder / "out") == ["a-dusk.png", "a-plain.png"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["photos"], 2, "a recipe is missing; name its file, which ends in .toml"),
        (["plain.toml"], 2, "there are no PNG, JPEG, TIFF or WebP pictures in what is given; files of other kinds: 0"),
        (["plain.toml", "photos/day/../notes.txt"], 2, "files of other kinds: 1"),
        (["none.toml", "photos"], 2, "cannot read the recipe none.toml"),
        (["plain.toml", "nowhere"], 2, "nowhere: no such file or folder"),
        (["plain.toml", "--list", "none.txt"], 2, "cannot read the list none.txt: no such file or directory"),
        (["plain.toml", "--list", "style.png"], 2, "cannot read the list style.png: it is not a text file"),
        (["plain.toml", "photos", "-o", "photos/{stem}-new.png"], 3, "lies among the photos"),
        (["plain.toml", "photos", "-o", "out/all.png"], 3, "put {dir} or {stem} or {ext} or {recipe} into the name"),
        (["plain.toml", "photos", "-o", "out/{name}.png"], 3, "unknown field {name}"),
        (["plain.toml", "photos", "--exists", "ask"], 2, "exists 'ask' is not known; use skip, replace or refuse"),
        (["plain.toml", "photos", "--errors", "errors.png"], 3, "unknown ending '.png'; use .jsonl, .json or .txt"),
        (["plain.toml", "photos", "--errors", "none/e.jsonl"], 3, "there is no folder none; make it first"),
        (["plain.toml", "photos", "--scheduler", "tcp://a:1", "--workers", "2"], 2, "has its own workers"),
    ],
)
def test_one_line_before_anything_is_painted(run, folder, arguments, code, message):
    done = run(*arguments)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    assert message in line
    assert line.startswith("sfumato: ")
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        (RECIPE.replace("style.png", "gone.png"), "gone.png: no such file"),
        (RECIPE + "region = \"subject - 'gone mask.png'\"\n", "file 'gone mask.png' is not there: looked in "),
        (
            'labels = "gone.png"\nreference_labels = "style.png"\n' + RECIPE.replace('semantic = "none"', ""),
            "gone.png: no such file",
        ),
        (
            'version = 1\nmethod = "fast"\n[[layers]]\nstyles = [{ image = "gone.sfm" }]\n',
            "gone.sfm: no such file; choose another",
        ),
        (RECIPE.replace('"style.png"', '"style.png", mask = "gone.png"'), "'gone.png' is not there: looked in"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--dry-run"], ["--workers", "2"]])
def test_a_missing_file_of_the_recipe_is_told_as_run_tells_it(run, sfumato, folder, recipe, line, more):
    (folder / "plain.toml").write_text(recipe)
    done = run("plain.toml", "photos", "-o", "out", *more)
    (text,) = done.err.splitlines()
    assert line in text
    assert (done.out, (folder / "out").exists()) == ("", False)
    alone = sfumato("run", "plain.toml", "photos/a.png", "-o", "alone.png")
    assert alone.code == done.code
    assert line in alone.err


def test_what_would_help_is_shown_as_it_is_typed(run, folder):
    (folder / "album").mkdir()
    (folder / "photos" / "day").rename(folder / "album" / "day")
    assert run("plain.toml", "album").err.rstrip().endswith("(--recursive)")
    run("plain.toml", "photos/a.png", "-o", "out/{stem}.png")
    done = run("plain.toml", "photos/a.png", "-o", "out/{stem}.png", "--exists", "refuse")
    assert (done.code, done.err.rstrip()[-10:]) == (3, "(--exists)")


def test_ctrl_c_finishes_the_picture(run, folder, monkeypatch):
    from sfumato.batching import run as module

    paint = module.paint

    def pressed(*given):
        signal.raise_signal(signal.SIGINT)
        return paint(*given)

    monkeypatch.setattr(module, "paint", pressed)
    before = signal.getsignal(signal.SIGINT)
    done = run("plain.toml", "photos", "-o", "out/{stem}.png")
    assert signal.getsignal(signal.SIGINT) is before
    assert done.code == 130
    assert "finishing what is in flight; press Ctrl-C again to stop it" in done.err
    assert done.out.splitlines()[0].startswith("1 painted, 2 left, ")
    assert done.out.splitlines()[1] == "to continue, run the same command again"
    assert outputs(folder / "out") == ["a.png"]
    monkeypatch.undo()
    os.chdir(folder)


def test_progress_in_plain_lines(run, folder, monkeypatch):
    monkeypatch.setattr("sfumato.cli.progress._BETWEEN", 0)
    err = run("plain.toml", "photos", "-o", "out/{stem}.png").err
    lines = [line for line in err.splitlines() if "%" in line]
    assert lines[0] == " 33% 1 done, 0 failed, 2 left"
    assert lines[1].startswith(" 67% 2 done, 0 failed, 1 left, ")
    assert " pictures a minute, " in lines[1]
    assert "%" not in run("plain.toml", "photos", "-o", "out/{stem}.png", "--quiet").err
