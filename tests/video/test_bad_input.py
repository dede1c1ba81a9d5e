"""Clips and options that cannot be used, and clips that are damaged."""

import sys
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from video_clips import av, clip, inverted, outside, shown

from sfumato.errors import (
    InputError,
    OutputError,
    RecipeError,
    SfumatoError,
    SfumatoWarning,
    listening,
)
from sfumato.video.options import VideoOptions

__all__ = []


def test_no_such_file(restyled, tmp_path):
    with pytest.raises(InputError, match=r"none.mp4: no such file; give a video file"):
        restyled(tmp_path / "none.mp4", tmp_path / "out.mp4")
    with pytest.raises(InputError, match=r"not a file; give a video file"):
        restyled(tmp_path, tmp_path / "out.mp4")


def test_no_video(restyled, tmp_path):
    (tmp_path / "notes.mp4").write_text("milk\n" * 100)
    with pytest.raises(InputError, match=r"notes.mp4: cannot be read as a video: invalid data"):
        restyled(tmp_path / "notes.mp4", tmp_path / "out.mp4")


def test_no_video_stream(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 10, sound="aac")
    with av.open(str(source)) as given, av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as out:
        copy = out.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(audio=0):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    with pytest.raises(InputError, match=r"song.m4a: has no video stream; give a file that has one"):
        restyled(tmp_path / "song.m4a", tmp_path / "out.mp4")


def test_a_cover_is_no_video_stream(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 10, sound="aac")
    with av.open(str(source)) as given, av.open(str(tmp_path / "song.m4a"), "w", format="mp4") as out:
        copy = out.add_stream_from_template(given.streams.audio[0])
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        out.mux(cover.encode(av.VideoFrame(32, 32, "yuvj420p")))
        for packet in given.demux(audio=0):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    with av.open(str(tmp_path / "song.m4a")) as song:
        assert len(song.streams.video) == 1
    with pytest.raises(InputError, match=r"song.m4a: has no video stream"):
        restyled(tmp_path / "song.m4a", tmp_path / "out.mp4")


def test_a_stream_without_frames(restyled, tmp_path):
    source = clip(tmp_path / "full.mkv", 10, sound="aac")
    with av.open(str(source)) as given, av.open(str(tmp_path / "in.mkv"), "w") as out:
        copies = [out.add_stream_from_template(stream) for stream in given.streams]
        for packet in given.demux(audio=0):
            if packet.size:
                packet.stream = copies[1]
                out.mux(packet)
    with pytest.raises(InputError, match="its video stream has no frames; it may be damaged"):
        restyled(tmp_path / "in.mkv", tmp_path / "out.mp4")


@pytest.mark.parametrize("at_once", [True, False])
def test_a_refusal_before_the_first_frame_leaves_nothing(restyled, tmp_path, at_once):
    source = clip(tmp_path / "in.mp4", 3)

    def refusing(frames, *others, **more):
        if at_once:
            raise RecipeError("the method photo paints no videos")
        return late()

    def late():
        raise RecipeError("the method photo paints no videos")
        yield

    with pytest.raises(RecipeError, match="paints no videos"):
        list(restyled(source, tmp_path / "out.mp4", painter=refusing))
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4", "style.png"}


@pytest.mark.parametrize(
    ("given", "message", "option"),
    [
        ({"begin": 30}, r"30 s is past the last frame, at 0.36 s; begin earlier", "from"),
        ({"begin": 0.361}, r"0.361 s is past the last frame", "from"),
        ({"begin": 0.21, "end": 0.22}, r"0.21 s is between two frames", "from"),
        ({"begin": -1}, r"a clip cannot begin at -1 s", "from"),
        ({"begin": 0.2, "end": 0.2}, r"the end, 0.2 s, is not after the beginning, 0.2 s", "to"),
        ({"end": 0}, r"the end, 0 s, is not after the beginning", "to"),
    ],
)
def test_a_part_that_is_not_there(restyled, tmp_path, given, message, option):
    source = clip(tmp_path / "in.mp4", 10)
    with pytest.raises(InputError, match=message) as refused:
        restyled(source, tmp_path / "out.mp4", **given)
    assert refused.value.option == option


@pytest.mark.parametrize("name", ["out.avi", "out.gif", "out", "out.png"])
def test_no_encoder_for_a_name(restyled, tmp_path, name):
    source = clip(tmp_path / "in.mp4", 3)
    with pytest.raises(OutputError, match=r"unknown ending .* use .mp4, .m4v, .mov, .mkv or .webm, for which there is"):
        restyled(source, tmp_path / name)


def test_more_bits_than_an_encoder_writes(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 3, layout="yuv420p10le")
    with pytest.raises(OutputError, match=r"out.webm: its encoder cannot write 10 bits .* name it .mp4 or .mkv"):
        list(restyled(source, tmp_path / "out.webm"))


@pytest.mark.parametrize(
    ("ending", "sound", "subtitles", "target", "message"),
    [
        ("mp4", "aac", None, "webm", r"cannot hold the sound of .*in.mp4 \(aac\); give a name that ends in .mp4"),
        ("mp4", None, "mov_text", "mkv", r"cannot hold the subtitles of .* \(mov_text\); .* ends in .mp4"),
        ("mkv", "flac", None, "webm", r"cannot hold the sound of .*in.mkv \(flac\); give a name that ends in .mkv"),
        ("mkv", None, "subrip", "mp4", r"cannot hold the subtitles of .* \(\w+\); give a name that ends in .mkv"),
    ],
)
def test_streams_that_a_container_cannot_hold(restyled, tmp_path, ending, sound, subtitles, target, message):
    source = clip(tmp_path / f"in.{ending}", 10, sound=sound, subtitles=subtitles)
    with pytest.raises(OutputError, match=message):
        restyled(source, tmp_path / f"out.{target}")
    assert not (tmp_path / f"out.{target}.parts").exists()


def test_other_streams_are_left_out_and_said(restyled, tmp_path):
    source = clip(tmp_path / "plain.mkv", 3)
    with av.open(str(source)) as given, av.open(str(tmp_path / "in.mkv"), "w") as out:
        copy = out.add_stream_from_template(given.streams.video[0])
        out.add_attachment("font.ttf", "application/x-truetype-font", b"nothing")
        for packet in given.demux():
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    with pytest.warns(SfumatoWarning, match=r"in.mkv: stream 1 \(attachment\) is left out"):
        list(restyled(tmp_path / "in.mkv", tmp_path / "out.mkv"))
    assert len(shown(tmp_path / "out.mkv")) == 3


def backwards(path):
    """Write a clip of which two seconds come twice, as recorders of streams leave them; return its path."""
    source = clip(path.with_name("plain.mkv"), 50, bframes=0)
    with av.open(str(source)) as given, av.open(str(path), "w", format="mpegts") as out:
        copy = out.add_stream_from_template(given.streams.video[0])
        found = [packet for packet in given.demux(video=0) if packet.size]
        for packet in found:
            packet.stream = copy
            out.mux(packet)
    once = path.read_bytes()
    path.write_bytes(once + once)
    return path


def test_time_stamps_that_go_backwards(restyled, tmp_path):
    source = backwards(tmp_path / "in.ts")
    with pytest.raises(InputError, match=r"in.ts: its time stamps go backwards at .* s; write it again with new ones"):
        restyled(source, tmp_path / "out.mp4")


def test_frames_for_the_same_moment(restyled, tmp_path):
    """In a container that counts milliseconds, two frames may have the same one; the second is never seen."""
    stamps = [0, 1000, 1004, 2000, 3000]
    source = clip(tmp_path / "in.mkv", 5, time_base=Fraction(1, 12800), stamps=stamps, bframes=0)
    done = [(record.number, record.frames) for record in restyled(source, tmp_path / "out.mkv")]
    assert done == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert [frame.time for frame in shown(tmp_path / "out.mkv")] == sorted({frame.time for frame in shown(source)})


@pytest.mark.parametrize("what", ["zeros", "noise"])
def test_damaged_in_the_middle(restyled, tmp_path, what):
    """What can be read is kept, and at its time; what cannot be read is told."""
    source = clip(tmp_path / "in.mp4", 60, size=(96, 64), options={"g": "10", "x264-params": "threads=1"})
    times = {frame.time for frame in shown(source)}
    content = bytearray(source.read_bytes())
    middle, length = len(content) // 2, len(content) // 10
    noise = np.random.default_rng(0).integers(0, 256, length, np.uint8).tobytes()
    content[middle : middle + length] = bytes(length) if what == "zeros" else noise
    source.write_bytes(content)
    said = []
    with listening(said.append):
        done = list(restyled(source, tmp_path / "out.mp4"))
    (note,) = said
    assert note.startswith("the clip is damaged: ")
    assert note.endswith("; what can be read is kept")
    assert "packet" in note
    assert ", the first at 1." in note
    after = shown(tmp_path / "out.mp4")
    assert 40 <= len(after) == len(done) < 60
    assert {frame.time for frame in after} < times
    for one, other in zip(shown_whole(source), after, strict=True):
        np.testing.assert_array_equal(outside(one), outside(other.planes[0]))


def shown_whole(path):
    """Luma of all frames that can be decoded."""
    found = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            try:
                found += [frame.to_ndarray()[: frame.height] for frame in packet.decode()]
            except av.error.InvalidDataError:
                continue
    return found


def test_a_file_that_ends_early(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 60, bframes=0, container={"movflags": "faststart"}, sound="aac")
    content = source.read_bytes()
    source.write_bytes(content[: len(content) * 2 // 3])
    said = []
    with listening(said.append):
        done = list(restyled(source, tmp_path / "out.mp4"))
    assert 10 < len(done) < 60
    assert len(shown(tmp_path / "out.mp4")) == len(done)
    assert any(f"it ends after {len(done)} of 60 frames" in note or "of 60 frames" in note for note in said), said


def test_a_size_that_changes(restyled, tmp_path):
    """Two clips of different sizes in one stream, as recorders of streams leave them."""
    parts = []
    for number, size in enumerate([(64, 48), (32, 32)]):
        stamps = [3600 * each + 36000 * number for each in range(10)]
        path = clip(tmp_path / f"{number}.ts", size=size, stamps=stamps, time_base=Fraction(1, 90000), bframes=0)
        parts.append(path.read_bytes())
    (tmp_path / "in.ts").write_bytes(b"".join(parts))
    said = []
    with listening(said.append):
        done = list(restyled(tmp_path / "in.ts", tmp_path / "out.mp4"))
    assert len(done) == 10
    assert "the size of the picture changes at" in said[-1]


def test_a_region_that_vanishes(restyled, tmp_path):
    """The frame is passed on as it is."""

    def painter(frames, *others, **more):
        for number, painted in enumerate(inverted(frames, *others, **more)):
            empty = np.zeros_like(painted.alpha)
            yield painted if number % 2 else type(painted)(painted.picture, empty, False, ("the region is empty",))

    source = clip(tmp_path / "in.mp4", 6)
    notes = [record.notes for record in restyled(source, tmp_path / "out.mp4", painter=painter)]
    assert notes == [("the region is empty",), ()] * 3
    for number, (before, after) in enumerate(zip(shown(source), shown(tmp_path / "out.mp4"), strict=True)):
        for one, other in zip(before.planes, after.planes, strict=True):
            assert np.array_equal(one, other) == (number % 2 == 0)


def test_too_few_masks(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 10)
    (tmp_path / "masks").mkdir()
    for number in range(7):
        Image.new("L", (64, 48), 255).save(tmp_path / "masks" / f"{number}.png")
    with pytest.raises(InputError, match=r"masks: has 7 masks, and the clip 10 frames; give one for each frame"):
        restyled(source, tmp_path / "out.mp4", masks=tmp_path / "masks")
    assert len(list(restyled(source, tmp_path / "out.mp4", masks=tmp_path / "masks", end=0.28))) == 7


def test_no_masks_in_a_folder(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 3)
    (tmp_path / "masks").mkdir()
    with pytest.raises(InputError, match=r"masks: there are no pictures in this folder"):
        restyled(source, tmp_path / "out.mp4", masks=tmp_path / "masks")


def test_masks_of_another_size(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 3)
    masks = clip(tmp_path / "masks.mp4", 3, size=(32, 32))
    with pytest.raises(InputError, match=r"masks.mp4: its masks have 32×32 pixels, the clip 64×48; make both the same"):
        list(restyled(source, tmp_path / "out.mp4", masks=masks))


def test_output_over_the_input(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 3)
    with pytest.raises(OutputError, match="also an input"):
        restyled(source, source, overwrite=True)
    (tmp_path / "out.mp4").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        restyled(source, tmp_path / "out.mp4")
    assert len(list(restyled(source, tmp_path / "out.mp4", overwrite=True))) == 3
    assert len(shown(tmp_path / "out.mp4")) == 3


def test_a_style_that_is_missing(restyled, tmp_path, recipe):
    source = clip(tmp_path / "in.mp4", 3)
    (tmp_path / "style.png").unlink()
    with pytest.raises(InputError, match=r"style.png: no such file"):
        restyled(source, tmp_path / "out.mp4", recipe=recipe)


def test_without_pyav(restyled, tmp_path, monkeypatch):
    source = clip(tmp_path / "in.mp4", 3)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(SfumatoError, match=r'video needs PyAV; run: pip install "sfumato\[video\]"'):
        restyled(source, tmp_path / "out.mp4")


def test_frames_that_cannot_be_decoded(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 5, container={"movflags": "faststart"})
    content = bytearray(source.read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = bytes(len(content) - start)
    source.write_bytes(content)
    with pytest.raises(InputError, match="none of its frames can be decoded; it may be damaged"):
        list(restyled(source, tmp_path / "out.mp4"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"keyframes": -1}, "keyframes should be at least 0, got -1"),
        ({"keyframes": 24, "every_frame": True}, "keyframes 24 and every_frame exclude each other"),
        ({"masks_every": 0}, "masks_every should be at least 1, got 0"),
        ({"steadiness": 1.0}, "steadiness should be at least 0 and below 1, got 1"),
        ({"steadiness": -0.1}, "steadiness should be at least 0 and below 1, got -0.1"),
        ({"crf": 52}, "crf should be between 0 and 51, got 52"),
    ],
)
def test_options(given, message):
    with pytest.raises(RecipeError, match=message):
        VideoOptions(**given)
