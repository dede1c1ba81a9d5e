"""Samples and colors, against FFmpeg's own conversion and against sums over single pixels."""

import numpy as np
import pytest
from video_clips import av

from sfumato.video.planes import Planes, composed, layout_of, read, written
from sfumato.video.ycbcr import Coding, matrix_of

CODINGS = [
    Coding(*matrix_of(1, 0)),
    Coding(*matrix_of(6, 0), full=True),
    Coding(*matrix_of(9, 0), bits=10),
    Coding(*matrix_of(7, 0), bits=10, full=True),
]


def noise(shape, coding, seed=0):
    """A luma plane of noise."""
    low, high = (0, 256) if coding.full else (16, 236)
    unit = 1 << (coding.bits - 8)
    kind = np.uint8 if coding.bits == 8 else np.uint16
    return np.random.default_rng(seed).integers(low * unit, high * unit, shape).astype(kind)


@pytest.mark.parametrize(("matrix", "number"), [(1, 1), (6, 5), (9, 9), (7, 7), (4, 4)])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("bits", [8, 10])
def test_colors_are_those_of_ffmpeg(matrix, number, full, bits):
    """Of flat pictures, where it does not matter how chroma is enlarged."""
    kind, unit = (np.uint8, 1) if bits == 8 else (np.uint16, 4)
    target, span = ("rgb24", 255) if bits == 8 else ("rgb48le", 65535)
    for luma, cb, cr in [(40, 120, 140), (128, 128, 128), (180, 100, 150), (90, 160, 110)]:
        planes = [np.full((16, 16), value * unit, kind) for value in (luma, cb, cr)]
        ours = Planes(*planes, Coding(*matrix_of(matrix, 0), bits, full))
        frame = written(ours)
        theirs = frame.reformat(format=target, src_colorspace=number, src_color_range=2 if full else 1).to_ndarray()
        np.testing.assert_allclose(ours.rgb() / span, theirs / span, atol=1.6 / 255)


@pytest.mark.parametrize("coding", CODINGS)
def test_there_and_back(coding):
    """Colors of samples, made samples again, are the samples."""
    luma = noise((20, 30), coding)
    middle = 1 << (coding.bits - 1)
    chroma = [(noise((20, 30), coding, seed).astype(int) - middle) // 8 + middle for seed in (1, 2)]
    luma = (luma // 2 + middle // 2).astype(luma.dtype)
    planes = Planes(luma, *(part.astype(luma.dtype) for part in chroma), coding)
    colors = planes.rgb().astype(np.float32) / (255 if coding.bits == 8 else 65535)
    found = coding.from_rgb(colors)
    for number, part in enumerate((planes.luma, planes.cb, planes.cr)):
        np.testing.assert_allclose(found[..., number], part, atol=1.1)


@pytest.mark.parametrize("coding", CODINGS)
def test_known_samples(coding):
    top = (1 << coding.bits) - 1
    black, white = (0, top) if coding.full else (16 << (coding.bits - 8), 235 << (coding.bits - 8))
    found = coding.from_rgb(np.array([[[0, 0, 0], [1, 1, 1]]], np.float32))
    np.testing.assert_allclose(found[0, :, 0], [black, white], atol=1e-3)
    np.testing.assert_allclose(found[0, :, 1:], 1 << (coding.bits - 1), atol=1e-3)


def test_a_file_that_says_nothing_is_taken_as_players_do():
    assert matrix_of(2, 719) == matrix_of(6, 0) == (0.299, 0.114)
    assert matrix_of(2, 720) == matrix_of(1, 0) == (0.2126, 0.0722)
    assert matrix_of(8, 720) == matrix_of(1, 0)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("steps", [(1, 1), (1, 2), (2, 2)])
def test_blending_against_single_pixels(coding, steps):
    rng = np.random.default_rng(3)
    shape = (12, 16)
    small = shape[0] // steps[0], shape[1] // steps[1]
    planes = Planes(noise(shape, coding), noise(small, coding, 1), noise(small, coding, 2), coding)
    picture = rng.random((*shape, 3)).astype(np.float32)
    alpha = np.zeros(shape, np.float32)
    alpha[3:8, 5:11] = rng.random((5, 6))
    alpha[4, 7] = 1
    picture[alpha == 0] = 1e6 * rng.random((int((alpha == 0).sum()), 3))  # must not matter
    found = composed(planes, picture, alpha)
    samples = coding.from_rgb(picture.clip(0, 1)).astype(float)
    for number, (plane, result) in enumerate(
        zip((planes.luma, planes.cb, planes.cr), (found.luma, found.cb, found.cr), strict=True)
    ):
        down, across = steps if number else (1, 1)
        for row, column in np.ndindex(plane.shape):
            total = 0.0
            for y in range(row * down, (row + 1) * down):
                for x in range(column * across, (column + 1) * across):
                    weight = float(alpha[y, x])
                    total += weight * samples[y, x, number] + (1 - weight) * float(plane[row, column])
            assert abs(result[row, column] - total / (down * across)) < 0.51
            inside = alpha[row * down : (row + 1) * down, column * across : (column + 1) * across]
            if not inside.any():
                assert result[row, column] == plane[row, column]


def test_nothing_to_blend():
    coding = CODINGS[0]
    planes = Planes(noise((4, 4), coding), noise((2, 2), coding), noise((2, 2), coding), coding)
    assert composed(planes, np.ones((4, 4, 3), np.float32), np.zeros((4, 4), np.float32)) is planes


@pytest.mark.parametrize("layout", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p10le"])
def test_written_and_read(layout):
    """Widths that FFmpeg pads."""
    bits = 10 if layout.endswith("10le") else 8
    down, across = {"420": (2, 2), "422": (1, 2), "444": (1, 1)}[layout[3:6]]
    coding = Coding(*matrix_of(6, 0), bits)
    shape = (6, 22)
    small = shape[0] // down, shape[1] // across
    planes = Planes(noise(shape, coding), noise(small, coding, 1), noise(small, coding, 2), coding)
    frame = written(planes)
    assert (frame.width, frame.height, frame.format.name) == (22, 6, layout) == (22, 6, planes.layout)
    found = read(frame)
    assert found.coding == coding
    for one, other in zip((planes.luma, planes.cb, planes.cr), (found.luma, found.cb, found.cr), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "layout", "lost"),
    [
        ("yuv420p", "yuv420p", ""),
        ("yuvj422p", "yuvj422p", ""),
        ("yuv411p", "yuv411p", ""),
        ("gray", "gray", ""),
        ("gray10le", "gray10le", ""),
        ("nv12", "yuv420p", ""),
        ("yuva420p", "yuva420p", "transparency is dropped"),
        ("yuv420p12le", "yuv444p10le", "converted from yuv420p12le to 10 bits"),
        ("rgb24", "yuv444p", "converted from rgb24; colors are rounded"),
        ("gbrp10le", "yuv444p10le", "converted from gbrp10le; colors are rounded"),
    ],
)
def test_layouts(name, layout, lost):
    frame = av.VideoFrame(16, 16, name)
    assert layout_of(frame) == (layout, lost)
    for plane in frame.planes:
        plane.update(np.full(plane.buffer_size, 60, np.uint8))
    planes = read(frame)
    assert planes.luma.shape == (16, 16)
    assert planes.layout in ("yuv420p", "yuv422p", "yuv444p", "yuv444p10le")


def test_repeated_chroma_keeps_its_samples():
    """Of a layout that no encoder here has."""
    frame = av.VideoFrame(16, 4, "yuv411p")
    rng = np.random.default_rng(0)
    for plane in frame.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, np.uint8))
    kept = np.frombuffer(frame.planes[1], np.uint8).reshape(4, -1)[:, :4]
    planes = read(frame)
    assert planes.layout == "yuv444p"
    np.testing.assert_array_equal(planes.cb, kept.repeat(4, 1))
