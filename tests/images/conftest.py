"""Color profiles, built from the ICC specification so that nothing outside is needed."""

import struct

import numpy as np
import pytest

D50 = (0.9642, 1.0, 0.8249)
# Columns: the primaries in XYZ relative to D50.
ADOBE_RGB = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])


def _s15(*values):
    return struct.pack(f">{len(values)}i", *(round(v * 65536) for v in values))


def _xyz(values):
    return b"XYZ \0\0\0\0" + _s15(*values)


def _curve(codes):
    return b"curv\0\0\0\0" + struct.pack(f">I{len(codes)}H", len(codes), *codes)


def _profile(kind, space, pcs, tags):
    offset, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    header = struct.pack(">4xI4s4s4s12x4s28x", 0x02400000, kind, space, pcs, b"acsp") + _s15(*D50)
    header = header.ljust(124, b"\0")
    return struct.pack(">I", 132 + len(table) + len(body)) + header + struct.pack(">I", len(tags)) + table + body


def _matrix_profile(primaries, curve):
    tags = {b"wtpt": _xyz(D50)}
    tags |= {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries.T, strict=True)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(curve))
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def srgb_to_linear(v):
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(v):
    return np.where(v <= 0.0031308, v * 12.92, 1.055 * np.maximum(v, 0.0031308) ** (1 / 2.4) - 0.055)


def _to_lab(rgb):
    """sRGB to Lab relative to D50."""
    t = srgb_to_linear(rgb) @ SRGB.T / D50
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def _to_rgb(lab):
    """Lab relative to D50 to sRGB, clipped."""
    f = (lab[..., :1] + 16) / 116 + np.stack([lab[..., 1] / 500, 0 * lab[..., 1], -lab[..., 2] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29)) * D50
    return np.clip(linear_to_srgb(np.clip(xyz @ np.linalg.inv(SRGB).T, 0, 1)), 0, 1)


def _lut8(inputs, nodes):
    """A lut8Type with straight tables: `nodes` has shape (grid,) * inputs + (outputs,)."""
    grid, outputs = nodes.shape[0], nodes.shape[-1]
    straight = bytes(range(256))
    head = b"mft1\0\0\0\0" + bytes([inputs, outputs, grid, 0]) + _s15(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return head + straight * inputs + np.rint(np.clip(nodes, 0, 255)).astype(np.uint8).tobytes() + straight * outputs


@pytest.fixture(scope="session")
def adobe_rgb():
    """An RGB profile with wide primaries and gamma 563 / 256."""
    return _matrix_profile(ADOBE_RGB, [563])


@pytest.fixture(scope="session")
def adobe_to_srgb():
    """The same conversion in plain floats: code values in [0, 1] to sRGB, not clipped."""
    matrix = np.linalg.inv(SRGB) @ ADOBE_RGB
    return lambda v: linear_to_srgb(np.asarray(v) ** (563 / 256) @ matrix.T)


@pytest.fixture(scope="session")
def srgb_profile():
    """SRGB spelled as a table of 1024 entries, as many camera makers do."""
    return _matrix_profile(SRGB, np.rint(srgb_to_linear(np.linspace(0, 1, 1024)) * 65535).astype(int).tolist())


@pytest.fixture(scope="session")
def gray_profile():
    """A gray profile with gamma 1: linear light."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"wtpt": _xyz(D50), b"kTRC": _curve([256])})


@pytest.fixture(scope="session")
def cmyk_profile():
    """A press whose inks multiply: (1 - ink) (1 - black)."""
    cmyk = np.stack(np.meshgrid(*[np.linspace(0, 1, 5)] * 4, indexing="ij"), axis=-1)
    lab = _to_lab((1 - cmyk[..., :3]) * (1 - cmyk[..., 3:]))
    nodes = np.stack([lab[..., 0] * 2.55, lab[..., 1] + 128, lab[..., 2] + 128], axis=-1)
    codes = np.stack(np.meshgrid(*[np.linspace(0, 255, 25)] * 3, indexing="ij"), axis=-1)
    rgb = _to_rgb(np.stack([codes[..., 0] / 2.55, codes[..., 1] - 128, codes[..., 2] - 128], axis=-1))
    inks = np.concatenate([1 - rgb, np.zeros((*rgb.shape[:3], 1))], axis=-1) * 255
    tags = {b"wtpt": _xyz(D50), b"A2B0": _lut8(4, nodes), b"B2A0": _lut8(3, inks)}
    return _profile(b"prtr", b"CMYK", b"Lab ", tags)
