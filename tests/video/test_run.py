"""`sfumato.video.restyle`, and results that cannot be written."""

import errno
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from video_clips import av, clip, inverted, outside, shown

import sfumato
from sfumato.errors import OutputError, RecipeError
from sfumato.video import VideoOptions, painters
from sfumato.video.encoding import Encoding
from sfumato.video.parts import Parts
from sfumato.video.writer import PartWriter


@pytest.fixture
def asked(monkeypatch):
    """What the painter was asked for, and which network files were fetched."""
    seen = []

    def paint(frames, recipe, options, **more):
        seen.append((recipe, options, more))
        return inverted(frames, recipe, options, **more)

    monkeypatch.setattr(painters, "paint", paint)
    monkeypatch.setattr("sfumato.jobs.needs.fetch", lambda names: seen.append(list(names)))
    return seen


def test_a_recipe_file(asked, recipe, tmp_path):
    source = clip(tmp_path / "in.mp4", 10)
    (tmp_path / "dusk.toml").write_text(recipe.to_toml())
    options = VideoOptions(lossless=True, masks_every=7)
    records = sfumato.video.restyle(
        str(source), tmp_path / "dusk.toml", str(tmp_path / "out.mp4"), options=options, end=0.2, device="cpu"
    )
    assert asked == [["arbitrary-predict", "arbitrary-transform"]]
    assert [record.number for record in records] == [0, 1, 2, 3, 4]
    found, told, more = asked[1]
    assert (found, told) == (recipe, options)
    assert (more["folder"], more["device"], more["precision"]) == (tmp_path, "cpu", "auto")
    for before, after in zip(shown(source)[:5], shown(tmp_path / "out.mp4"), strict=True):
        np.testing.assert_array_equal(outside(before.planes[0]), outside(after.planes[0]))


def test_a_recipe(asked, recipe, tmp_path):
    source = clip(tmp_path / "in.mp4", 3)
    assert len(list(sfumato.video.restyle(source, recipe, tmp_path / "out.mp4"))) == 3
    assert asked[1][1] == VideoOptions()
    assert asked[1][2]["folder"] is None


def test_a_recipe_that_cannot_be_read(tmp_path):
    (tmp_path / "dusk.toml").write_text("[")
    with pytest.raises(RecipeError, match=r"dusk.toml"):
        sfumato.video.restyle(clip(tmp_path / "in.mp4", 3), tmp_path / "dusk.toml", tmp_path / "out.mp4")


ENCODING = Encoding("libx264", "yuv420p", 64, 48, Fraction(1, 25), Fraction(25), None)


def test_a_part_that_cannot_be_begun(tmp_path):
    with pytest.raises(OutputError, match=r"a.mp4: cannot be written: no-such-encoder"):
        PartWriter(tmp_path / "a.mp4", replace(ENCODING, encoder="no-such-encoder"))
    writer = PartWriter(tmp_path / "none" / "a.mp4", ENCODING)
    with pytest.raises(OutputError, match=r"a.mp4: cannot be written: no such file or directory"):
        writer.close(0)


@pytest.mark.parametrize("when", ["while it is written", "when it is finished"])
def test_a_disk_that_is_full(restyled, tmp_path, monkeypatch, when):
    source = clip(tmp_path / "in.mp4", 130, size=(32, 32))

    def full(*given, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    begin = Parts.writer

    def broken(self, encoding):
        writer = begin(self, encoding)
        if len(self.done) == 1 and when == "when it is finished":
            monkeypatch.setattr("os.fsync", full)
        elif len(self.done) == 1:
            writer._container = type("Full", (), {"mux": full, "close": lambda self: None})()
        return writer

    monkeypatch.setattr(Parts, "writer", broken)
    space = r"cannot be written: no space left on device"
    with pytest.raises(OutputError, match=space), pytest.warns(match="holds the first 48 frames"):
        list(restyled(source, tmp_path / "out.mp4"))
    monkeypatch.undo()
    assert len(list(restyled(source, tmp_path / "out.mp4", resume=True))) == 130 - 48


def test_a_result_that_cannot_be_written(restyled, tmp_path, monkeypatch):
    source = clip(tmp_path / "in.mp4", 3)
    records = restyled(source, tmp_path / "out.mp4")
    next(records)
    (tmp_path / "out.mp4").mkdir()
    folder = r"out.mp4: cannot be written: is a directory"
    with pytest.raises(OutputError, match=folder), pytest.warns(match="holds the first 3 frames"):
        list(records)
    (tmp_path / "out.mp4").rmdir()
    assert list(restyled(source, tmp_path / "out.mp4", resume=True)) == []
    assert len(shown(tmp_path / "out.mp4")) == 3


def test_what_plays_the_parts_of_a_webm(restyled, tmp_path):
    lossless = {"codec": "libvpx-vp9", "options": {"lossless": "1"}, "time_base": Fraction(1, 1000)}
    source = clip(tmp_path / "in.webm", 50, size=(32, 32), **lossless)
    records = restyled(source, tmp_path / "out.webm")
    for _ in range(49):
        next(records)
    with av.open(str(tmp_path / "out.webm.parts" / "00000.mp4")) as part:
        assert len(list(part.decode(video=0))) == 48
    records.close()
