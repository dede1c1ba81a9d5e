import numpy as np
import pytest
from scipy import ndimage

from sfumato.blend import BLENDS, mrf, poisson, seam, smooth, soft_edge

EDGES = ["inside", "center", "outside"]


def pictures(height=30, width=36, seed=0):
    return np.random.default_rng(seed).random((2, height, width, 3), np.float32)


def disk(height=30, width=36, radius=9):
    y, x = np.mgrid[:height, :width]
    return ((y - 14) ** 2 + (x - 17) ** 2 < radius**2).astype(np.float32)


SOFT = np.clip(np.linspace(-0.5, 1.5, 36), 0, 1).astype(np.float32) * np.ones((30, 1), np.float32)


def test_the_names_of_the_blends():
    assert BLENDS == ("feather", "mrf", "smooth", "poisson")


@pytest.mark.parametrize("mask", [disk(), SOFT], ids=["disk", "ramp"])
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("width", [0, 3, 8.5])
def test_a_seam_is_what_the_function_of_its_name_gives(mask, edge, width):
    photo, styled = pictures()
    found = {name: seam(name, photo, styled, mask, width, edge) for name in BLENDS}
    for name in ("feather", "mrf", "smooth"):
        assert found[name][0] is styled
    np.testing.assert_array_equal(found["feather"][1], soft_edge(mask, width, edge))
    np.testing.assert_array_equal(found["mrf"][1], mrf(photo, styled, mask, width, edge))
    np.testing.assert_array_equal(found["smooth"][1], smooth(photo, styled, mask, width, edge))
    np.testing.assert_array_equal(found["poisson"][0], poisson(photo, styled, mask, width))
    np.testing.assert_array_equal(found["poisson"][1], mask)


def test_the_blends_differ():
    photo, styled = pictures()
    shown = {name: seam(name, photo, styled, disk(), 8) for name in BLENDS}
    alphas = [shown[name][1] for name in BLENDS]
    for n, one in enumerate(alphas):
        for other in alphas[:n]:
            assert np.abs(one - other).max() > 0.02
    assert np.abs(shown["poisson"][0] - styled).max() > 0.1


@pytest.mark.parametrize("name", BLENDS)
@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("width", [0, 1, 4, 9])
def test_beyond_its_reach_nothing_shows_and_deep_inside_all_does(name, edge, width):
    photo, styled = pictures()
    mask = disk()
    # Half of an even width to each side, all of it to one, counted here on its own; Poisson stays inside.
    outward = 0 if name == "poisson" else {"inside": 0, "center": 1, "outside": 2}[edge] * round(width / 2)
    _, alpha = seam(name, photo, styled, mask, width, edge)
    assert alpha.shape == mask.shape
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert (alpha[ndimage.distance_transform_edt(mask == 0) > outward] == 0).all()
    assert (alpha[ndimage.distance_transform_edt(mask == 1) > 2 * round(width / 2)] == 1).all()


@pytest.mark.parametrize("name", BLENDS)
def test_nothing_that_was_given_is_changed(name):
    photo, styled = pictures()
    mask = disk()
    kept = photo.copy(), styled.copy(), mask.copy()
    seam(name, photo, styled, mask, 6)
    for given, before in zip((photo, styled, mask), kept, strict=True):
        np.testing.assert_array_equal(given, before)


@pytest.mark.parametrize("name", BLENDS)
def test_where_both_pictures_are_the_same_so_is_what_shows(name):
    photo, _ = pictures()
    shown, alpha = seam(name, photo, photo, disk(), 6)
    mixed = photo + alpha[..., None] * (shown - photo)
    np.testing.assert_allclose(mixed, photo, atol=1e-6)
