"""Runs that are killed or stopped, and go on afterwards."""

import json
import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from video_clips import av, clip, inverted, packets, quarter, shown

from sfumato.errors import CheckpointError, InputError, OutputError
from sfumato.recipe import Recipe
from sfumato.video import work
from sfumato.video.options import VideoOptions
from sfumato.video.parts import Parts

FRAMES = 130  # two parts and a bit
LOSSY = VideoOptions(crf=30)


@pytest.fixture
def source(tmp_path):
    stamps = [3 * number**2 for number in range(5, 5 + FRAMES)]
    return clip(tmp_path / "in.mp4", FRAMES, size=(48, 32), sound="aac", stamps=stamps)


@pytest.fixture
def whole(restyled, source, tmp_path):
    """The result of a run that nobody disturbed."""
    list(restyled(source, tmp_path / "whole.mp4", options=LOSSY))
    return shown(tmp_path / "whole.mp4")


def same(path, whole):
    """Whether a file holds the same frames, and the same sound."""
    found = shown(path)
    assert [frame.time for frame in found] == [frame.time for frame in whole]
    for one, other in zip(found, whole, strict=True):
        for plane, expected in zip(one.planes, other.planes, strict=True):
            np.testing.assert_array_equal(plane, expected)
    assert packets(path, "audio") == packets(path.with_name("whole.mp4"), "audio")
    return True


KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from video_clips import inverted
from sfumato.recipe import Recipe
from sfumato.video.options import VideoOptions
from sfumato.video.run import plan
from sfumato.video.work import carried_out

recipe = Recipe.load(Path({folder!r}) / "recipe.toml")
job = plan(Path({folder!r}) / "in.mp4", recipe, Path({folder!r}) / "out.mp4", options=VideoOptions(crf=30))
for record in carried_out(job, painter=inverted):
    if record.number == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="sends SIGKILL")
@pytest.mark.parametrize("at", [3, 48, 60, 120])
def test_killed(restyled, recipe, source, whole, tmp_path, at):
    (tmp_path / "recipe.toml").write_text(recipe.to_toml())
    code = KILLED.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path), at=at)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert not (tmp_path / "out.mp4").exists()
    folder = tmp_path / "out.mp4.parts"
    kept = at // 48 * 48
    # What is there can be played, part by part.
    listed = (folder / "play.m3u").read_text().splitlines() if kept else []
    assert sum(len(shown(folder / name)) for name in listed) == kept
    done = list(restyled(source, tmp_path / "out.mp4", options=LOSSY, resume=True))
    assert [record.number for record in done] == list(range(kept, FRAMES))
    assert same(tmp_path / "out.mp4", whole)
    assert not folder.exists()


@pytest.mark.parametrize("at", [1, 48, 49, 100])
def test_left(restyled, source, whole, tmp_path, at):
    """An iterator that is closed leaves a file with what there is, and its sound; then it goes on."""
    records = restyled(source, tmp_path / "out.mp4", options=LOSSY)
    list(islice(records, at))
    records.close()
    found = shown(tmp_path / "out.mp4")
    assert [frame.time for frame in found] == [frame.time for frame in whole[:at]]
    heard = packets(tmp_path / "out.mp4", "audio")
    assert heard == [each for each in packets(source, "audio") if each[2] < found[-1].time + found[-1].lasts]
    states = [path.name for path in (tmp_path / "out.mp4.parts").glob("state-*")]
    assert states == [f"state-{at // 48 - 1:05}.npz"] * (at >= 48)
    given = []

    def watched(*others, state, **more):
        given.append(state)
        return inverted(*others, state=state, **more)

    done = list(restyled(source, tmp_path / "out.mp4", options=LOSSY, resume=True, painter=watched))
    assert [state and int(state["count"]) for state in given] == [at // 48 * 48 or None]
    assert done[0].number == at // 48 * 48
    assert same(tmp_path / "out.mp4", whole)


def test_a_painter_is_closed_before_the_file_is_written(restyled, source, tmp_path):
    """It may work ahead, in threads of its own."""
    closed = []

    def watched(*others, **more):
        try:
            yield from inverted(*others, **more)
        finally:
            closed.append((tmp_path / "out.mp4").exists())

    kept = []  # a reference, so that nothing else closes it

    def remembered(*others, **more):
        kept.append(watched(*others, **more))
        return kept[0]

    records = restyled(source, tmp_path / "out.mp4", painter=remembered)
    next(records)
    records.close()
    assert closed == [False]


def test_left_before_the_first_frame(restyled, source, tmp_path):
    records = restyled(source, tmp_path / "out.mp4")
    records.close()
    assert not (tmp_path / "out.mp4").exists()


def without_state(frames, *others, **more):
    """A painter whose shots of 30 frames do not depend on each other, and which has no state."""
    from sfumato.video.painters import Painted

    assert more["state"] is None
    for number, frame in enumerate(frames):
        alpha = quarter(frame.shape[:2])
        yield Painted(np.full(frame.shape, 0.03 * (number % 30), np.float32), alpha, number % 30 == 0)


def test_without_a_state_the_shot_is_painted_again(restyled, source, tmp_path):
    seen = []

    def counted(frames, *others, **more):
        return without_state((seen.append(1) or frame for frame in frames), *others, **more)

    given = {"painter": counted, "options": LOSSY}
    list(restyled(source, tmp_path / "whole.mp4", **given))
    list(islice(restyled(source, tmp_path / "out.mp4", **given), 50))
    seen.clear()
    done = list(restyled(source, tmp_path / "out.mp4", resume=True, **given))
    assert len(seen) == FRAMES - 30
    assert [(record.number, record.cut) for record in done] == [(n, n % 30 == 0) for n in range(48, FRAMES)]
    assert same(tmp_path / "out.mp4", shown(tmp_path / "whole.mp4"))


def test_a_part_and_masks(restyled, tmp_path):
    """Of a part of the clip, with masks given, and stopped."""
    source = clip(tmp_path / "in.mp4", 120, size=(32, 32))

    def white(number):
        return np.full((32, 32, 3), 255 if number % 3 else 0, np.uint8)

    masks = clip(tmp_path / "masks.mp4", 120, size=(32, 32), picture=white, options={"qp": "1"})
    given = {"options": LOSSY, "masks": masks, "begin": 0.8, "end": 4.4}
    done = list(restyled(source, tmp_path / "whole.mp4", **given))
    assert [record.coverage for record in done] == [float(number % 3 > 0) for number in range(20, 110)]
    list(islice(restyled(source, tmp_path / "out.mp4", **given), 60))
    resumed = list(restyled(source, tmp_path / "out.mp4", resume=True, **given))
    assert resumed == done[48:]
    assert same(tmp_path / "out.mp4", shown(tmp_path / "whole.mp4"))


def test_stopped_after_the_last_part(restyled, source, whole, tmp_path, monkeypatch):
    def full(*given, **more):
        raise OutputError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(work, "join", full)
        with pytest.raises(OutputError, match="disk is full"), pytest.warns(match="holds the first 130 frames"):
            list(restyled(source, tmp_path / "out.mp4", options=LOSSY))

    def painter(*given, **more):
        raise AssertionError("there is nothing left to paint")

    assert list(restyled(source, tmp_path / "out.mp4", options=LOSSY, resume=True, painter=painter)) == []
    assert same(tmp_path / "out.mp4", whole)


def test_an_error_of_the_painter_keeps_the_parts(restyled, source, whole, tmp_path):
    def failing(frames, *others, **more):
        yield from islice(inverted(frames, *others, **more), 70)
        raise InputError("no more")

    kept = r"out.mp4.parts holds the first 48 frames; resume the run to go on from there"
    with pytest.raises(InputError, match="no more"), pytest.warns(match=kept):
        list(restyled(source, tmp_path / "out.mp4", options=LOSSY, painter=failing))
    assert not (tmp_path / "out.mp4").exists()
    assert sorted(path.name for path in (tmp_path / "out.mp4.parts").iterdir()) == [
        "00000.json",
        "00000.mp4",
        "job.json",
        "play.m3u",
        "state-00000.npz",
    ]
    list(restyled(source, tmp_path / "out.mp4", options=LOSSY, resume=True))
    assert same(tmp_path / "out.mp4", whole)


def test_slow_methods_have_shorter_parts(restyled, source, tmp_path, recipe):
    slow = Recipe.from_options(style=recipe.layers[0].styles[0].image)
    list(islice(restyled(source, tmp_path / "out.mp4", recipe=slow), 30))
    assert json.loads((tmp_path / "out.mp4.parts" / "00001.json").read_text())["frames"] == 12


def test_the_parts_of_a_stopped_run_are_not_thrown_away(restyled, source, tmp_path):
    list(islice(restyled(source, tmp_path / "out.mp4"), 50))
    (tmp_path / "out.mp4").unlink()
    with pytest.raises(OutputError, match="holds a run that was stopped") as refused:
        restyled(source, tmp_path / "out.mp4")
    assert refused.value.option == "resume"
    assert len(list(restyled(source, tmp_path / "out.mp4", overwrite=True))) == FRAMES
    assert not (tmp_path / "out.mp4.parts").exists()


@pytest.mark.parametrize("change", ["options", "clip", "recipe", "part"])
def test_another_job(restyled, recipe, source, tmp_path, change):
    list(islice(restyled(source, tmp_path / "out.mp4", options=LOSSY), 50))
    given = {"options": LOSSY}
    if change == "options":
        given = {"options": VideoOptions(crf=31)}
    elif change == "clip":
        source = clip(tmp_path / "in.mp4", FRAMES, size=(48, 32), seed=1)
    elif change == "recipe":
        given["recipe"] = Recipe.from_options(style=recipe.layers[0].styles[0].image, method="fast", strength=0.5)
    else:
        given["begin"] = 0.5
    with pytest.raises(CheckpointError, match="belongs to another clip, recipe or options"):
        restyled(source, tmp_path / "out.mp4", resume=True, **given)
    assert (tmp_path / "out.mp4.parts" / "00000.mp4").exists()


def test_nothing_to_resume(restyled, source, tmp_path):
    with pytest.raises(CheckpointError, match=r"there is no .*out.mp4.parts to go on from; start anew"):
        restyled(source, tmp_path / "out.mp4", resume=True)


@pytest.mark.parametrize("damage", ["job.json", "00000.json"])
def test_a_damaged_folder(restyled, source, tmp_path, damage):
    list(islice(restyled(source, tmp_path / "out.mp4"), 50))
    (tmp_path / "out.mp4.parts" / damage).write_text("{")
    with pytest.raises(CheckpointError, match=r"out.mp4.parts is damaged; remove it and start anew"):
        restyled(source, tmp_path / "out.mp4", resume=True)


def test_a_damaged_state_is_not_used(restyled, source, tmp_path):
    """The shot is then painted again, from its beginning."""
    given = {"options": LOSSY}
    list(restyled(source, tmp_path / "whole.mp4", **given))
    list(islice(restyled(source, tmp_path / "out.mp4", **given), 50))
    (tmp_path / "out.mp4.parts" / "state-00000.npz").write_bytes(b"PK")
    done = list(restyled(source, tmp_path / "out.mp4", resume=True, **given))
    assert done[0].number == 48
    assert same(tmp_path / "out.mp4", shown(tmp_path / "whole.mp4"))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "out.mp4.parts").write_text("a file")
    with pytest.raises(OutputError, match=r"out.mp4.parts: cannot be made"):
        Parts(tmp_path / "out.mp4", "").begin()


def test_the_container_of_parts_is_one_that_players_know(restyled, source, tmp_path):
    list(islice(restyled(source, tmp_path / "out.mkv"), 50))
    with av.open(str(tmp_path / "out.mkv.parts" / "00000.mp4")) as container:
        assert container.format.name.startswith("mov,mp4")
        assert container.streams.video[0].codec_context.name == "h264"
