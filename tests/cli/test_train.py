"""`sfumato train` and `sfumato export` from files to files."""

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from sfumato.cli import train as module
from sfumato.feedforward import Painter
from sfumato.feedforward.settings import Settings
from sfumato.feedforward.train import Training

SMALL = ("--steps", 4, "--batch", 2, "--size", 32, "--style-size", 32, "--width", 2, "--device", "cpu")


@pytest.fixture
def album(here, vgg):
    """A folder of photos, photo.png twice and a broken one, beside style.png."""
    (here / "photos").mkdir()
    for name in ("a.png", "b.png"):
        (here / "photos" / name).write_bytes((here / "photo.png").read_bytes())
    (here / "photos" / "c.jpg").write_bytes(b"no picture")
    return here


@pytest.fixture
def train(sfumato, album):
    def run(*arguments, style="style.png", output="out.sfm"):
        return sfumato("train", "--style", style, "--photos", "photos", "-o", output, *SMALL, *arguments)

    return run


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".part")


def size(name):
    with Image.open(name) as image:
        return image.size


def test_a_network(train, album):
    done = train()
    assert done.code == 0
    assert done.out == "out.sfm: trained for 4 steps\n"
    assert done.err.startswith("note: 1 of 3 photos could not be used; the first: photos/c.jpg: this is a text file")
    assert done.err.count("\n") == 1
    assert names(album) == ["out.sfm", "photo.png", "style.png"]
    paint = Painter("out.sfm")
    assert paint.plan.styles == ("style",)
    settings = Settings(steps=4, batch=2, size=32, style_size=32, width=2)
    told = dict(paint.plan.training)
    assert told.pop("pictures").keys() == {"style"}
    assert told == {**vars(settings), "steps_done": 4}
    assert paint(np.zeros((20, 30, 3), np.uint8)).shape == (20, 30, 3)


def test_what_is_hidden_in_a_style_is_not_learned(train, album):
    pixels = np.array(Image.open("style.png").convert("RGBA"))
    learned = {}
    for name, alpha, hidden in (("all", 255, 0), ("black", 0, 0), ("noise", 0, 77)):
        pixels[:, 40:, 3] = alpha
        pixels[:, 40:, :3] = np.where(alpha, pixels[:, 40:, :3], hidden)
        Image.fromarray(pixels).save("style.png")
        assert train("--force").code == 0
        learned[name] = (album / "out.sfm").read_bytes()
    assert learned["black"] == learned["noise"] != learned["all"]


def test_an_opaque_style_is_learned_as_one_without_alpha(train, album):
    assert train().code == 0
    before = (album / "out.sfm").read_bytes()
    Image.open("style.png").convert("RGBA").save("style.png")
    assert train("--force").code == 0
    assert (album / "out.sfm").read_bytes() == before


def test_a_style_of_which_nothing_is_seen(train, album):
    Image.new("RGBA", (40, 40)).save("style.png")
    said = "sfumato: style.png: transparent everywhere, so there is nothing to see in it; choose another\n"
    assert train() == (2, "", said)


def test_every_option_arrives(train, album):
    weights = ("--content-weight", 0.5, "--style-weight", 2, "--variation-weight", 0.25, "--pixel-weight", 0.125)
    Image.new("RGB", (40, 40), "red").save("red.png")
    done = train("--style", "red.png", *weights, "--with-masks", "--seed", 3, "--json", "--plot", "plot.png")
    assert done[::2] == (0, "")
    report = json.loads(done.out)
    assert report["output"] == "out.sfm"
    assert (report["finished"], report["steps"], report["photos"]) == (True, 4, 3)
    assert report["skipped"] == ["photos/c.jpg: this is a text file; give a picture, PNG or JPEG"]
    assert report["terms"].keys() == {"content", "style", "variation", "pixel", "outside"}
    assert all(value > 0 for value in (report["seconds"], *report["terms"].values()))
    assert report["warnings"] == []
    plan = Painter("out.sfm").plan
    assert (plan.styles, plan.masks, plan.width) == (("style", "red"), True, 2)
    found = {name: plan.training[name] for name in ("content_weight", "style_weight", "variation_weight", "seed")}
    assert found == {"content_weight": 0.5, "style_weight": 2, "variation_weight": 0.25, "seed": 3}
    assert size("plot.png")[0] > 500


def test_the_help_tells_the_defaults(sfumato):
    text = " ".join(sfumato("train", "--help").out.split())
    shown = {}
    for option, value in re.findall(r"--([a-z-]+) [NX] [^\[]*\[([\d.]+)\]", text):
        shown[option.replace("-", "_")] = float(value)
    defaults = vars(Settings())
    assert shown == {name: defaults[name] for name in defaults if name not in ("masks", "learning_rate")}


def test_previews_show_the_first_photo(train, album, monkeypatch):
    seen = []
    preview = Training.preview
    monkeypatch.setattr(Training, "preview", lambda self: seen.append(self.step) or preview(self))
    assert train("--preview-every", 2, "--quiet")[::2] == (0, "")
    assert seen == [2, 4]
    assert size("out.preview.png") == (45, 36)
    # Beside the photos, neither previews nor styles are taken for photos.
    (album / "out.preview.png").rename("photos/out.preview.png")
    (album / "photos" / "style.png").write_bytes((album / "style.png").read_bytes())
    done = train("--preview-every", 3, "--json", style="photos/style.png", output="photos/out.sfm")
    assert json.loads(done.out)["photos"] == 3


@pytest.fixture
def interrupted(monkeypatch):
    """Press Ctrl-C after the given step."""
    run = Training.run

    def press(at):
        def pressing(self):
            for record in run(self):
                if record.step == at:
                    os.kill(os.getpid(), signal.SIGINT)
                yield record

        monkeypatch.setattr(Training, "run", pressing)

    yield press
    monkeypatch.setattr(Training, "run", run)


def test_a_stopped_training_goes_on_to_the_same_end(train, album, interrupted):
    assert train().code == 0
    whole = (album / "out.sfm").read_bytes()
    interrupted(2)
    done = train("--force")
    assert done.code == 130
    assert "stopping after this step" in done.err
    assert done.out == "out.sfm: stopped after 2 of 4 steps; to go on, run the same command with --resume\n"
    assert names(album) == ["out.sfm", "out.sfm.checkpoint", "photo.png", "style.png"]
    assert Painter("out.sfm").plan.training["steps_done"] == 2
    refused = train(output="other.sfm", style="photo.png")  # another name is another training
    assert refused.code == 130
    (album / "out.sfm").unlink()
    refused = train()
    assert (refused.code, refused.out) == (3, "")
    assert refused.err == (
        "sfumato: out.sfm.checkpoint is from a stopped training; continue with --resume, or start over with --force\n"
    )
    interrupted(9)
    other = train("--resume", "--seed", 1)
    assert (other.code, other.out) == (6, "")
    assert other.err == ("sfumato: cannot resume: seed was 0 and is now 1; change it back, or start anew\n")
    assert train("--resume").code == 0
    assert (album / "out.sfm").read_bytes() == whole
    assert "out.sfm.checkpoint" not in names(album)


def test_a_checkpoint_is_written_now_and_then(train, album, monkeypatch):
    from sfumato.optimize import checkpoint

    written = []
    write = checkpoint.write
    monkeypatch.setattr(module, "_SECONDS", 0)
    monkeypatch.setattr(
        checkpoint, "write", lambda path, state, **more: written.append(state["step"]) or write(path, state, **more)
    )
    assert train().code == 0
    assert written == [1, 2, 3, 4]
    assert names(album) == ["out.sfm", "photo.png", "style.png"]


def test_a_second_interrupt_ends_at_once(train, album, monkeypatch):
    def pressing(self):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        yield

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(Training, "run", pressing)
    done = train()
    assert (done.code, done.out) == (130, "")
    assert signal.getsignal(signal.SIGINT) is before
    assert names(album) == ["photo.png", "style.png"]


def test_a_log_sees_a_line_now_and_then(train, monkeypatch):
    from sfumato.cli import progress

    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    lines = [line for line in train().err.splitlines() if not line.startswith("note: ")]
    assert len(lines) == 4
    assert re.fullmatch(r" 25% step 1 of 4, loss \d+\.\d{4}, .* left", lines[0])


def report(done):
    assert done[::2] == (0, "")
    return json.loads(done.out)


def test_a_resumed_training_reports_as_if_it_had_never_stopped(train, album, interrupted, monkeypatch):
    from sfumato.jobs import plot

    drawn = []
    monkeypatch.setattr(plot, "plot_losses", lambda steps, path: drawn.append([step.terms for step in steps]))
    whole = report(train("--json", "--plot", "a.png"))
    interrupted(2)
    assert train("--force", "--plot", "a.png").code == 130
    interrupted(9)
    resumed = report(train("--json", "--plot", "a.png", "--resume"))
    assert resumed["terms"] == whole["terms"]
    assert [len(steps) for steps in drawn] == [4, 2, 4]
    assert drawn[2] == drawn[0]
    assert whole["terms"]["style"] == pytest.approx(np.mean([terms["style"] for terms in drawn[0]]))


def test_a_finished_network_is_trained_on(train, album):
    assert train("--quiet").code == 0
    done = train("--resume", "--steps", 6)
    assert (done.code, done.out) == (0, "out.sfm: trained for 6 steps\n")
    first, second = done.err.splitlines()
    assert first == (
        "note: a finished network goes on after step 4; the optimizer starts afresh, so the loss is a little higher at"
        " first"
    )
    assert second.startswith("note: 1 of 3 photos")
    assert Painter("out.sfm").plan.training["steps_done"] == 6
    assert names(album) == ["out.sfm", "photo.png", "style.png"]
    before = (album / "out.sfm").read_bytes()
    done = train("--resume", "--steps", 6)
    assert (done.code, done.out) == (0, "out.sfm: trained for 6 steps\n")
    assert done.err == "note: all 6 steps are done already; ask for more to go on\n"
    assert (album / "out.sfm").read_bytes() == before
    done = train("--resume", "--width", 3)
    assert done == (
        6,
        "",
        "sfumato: cannot resume: width was 2 and is now 3; change it back, or start anew\n",
    )
    done = train("--resume")
    assert done == (2, "", "sfumato: steps is 4, and 6 are done already; use 6 or more\n")
    assert (album / "out.sfm").read_bytes() == before


def test_a_stopped_training_goes_on_from_its_checkpoint_though_there_is_a_network(train, album, interrupted):
    assert train("--steps", 6).code == 0
    whole = (album / "out.sfm").read_bytes()
    interrupted(3)
    assert train("--force", "--steps", 6).code == 130
    assert {"out.sfm", "out.sfm.checkpoint"} <= set(names(album))
    interrupted(9)
    assert train("--resume", "--steps", 6).code == 0
    assert (album / "out.sfm").read_bytes() == whole


def test_photos_that_came_and_went_are_told(train, album, interrupted):
    interrupted(2)
    assert train().code == 130
    interrupted(9)
    (album / "photos" / "b.png").rename(album / "photos" / "d.png")
    (album / "linked").mkdir()
    (album / "photo.png").rename(album / "linked" / "e.png")
    (album / "photos" / "more").symlink_to(album / "linked")
    done = report(train("--resume", "--json"))
    assert done["warnings"] == ["the photos have changed since the last step: 2 added, 1 removed"]
    assert (done["finished"], done["photos"]) == (True, 4)


def killed(at, *arguments):
    """Run a command in a process of its own that is killed when it is about to finish writing its n-th file."""
    code = f"""
import os, signal, sys
from sfumato.cli import main, train
calls, fsync = [], os.fsync
def dying(number):
    calls.append(number)
    if len(calls) == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    fsync(number)
os.fsync, train._SECONDS = dying, 0
main()
"""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    assert subprocess.run(command, check=False, capture_output=True, timeout=120).returncode == -signal.SIGKILL


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
def test_a_training_killed_while_it_writes_goes_on_to_the_same_end(train, album):
    line = ("train", "--style", "style.png", "--photos", "photos", "-o", "out.sfm", *SMALL)
    whole = report(train("--json"))
    network = (album / "out.sfm").read_bytes()
    (album / "out.sfm").unlink()
    killed(3, *line)  # at the checkpoint of the third step
    assert names(album) == ["out.sfm.checkpoint", "photo.png", "style.png"]
    killed(3, *line, "--resume")  # after the checkpoints of the third step and the fourth: at the network
    assert names(album) == ["out.sfm.checkpoint", "photo.png", "style.png"]
    resumed = report(train("--resume", "--json"))
    assert resumed["warnings"] == ["all 4 steps are done already; ask for more to go on"]
    assert resumed["terms"] == whole["terms"]
    assert (album / "out.sfm").read_bytes() == network
    assert names(album) == ["out.sfm", "photo.png", "style.png"]


def test_a_training_begun_anew_replaces_what_a_stopped_one_left_with_its_first_step(
    train, album, interrupted, monkeypatch
):
    from sfumato.optimize import checkpoint

    def ended(self):
        yield next(run(self))
        raise KeyboardInterrupt

    interrupted(2)
    assert train().code == 130
    interrupted(9)
    run = Training.run
    monkeypatch.setattr(Training, "run", ended)
    assert train("--force", "--seed", 1).code == 130
    state = checkpoint.read(album / "out.sfm.checkpoint", fingerprint=Training.fingerprint)
    assert (state["step"], state["settings"]["seed"]) == (1, 1)


def test_nothing_to_resume(train, album):
    before = names(album)
    assert train("--resume") == (
        6,
        "",
        "sfumato: there is nothing to resume: neither out.sfm.checkpoint nor out.sfm exists; leave out --resume\n",
    )
    assert names(album) == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-o", "out.pt"), 3, "out.pt: unknown ending '.pt'; use .sfm"),
        (("-o", "no/out.sfm"), 3, "no/out.sfm: there is no folder no; make it first"),
        (
            ("-o", "there.sfm"),
            3,
            "there.sfm: exists already; choose another name, or allow it to be replaced (--force)",
        ),
        (("--plot", "plot.gif"), 3, "plot.gif: unknown ending '.gif'; use .png, .svg or .pdf"),
        (("--plot", "style.png"), 3, "style.png: also an input; choose another name"),
        (("--plot", "out.preview.png", "--preview-every", 1), 3, "out.preview.png: both the plot and the preview"),
        (("--style", "photos/style.png"), 2, "two of the styles style.png, photos/style.png have the same name"),
        (("--style", "nope.png"), 2, "nope.png: no such file"),
        (("--photos", "nowhere"), 2, "nowhere: no such folder"),
        (("--batch", 0), 2, "batch is 0; use 1 to 1024"),
        (("--size", 4000), 2, "no photo in it can be used"),
        (("--device", "tpu"), 5, "no device is called 'tpu'"),
    ],
)
def test_one_line_for_what_is_wrong(train, album, arguments, code, words):
    (album / "there.sfm").write_text("mine")
    before = {path.name: path.read_bytes() for path in album.iterdir() if path.is_file()}
    done = train(*arguments)
    assert (done.code, done.out) == (code, "")
    (line,) = done.err.splitlines()
    assert line.startswith("sfumato: ")
    assert words in line
    assert {path.name: path.read_bytes() for path in album.iterdir() if path.is_file()} == before


def test_export(train, sfumato, album):
    assert train("--quiet")[::2] == (0, "")
    done = sfumato("export", "out.sfm")
    assert done[::2] == (0, "")
    assert re.fullmatch(r"out.onnx: gives the same result as out.sfm, to within \S+ of 1\n", done.out)
    refused = sfumato("export", "out.sfm", "out.onnx")
    assert refused == (
        3,
        "",
        "sfumato: out.onnx: exists already; choose another name, or allow it to be replaced (--force)\n",
    )
    assert sfumato("export", "out.sfm", "out.onnx", "--force").code == 0
    assert sfumato("export", "photo.png")[::2] == (
        4,
        "sfumato: photo.png: not a network of sfumato, or damaged; get it again, or train it anew\n",
    )
    assert sfumato("export", "out.sfm", "out.bin").code == 3
    assert names(album) == ["out.onnx", "out.sfm", "photo.png", "style.png"]
