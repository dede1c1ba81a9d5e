"""What of a clip is kept: time stamps, samples outside the region, rotation, colors, sound and subtitles."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from video_clips import av, clip, inverted, outside, packets, shown

from sfumato.video.options import VideoOptions

UNEVEN = [0, 512, 1024, 1037, 2048, 2100, 4096, 9000, 9030, 9100]
MILLISECOND = Fraction(1, 1000)
NTSC = [1001 * number for number in range(10)]


def drained(records):
    return list(records)


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize(
    ("time_base", "stamps"),
    [
        (Fraction(1, 12800), None),
        (Fraction(1, 12800), UNEVEN),
        (Fraction(1, 30000), NTSC),
        (Fraction(1, 90000), [stamp * 7 + 1234 for stamp in UNEVEN]),
        (Fraction(1, 1000), [0, 40, 81, 120, 333, 334]),
    ],
)
@pytest.mark.parametrize("bframes", [0, 3])
def test_time_stamps(restyled, tmp_path, ending, time_base, stamps, bframes):
    source = clip(
        tmp_path / f"in.{ending}", len(stamps or range(10)), time_base=time_base, stamps=stamps, bframes=bframes
    )
    before = shown(source)
    done = drained(restyled(source, tmp_path / f"out.{ending}"))
    after = shown(tmp_path / f"out.{ending}")
    assert [frame.time for frame in after] == [frame.time for frame in before]
    assert len(done) == len(before)
    lasting = [later.time - frame.time for frame, later in itertools.pairwise(before)]
    if ending != "mkv":  # which rounds durations
        assert [frame.lasts for frame in after[:-1]] == lasting
    if not bframes:  # else the reader takes durations from the order of decoding
        assert after[-1].lasts == before[-1].lasts


def test_the_clips_have_what_they_are_to_test(tmp_path):
    with av.open(str(clip(tmp_path / "in.mp4", 20, bframes=3))) as container:
        stamps = [packet.pts for packet in container.demux(video=0) if packet.pts is not None]
    assert stamps != sorted(stamps)


def test_parts_join_without_a_seam(restyled, tmp_path):
    """More frames than a part has, at uneven distances."""
    steps = np.random.default_rng(0).integers(1, 1000, 130)
    source = clip(tmp_path / "in.mp4", 130, size=(32, 32), stamps=[int(each) for each in np.cumsum(steps)])
    done = drained(restyled(source, tmp_path / "out.mp4"))
    before, after = shown(source), shown(tmp_path / "out.mp4")
    assert [record.number for record in done] == list(range(130))
    assert [frame.time for frame in after] == [frame.time for frame in before]
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(outside(one.planes[0]), outside(other.planes[0]))


@pytest.mark.parametrize("layout", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuvj420p"])
def test_samples_outside_the_region(restyled, tmp_path, layout):
    source = clip(tmp_path / "in.mp4", 5, layout=layout)
    drained(restyled(source, tmp_path / "out.mp4"))
    for before, after in zip(shown(source), shown(tmp_path / "out.mp4"), strict=True):
        for one, other in zip(before.planes, after.planes, strict=True):
            np.testing.assert_array_equal(outside(one), outside(other))
        assert after.frame.format.name.replace("yuvj", "yuv") == layout.replace("yuvj", "yuv")
        rows, columns = (side // 2 for side in before.planes[0].shape)
        changed = before.planes[0] != after.planes[0]
        assert changed[:rows, :columns].mean() > 0.9


def test_lossless_is_what_was_blended(restyled, tmp_path):
    """The decoded file holds the very samples that a computation of its own finds."""
    source = clip(tmp_path / "in.mp4", 3, size=(32, 32), layout="yuv444p", color={"colorspace": 1, "color_range": 1})

    def gray(frames, *others, **more):
        from sfumato.video.painters import Painted

        for frame in frames:
            alpha = np.full(frame.shape[:2], 0.25, np.float32)
            yield Painted(np.full(frame.shape, 0.5, np.float32), alpha, True)

    drained(restyled(source, tmp_path / "out.mp4", painter=gray))
    for before, after in zip(shown(source), shown(tmp_path / "out.mp4"), strict=True):
        for one, other, middle in zip(before.planes, after.planes, (16 + 219 / 2, 128, 128), strict=True):
            np.testing.assert_allclose(other, 0.75 * one + 0.25 * middle, atol=0.51)


def test_with_loss_the_file_is_smaller_and_looks_the_same(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 8, size=(128, 96))
    drained(restyled(source, tmp_path / "whole.mp4"))
    drained(restyled(source, tmp_path / "small.mp4", options=VideoOptions(crf=20)))
    assert (tmp_path / "small.mp4").stat().st_size < 0.6 * (tmp_path / "whole.mp4").stat().st_size
    one, other = (shown(tmp_path / name)[4].planes[0].astype(float) for name in ("whole.mp4", "small.mp4"))
    assert 0 < np.abs(one - other).mean() < 6


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48)])
def test_odd_sizes(restyled, tmp_path, size):
    source = clip(tmp_path / "in.mkv", 4, size=size, codec="ffv1")
    assert shown(source)[0].planes[1].shape == (-(-size[1] // 2), -(-size[0] // 2))
    drained(restyled(source, tmp_path / "out.mp4"))
    for before, after in zip(shown(source), shown(tmp_path / "out.mp4"), strict=True):
        assert (after.frame.width, after.frame.height) == size
        np.testing.assert_array_equal(outside(before.planes[0]), outside(after.planes[0]))
        rows, columns = np.indices(after.planes[0].shape)
        for one, other in zip(before.planes[1:], after.planes[1:], strict=True):
            np.testing.assert_array_equal(outside(one[rows // 2, columns // 2]), outside(other))


@pytest.mark.parametrize("layout", ["yuv420p", "yuv422p"])
@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_rotation_turns_the_pixels(restyled, tmp_path, layout, rotation, turns):
    source = clip(tmp_path / "in.mp4", 4, rotation=rotation, layout=layout, aspect=Fraction(4, 3))
    drained(restyled(source, tmp_path / "out.mp4"))
    for before, after in zip(shown(source), shown(tmp_path / "out.mp4"), strict=True):
        assert before.frame.rotation == rotation or abs(rotation) == abs(before.frame.rotation) == 180
        assert after.frame.rotation == 0
        turned = np.rot90(before.planes[0], turns)
        np.testing.assert_array_equal(outside(turned), outside(after.planes[0]))
        for one, other in zip(before.planes[1:], after.planes[1:], strict=True):
            one = np.rot90(one, turns)
            down, across = (a // b for a, b in zip(other.shape, one.shape, strict=True))
            np.testing.assert_array_equal(outside(one.repeat(down, 0).repeat(across, 1)), outside(other))
    with av.open(str(tmp_path / "out.mp4")) as container:
        aspect = container.streams.video[0].sample_aspect_ratio
    assert aspect == (Fraction(4, 3) if turns == 2 else Fraction(3, 4))


def test_which_way_a_rotation_goes(restyled, tmp_path):
    """A white stripe at the left of what is stored lies at the bottom after a quarter turn against the clock."""
    stripe = np.zeros((48, 64, 3), np.uint8)
    stripe[:, :8] = 255
    source = clip(tmp_path / "in.mp4", 2, rotation=90, picture=lambda number: stripe)

    def nothing(frames, *others, **more):
        from sfumato.video.painters import Painted

        for frame in frames:
            assert frame[-8:].mean() > 200
            assert frame[:-8].mean() < 20
            yield Painted(frame.astype(np.float32), np.zeros(frame.shape[:2], np.float32), False)

    assert len(drained(restyled(source, tmp_path / "out.mp4", painter=nothing))) == 2


TAGS = ("color_range", "colorspace", "color_primaries", "color_trc")


@pytest.mark.parametrize("values", [(1, 1, 1, 1), (2, 9, 9, 16), (1, 6, 5, 6), (0, 2, 2, 2)])
@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_color_tags(restyled, tmp_path, values, ending):
    color = dict(zip(TAGS, values, strict=True))
    source = clip(tmp_path / f"in.{ending}", 2, color=color)
    drained(restyled(source, tmp_path / f"out.{ending}"))
    for path in (source, tmp_path / f"out.{ending}"):
        assert tuple(int(getattr(shown(path)[1].frame, name)) for name in TAGS) == values


@pytest.mark.parametrize(
    ("ending", "sound", "subtitles"), [("mp4", "aac", "mov_text"), ("mkv", "aac", "subrip"), ("mkv", "flac", "subrip")]
)
def test_sound_and_subtitles_are_copied(restyled, tmp_path, ending, sound, subtitles):
    source = clip(tmp_path / f"in.{ending}", 12, sound=sound, subtitles=subtitles)
    drained(restyled(source, tmp_path / f"out.{ending}"))
    for kind in ("audio", "subtitle"):
        before = packets(source, kind)
        assert len(before) > 1
        assert packets(tmp_path / f"out.{ending}", kind) == before


def test_languages_titles_and_chapters(restyled, tmp_path):
    source = clip(tmp_path / "plain.mkv", 12, sound="aac")
    with av.open(str(source)) as given, av.open(str(tmp_path / "in.mkv"), "w") as out:
        copies = [out.add_stream_from_template(stream) for stream in given.streams]
        copies[1].metadata["language"] = "fra"
        copies[1].disposition = av.stream.Disposition.hearing_impaired
        out.metadata["title"] = "a walk"
        out.set_chapters([{"id": 1, "start": 0, "end": 200, "time_base": MILLISECOND, "metadata": {"title": "one"}}])
        for packet in given.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                out.mux(packet)
    drained(restyled(tmp_path / "in.mkv", tmp_path / "out.mkv"))
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.audio[0].metadata["language"] == "fra"
        assert container.streams.audio[0].disposition == av.stream.Disposition.hearing_impaired
        assert container.metadata["title"] == "a walk"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["one"]


def test_a_part_of_a_clip(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 60, size=(32, 32), sound="aac", subtitles="mov_text", options={"g": "12"})
    done = drained(restyled(source, tmp_path / "out.mp4", begin=1.0, end=1.6))
    before, after = shown(source), shown(tmp_path / "out.mp4")
    assert len(done) == len(after) == 15
    assert [frame.time for frame in after] == [frame.time - 1 for frame in before[25:40]]
    for one, other in zip(before[25:40], after, strict=True):
        np.testing.assert_array_equal(outside(one.planes[0]), outside(other.planes[0]))
    heard = packets(source, "audio")
    expected = [(index, content, time - 1) for index, content, time in heard if 1 <= time < Fraction(8, 5)]
    got = packets(tmp_path / "out.mp4", "audio")
    assert [each[:2] for each in got] == [each[:2] for each in expected]
    for one, other in zip(got, expected, strict=True):
        assert abs(one[2] - other[2]) <= Fraction(1, 48000)


def test_a_part_from_the_start_keeps_its_stamps(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 20, sound="aac", stamps=[1000 + 512 * number for number in range(20)])
    drained(restyled(source, tmp_path / "out.mp4", end=0.4))
    assert [frame.time for frame in shown(tmp_path / "out.mp4")] == [frame.time for frame in shown(source)[:10]]
    assert packets(tmp_path / "out.mp4", "audio") == [
        each for each in packets(source, "audio") if each[2] < Fraction(1000 + 5120, 12800)
    ]


def test_webm(restyled, tmp_path):
    lossless = {"codec": "libvpx-vp9", "options": {"lossless": "1"}, "time_base": MILLISECOND}
    source = clip(tmp_path / "in.webm", 6, sound="libopus", **lossless)
    drained(restyled(source, tmp_path / "out.webm"))
    for before, after in zip(shown(source), shown(tmp_path / "out.webm"), strict=True):
        assert before.time == after.time
        np.testing.assert_array_equal(outside(before.planes[0]), outside(after.planes[0]))
    assert packets(tmp_path / "out.webm", "audio") == packets(source, "audio")


def test_the_look_ahead_of_a_painter(restyled, tmp_path):
    """A painter may read frames long before it says what becomes of them."""

    def ahead(frames, *others, **more):
        for group in iter(lambda: list(itertools.islice(frames, 7)), []):
            yield from inverted(iter(group), *others, **more)

    source = clip(tmp_path / "in.mp4", 30)
    drained(restyled(source, tmp_path / "out.mp4", painter=ahead))
    for before, after in zip(shown(source), shown(tmp_path / "out.mp4"), strict=True):
        assert before.time == after.time
        np.testing.assert_array_equal(outside(before.planes[0]), outside(after.planes[0]))


def test_records_and_previews(restyled, tmp_path):
    source = clip(tmp_path / "in.mp4", 4)
    for number, record in enumerate(restyled(source, tmp_path / "out.mp4")):
        assert (record.number, record.frames, record.cut, record.coverage) == (number, 4, number == 0, 0.25)
        assert record.seconds == pytest.approx(number / 25)
        picture = record.picture()
        assert picture.shape == (48, 64, 3)
        assert picture.dtype == np.float32
        assert 0 <= picture.min() < picture.max() <= 1
    assert {path.name for path in tmp_path.iterdir()} == {"in.mp4", "out.mp4", "style.png"}


def test_other_layouts_are_converted_and_said(restyled, tmp_path):
    from sfumato.errors import collecting

    source = clip(tmp_path / "in.mkv", 2, codec="ffv1", layout="bgr0")
    said = []
    with pytest.warns(match="converted from bgr0"), collecting(said):
        drained(restyled(source, tmp_path / "out.mkv"))
    before, after = (
        each.frame.to_ndarray(format="rgb24").astype(int) for each in (shown(source)[1], shown(tmp_path / "out.mkv")[1])
    )
    assert np.abs(before - after)[24:, 32:].mean() < 2
    source = clip(tmp_path / "gray.mkv", 2, codec="ffv1", layout="gray")
    drained(restyled(source, tmp_path / "out2.mkv"))
    np.testing.assert_array_equal(
        outside(shown(source)[1].planes[0]), outside(shown(tmp_path / "out2.mkv")[1].planes[0])
    )
