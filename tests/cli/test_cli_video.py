"""`sfumato video` as its user sees it."""

import dataclasses
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import read
from PIL import Image
from video_clips import av, clip, inverted, outside, packets, shown

from sfumato.video import VideoOptions, painters
from sfumato.video.record import FrameRecord, Pace

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "video"


@pytest.fixture
def asked():
    """What the painter was asked for."""
    return []


@pytest.fixture
def video(sfumato, here, monkeypatch, asked):
    """Run `sfumato video` in a folder with clip.mp4 and style.png, with a painter that needs no network."""
    clip(here / "clip.mp4", 60, sound="aac")

    def paint(frames, recipe, options, **more):
        asked.append((recipe, options, more))
        return inverted(frames, recipe, options, **more)

    monkeypatch.setattr(painters, "paint", paint)
    monkeypatch.setattr("sfumato.cli.video.fetch_all", lambda names, **more: None)
    return lambda *arguments: sfumato("video", *arguments)


def test_a_clip(video, here, asked):
    done = video("clip.mp4", "--style", "style.png", "--region", "rect(0, 0, 50%, 50%)", "-o", "out.mp4", "--lossless")
    assert done[::2] == (0, "")
    assert done.out.startswith("out.mp4: 60 frames, 25% of the picture restyled, in ")
    assert "frames a second" in done.out
    before, after = shown(here / "clip.mp4"), shown(here / "out.mp4")
    assert [frame.time for frame in before] == [frame.time for frame in after]
    np.testing.assert_array_equal(outside(before[7].planes[0]), outside(after[7].planes[0]))
    assert packets(here / "out.mp4", "audio") == packets(here / "clip.mp4", "audio")
    (recipe, options, more) = asked[0]
    assert recipe.method == "fast"
    assert recipe.layers[0].region == "rect(0, 0, 50%, 50%)"
    assert options.lossless
    assert more["masks"] is None


def test_all_options(video, asked, here):
    arguments = ("--method", "localized", "--iterations", "5", "--keyframes", "12", "--masks-every", "3", "--crf", "30")
    assert video("clip.mp4", "-s", "style.png", *arguments, "--steadiness", "0.5", "--device", "cpu").code == 0
    (recipe, options, more) = asked[0]
    assert (recipe.method, recipe.iterations) == ("localized", (5,))
    assert (options.keyframes, options.masks_every, options.crf, options.steadiness) == (12, 3, 30, 0.5)
    assert more["device"] == "cpu"
    assert video("clip.mp4", "-s", "style.png", "--method", "localized", "--every-frame").code == 0
    assert asked[1][1].every_frame
    assert {path.name for path in here.iterdir() if path.suffix == ".mp4"} == {
        "clip.mp4",
        "clip-style.mp4",
        "clip-style-2.mp4",
    }


def test_the_help_tells_the_defaults(sfumato):
    shown = " ".join(sfumato("video", "--help").out.split())
    for field in dataclasses.fields(VideoOptions):
        if field.name in ("masks_every", "steadiness", "crf"):
            text = shown.partition(f"--{field.name.replace('_', '-')} ")[2].partition(" --")[0]
            assert f"[{field.default}]" in text


def test_a_network(video, here, asked):
    (here / "a.sfm").write_bytes(b"")
    assert video("clip.mp4", "--network", "a.sfm", "-o", "out.mp4").code == 0
    assert asked[0][0].layers[0].styles[0].image == "a.sfm"


def test_a_recipe(video, here, asked):
    (here / "jobs").mkdir()
    (here / "jobs" / "dusk.toml").write_text(
        'version = 1\nmethod = "fast"\n[[layers]]\nregion = "all"\nstyles = [{image = "../style.png"}]\n'
    )
    done = video("clip.mp4", "--recipe", "jobs/dusk.toml", "--from", "0.4", "--to", "1.2")
    assert done[::2] == (0, "")
    assert done.out.startswith("clip-dusk.mp4: 20 frames")
    assert asked[0][2]["folder"] == Path("jobs")
    assert [float(frame.time) for frame in shown(here / "clip-dusk.mp4")] == pytest.approx([n / 25 for n in range(20)])
    done = video("clip.mp4", "--recipe", "jobs/dusk.toml", "--style", "style.png", "--strength", "0.5")
    assert done.code == 2
    assert done.err == "sfumato: the recipe jobs/dusk.toml says all of it; leave out style and strength\n"


def test_masks(video, here):
    (here / "masks").mkdir()
    for number in range(60):
        mask = np.zeros((48, 64), np.uint8)
        mask[:, : number + 1] = 255
        Image.fromarray(mask).save(here / "masks" / f"{number}.png")  # 10 comes after 9
    done = video("clip.mp4", "-s", "style.png", "--masks", "masks", "-o", "out.mp4", "--lossless", "--from", "0.4")
    assert done[::2] == (0, "")
    for number, (before, after) in enumerate(zip(shown(here / "clip.mp4")[10:], shown(here / "out.mp4"), strict=True)):
        same = (before.planes[0] == after.planes[0]).all(0)
        assert same[number + 11 :].all()
        assert not same[: number + 11].any()
    done = video("clip.mp4", "-s", "style.png", "--masks", "masks", "--region", "all")
    assert done.code == 2
    assert done.err == "sfumato: the masks masks take the place of the region 'all'; leave one out\n"


def test_json(video):
    done = video("clip.mp4", "-s", "style.png", "-o", "out.mp4", "--json")
    report = json.loads(done.out)
    assert done.err == ""
    assert report.pop("seconds") > 0
    assert report.pop("frames_per_second") > 0
    assert report == {
        "output": "out.mp4",
        "finished": True,
        "frames": 60,
        "shots": 1,
        "coverage": 0.25,
        "notes": {},
        "warnings": [],
    }


def test_quiet(video):
    assert video("clip.mp4", "-s", "style.png", "-o", "out.mp4", "--quiet") == (0, "", "")


def test_previews(video, here):
    assert video("clip.mp4", "-s", "style.png", "-o", "out.mp4", "--preview-every", "50", "--lossless").code == 0
    picture = read(here / "out.preview.png").astype(int)
    with av.open(str(here / "out.mp4")) as container:
        frame = list(container.decode(video=0))[49].to_ndarray(format="rgb24")
    assert np.abs(picture - frame)[::2, ::2].mean() < 4


def test_notes_are_counted(video, monkeypatch):
    def paint(frames, *others, **more):
        for painted in inverted(frames, *others, **more):
            yield type(painted)(painted.picture, 0 * painted.alpha, painted.cut, ("the region is empty",))

    monkeypatch.setattr(painters, "paint", paint)
    done = video("clip.mp4", "-s", "style.png", "-o", "out.mp4")
    assert done.err == "note: 60 frames: the region is empty\n"
    assert "0% of the picture restyled" in done.out


@pytest.fixture
def interrupted(monkeypatch):
    """Send Ctrl-C when so many frames are done."""

    add = Pace.add

    def arrange(after, times=1):
        def counted(pace, record):
            add(pace, record)
            if record.number + 1 == after:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Pace, "add", counted)

    return arrange


def test_ctrl_c_keeps_what_there_is(video, here, interrupted):
    arguments = ("clip.mp4", "-s", "style.png", "--crf", "30")
    assert video(*arguments, "-o", "whole.mp4").code == 0
    interrupted(52)
    done = video(*arguments, "-o", "out.mp4")
    assert done.code == 130
    assert "stopping after this frame; press Ctrl-C again to leave without a clip" in done.err
    assert done.out.splitlines()[-1] == "this is the clip so far; to go on, run the same command with --resume"
    assert len(shown(here / "out.mp4")) == 52
    refused = video(*arguments, "-o", "out.mp4")
    assert refused.code == 3
    assert refused.err.endswith("exists already; choose another name, or allow it to be replaced (--force)\n")
    interrupted(-1)
    done = video(*arguments, "-o", "out.mp4", "--resume")
    assert done[::2] == (0, "")
    assert done.out.startswith("out.mp4: 12 frames")
    for one, other in zip(shown(here / "whole.mp4"), shown(here / "out.mp4"), strict=True):
        np.testing.assert_array_equal(one.planes[0], other.planes[0])
    assert not (here / "out.mp4.parts").exists()


def test_resume_finds_the_stopped_run_by_its_default_name(video, here, interrupted):
    (here / "clip-style.mp4").write_text("another result")
    interrupted(50)
    assert video("clip.mp4", "-s", "style.png").out.startswith("clip-style-2.mp4: ")
    interrupted(-1)
    assert video("clip.mp4", "-s", "style.png", "--resume").out.startswith("clip-style-2.mp4: 12 frames")


def test_a_second_ctrl_c(video, here, interrupted):
    interrupted(50, times=2)
    done = video("clip.mp4", "-s", "style.png", "-o", "out.mp4")
    assert done.code == 130
    assert "Traceback" not in done.err
    assert not (here / "out.mp4").exists()
    assert sorted(path.name for path in (here / "out.mp4.parts").iterdir() if path.suffix == ".mp4") == ["00000.mp4"]
    refused = video("clip.mp4", "-s", "style.png", "-o", "out.mp4")
    assert refused.code == 3
    assert "or allow it to be replaced (--resume)" in refused.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("none.mp4",), 2, "none.mp4: no such file"),
        (
            ("style.png", "-o", "out.mp4", "--from", "3"),
            2,
            "3 s is past the last frame, at 0.00 s; begin earlier (--from)",
        ),
        (("clip.mp4", "--from", "30"), 2, "clip.mp4: 30 s is past the last frame, at 2.36 s; begin earlier (--from)"),
        (("clip.mp4", "--from", "2", "--to", "1"), 2, "not after the beginning, 2 s; give a later one (--to)"),
        (("clip.mp4", "-o", "out.avi"), 3, "out.avi: unknown ending '.avi'; use .mp4, .m4v, .mov, .mkv or .webm"),
        (("clip.mp4", "-o", "out.webm"), 3, "out.webm: cannot hold the sound of clip.mp4 (aac)"),
        (("clip.mp4", "-o", "clip.mp4", "--force"), 3, "clip.mp4: also an input"),
        (("clip.mp4", "--resume"), 6, "there is no clip-style.mp4.parts to go on from; start anew"),
        (("clip.mp4", "--crf", "60"), 2, "crf should be between 0 and 51, got 60"),
        (("clip.mp4", "--iterations", "4"), 2, "iterations"),
        (("clip.mp4", "--masks", "none"), 2, "none: no such file"),
    ],
)
def test_refusals(video, arguments, code, message):
    done = video(*arguments, "-s", "style.png")
    assert done.code == code
    assert done.out == ""
    assert done.err.count("\n") == 1
    assert message in done.err


def test_without_a_style(video):
    done = video("clip.mp4")
    assert done.code == 2
    assert done.err == "sfumato: a style is missing; give --style PICTURE, or --network FILE.sfm\n"


def test_progress(video, monkeypatch):
    from sfumato.cli import progress

    monkeypatch.setattr(progress, "_BETWEEN", 0.0)
    done = video("clip.mp4", "-s", "style.png", "-o", "out.mp4")
    lines = done.err.splitlines()
    assert len(lines) == 60
    assert lines[0] == "  2% frame 1 of 60"
    assert lines[-1].startswith("100% frame 60 of 60, ")
    assert lines[-1].endswith(" frames a second, 0 s left")


def test_pace(monkeypatch):
    """Four frames a second, measured over the last minute."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    pace = Pace()
    for number in range(1000):
        pace.add(FrameRecord(number, 1200, number / 25, number % 100 == 0, 0.5))
        now[0] += 1.0 if number < 500 else 0.25
    assert pace.per_second == pytest.approx(4)
    assert pace.seconds_left == pytest.approx(50)
    assert (pace.done, pace.cuts, pace.coverage) == (1000, 10, 0.5)


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"needs the clips in {SHARED}")
def test_a_real_clip(here, arbitrary):
    """The whole way, in a process of its own: outside the region, the samples stay."""
    source = SHARED / "carphone_pristine.mp4"
    line = ["video", source, "-s", "style.png", "-r", "rect(0, 0, 50%, 50%)", "--feather", "0", "--lossless"]
    command = [sys.executable, "-m", "sfumato", *map(str, line), "-o", "out.mp4", "--to", "0.3", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["frames"] == 9
    for before, after in zip(shown(source)[:9], shown(here / "out.mp4"), strict=True):
        assert before.time == after.time
        for one, other in zip(before.planes, after.planes, strict=True):
            np.testing.assert_array_equal(outside(one), outside(other))
            rows, columns = one.shape[0] // 2, one.shape[1] // 2
            assert (one != other)[:rows, :columns].mean() > 0.8
