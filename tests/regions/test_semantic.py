import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from scipy import ndimage

from sfumato.errors import ImageError, RegionError
from sfumato.regions import find, label
from sfumato.regions.segmenters import Segments, enlarge
from sfumato.regions.semantic import look
from sfumato.regions.strands import strands
from sfumato.regions.things import instances


def message_of(*arguments, **options):
    with pytest.raises(RegionError) as caught:
        label(*arguments, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 500
    return message


def off(mask, truth):
    """How far a mask is from another, on average, in shares of its area."""
    return np.abs(mask - truth).sum() / truth.sum()


# All there is


def test_finds_labels_by_area_and_behind_each_its_things(pretend, told):
    pretend(told.maps)
    found = find(told.photo)
    assert list(found) == ["person", "person#1", "person#2", "dog"]
    for mask in found.values():
        assert mask.dtype == np.float32
        assert mask.shape == told.photo.shape[:2]
        assert mask.min() == 0
        assert mask.max() == 1
    left, right = told.masks["person"].copy(), told.masks["person"].copy()
    left[:, 48:] = right[:, :48] = 0
    assert off(found["person#1"], left) < 0.02
    assert off(found["person#2"], right) < 0.02
    assert off(found["dog"], told.masks["dog"]) < 0.02
    np.testing.assert_array_equal(found["person#1"] + found["person#2"], found["person"])


def test_a_file_and_an_array_are_the_same_photo(pretend, told, tmp_path):
    fake = pretend(told.maps)
    Image.fromarray(np.rint(told.photo * 255).astype(np.uint8)).save(tmp_path / "photo.png")
    first = find(tmp_path / "photo.png", "deeplab")
    for photo in (str(tmp_path / "photo.png"), told.photo):
        again = find(photo, "deeplab")
        assert list(again) == list(first)
        for name, mask in again.items():
            np.testing.assert_array_equal(mask, first[name])
    assert len(fake.calls) == 1
    assert fake.chosen == ["deeplab"] * 3


def test_nothing_is_found(pretend, told, tmp_path):
    pretend({})
    assert find(told.photo) == {}
    with pytest.raises(ImageError, match=r"no\.png"):
        find(tmp_path / "no.png")


def test_what_vanishes_at_the_photos_size_is_not_there(pretend, told):
    speck = np.zeros((12, 16), np.float32)
    speck[11, 0] = 0.6  # and the photo shows nothing there
    pretend({"cat": speck, "dog": told.maps["dog"]})
    assert list(find(told.photo)) == ["dog"]
    expected = "fake finds no cat in this photo; it finds dog"
    assert message_of("cat", photo=told.photo) == expected
    assert message_of("cat", photo=told.photo, number=1) == expected


# A look


def test_what_is_nowhere_likelier_than_not_is_left_out(pretend, told):
    faint = np.full((12, 16), 0.5, np.float32)
    things = (("cat", faint), ("person", told.maps["person"]), ("person", faint))
    fake = pretend({"cat": faint, "dog": faint + np.float32(1e-6), "person": told.maps["person"]}, things)
    for _ in range(2):  # as seen, and as remembered
        seen = look(told.photo, fake)
        assert list(seen.labels) == ["dog", "person"]
        assert [name for name, _ in seen.instances] == ["person", "person"]
        np.testing.assert_array_equal(seen.instances[0][1], told.maps["person"])
        np.testing.assert_array_equal(seen.instances[1][1], faint)
    assert len(fake.calls) == 1


def test_the_remembered_is_the_seen_to_the_last_bit(pretend):
    rng = np.random.default_rng(3)
    maps = {name: rng.random((7, 9), dtype=np.float32) for name in ("zebra", "ape", "traffic_light", "ähre", "cat")}
    things = tuple((name, rng.random((7, 9), dtype=np.float32)) for name in ("cat", "ape", "cat", "cat") * 3)
    photo = rng.random((30, 40, 3), dtype=np.float32)
    seen, again = (look(photo, pretend(dict(maps), things)) for _ in range(2))
    for found in (seen, again):
        assert list(found.labels) == list(maps)
        assert [name for name, _ in found.instances] == [name for name, _ in things]
        for name, small in maps.items():
            assert found.labels[name].tobytes() == small.tobytes()
            assert found.labels[name].dtype == np.float32
        for (_, small), (_, other) in zip(found.instances, things, strict=True):
            assert small.tobytes() == other.tobytes()


def test_a_photo_is_looked_at_once_with_each_network(pretend, told):
    first, same, other = pretend(told.maps), pretend(told.maps), pretend({}, key="fake 2")
    for _ in range(2):
        assert list(look(told.photo, first).labels) == list(told.maps)
        assert list(look(told.photo.copy(), same).labels) == list(told.maps)
        assert look(told.photo, other).labels == {}
    assert (len(first.calls), len(same.calls), len(other.calls)) == (1, 0, 1)
    assert first.calls[0] is told.photo
    look(told.photo[:, ::-1], same)
    look(np.nextafter(told.photo, np.float32(2)), same)
    assert len(same.calls) == 2


# One label


@pytest.mark.parametrize("name", ["person", "people"])
def test_a_label_and_its_synonym(pretend, told, name):
    fake = pretend(told.maps)
    mask = label(name, photo=told.photo, segmenter="hf:a/b")
    assert fake.chosen == ["hf:a/b"]
    assert mask.dtype == np.float32
    assert off(mask, told.masks["person"]) < 0.02
    second = label(name, photo=told.photo, number=2)
    assert off(second[:, 48:], told.masks["person"][:, 48:]) < 0.02
    assert not second[:, :48].any()
    assert len(fake.calls) == 1


def test_an_unknown_label(pretend, told):
    fake = pretend(told.maps)
    message = message_of("peple", photo=told.photo)
    assert message == "fake has no label 'peple'; did you mean 'people'? it knows cat, dog, person"
    assert message_of("xyz", photo=told.photo) == "fake has no label 'xyz'; it knows cat, dog, person"
    assert fake.calls == []


def test_of_very_many_labels_some_are_listed(pretend, told):
    names = {f"n{number:03}": f"n{number:03}" for number in range(150)}
    pretend({}, names=names)
    message = message_of("xyz", photo=told.photo)
    assert "it knows n000, n001, " in message
    assert message.endswith(", n024, and 125 more")
    pretend({}, names=dict(list(names.items())[:25]))
    assert message_of("xyz", photo=told.photo).endswith(", n023, n024")


def test_an_absent_label(pretend, told):
    pretend(told.maps)
    assert message_of("cat", photo=told.photo) == "fake finds no cat in this photo; it finds dog, person"
    pretend({}, key="blind")
    expected = "fake finds no person in this photo; and none of its other labels"
    assert message_of("people", photo=told.photo) == expected


@pytest.mark.parametrize(
    ("name", "number", "count"), [("person", 0, 2), ("person", 3, 2), ("people", 9999, 2), ("dog", 2, 1)]
)
def test_no_such_number(pretend, told, name, number, count):
    pretend(told.maps)
    known = {"people": "person"}.get(name, name)
    expected = f"there is no {known}#{number} in this photo: fake finds {count}, and #1 is the largest"
    assert message_of(name, photo=told.photo, number=number) == expected
    assert label(name, photo=told.photo, number=count).any()


# Single things


def test_things_are_as_the_network_tells_them_apart(pretend, told):
    whole = told.maps["person"]
    upper, lower = whole.copy(), whole.copy()
    upper[5:], lower[:5] = 0, 0
    pretend(told.maps, (("person", upper), ("dog", told.maps["dog"]), ("person", lower)))
    found = find(told.photo)
    assert list(found) == ["person", "person#1", "person#2", "dog"]
    # What is connected plays no part, and the order is that of the areas, not the network's.
    np.testing.assert_array_equal(found["person#1"], strands(enlarge(lower, told.photo), told.photo))
    np.testing.assert_array_equal(found["person#2"], strands(enlarge(upper, told.photo), told.photo))
    assert found["person#1"].sum() > found["person#2"].sum() > 0


@pytest.mark.parametrize(("name", "follows"), [("person", True), ("dog", True), ("sofa", False)])
def test_edges_that_may_be_hair_follow_it(pretend, name, follows):
    share = np.clip((np.arange(128, dtype=np.float32) - 60) / 8, 0, 1)
    photo = np.tile((0.1 + 0.7 * share)[None, :, None], (96, 1, 3))
    small = np.float32(np.arange(16) < 8)[None].repeat(12, axis=0)
    pretend({name: small}, names={name: name}, key=name)
    plain = enlarge(small, photo)
    followed = strands(plain, photo)
    assert np.abs(followed - plain).max() > 0.05
    for mask in (find(photo)[name], label(name, photo=photo)):
        np.testing.assert_array_equal(mask, followed if follows else plain)


def test_one_thing_is_not_numbered(pretend, told):
    pretend(told.maps, (("person", told.maps["person"]),))
    assert list(find(told.photo)) == ["person", "dog"]
    np.testing.assert_array_equal(label("person", photo=told.photo, number=1), label("person", photo=told.photo))


def test_things_too_small_to_remain_do_not_hide_the_label(pretend, told):
    pretend(told.maps, (("person", np.full((12, 16), 0.1, np.float32)),))
    assert list(find(told.photo)) == ["person", "person#1", "person#2", "dog"]


def parts_of(mask):
    """The things in a mask by what is connected."""
    nothing = np.zeros((*mask.shape, 3), np.float32)
    return instances(["x"], Segments({"x": mask}, ()), nothing, mask)


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 14), st.integers(1, 14)),
        elements=st.sampled_from([0, 0, 0.125, 0.4, 0.75, 1]),
    )
)
def test_parts_are_what_is_connected_and_add_up(mask):
    parts = parts_of(mask)
    np.testing.assert_array_equal(sum(parts), mask)
    assert np.count_nonzero([part > 0 for part in parts], axis=0).max() <= 1
    areas = [part.sum() for part in parts]
    assert areas == sorted(areas, reverse=True)
    there, count = ndimage.label(mask > 0.3, np.ones((3, 3)))
    sure = [np.count_nonzero((there == n) & (mask > 0.5)) for n in range(1, count + 1)]
    assert len(parts) == max(1, sum(50 * area > max(sure) for area in sure))
    for part in parts:
        assert len(parts) == 1 or part.max() > 0.5


def test_what_is_soft_goes_to_the_nearest_part():
    rng = np.random.default_rng(0)
    mask = np.full((60, 80), 0.25, np.float32)
    for n, (x, y) in enumerate(rng.integers(8, 52, (5, 2)) + np.arange(5)[:, None] * [5, 0]):
        cv2.circle(mask, (int(x), int(y)), 2 + n, 1.0, -1)
    parts = parts_of(mask)
    assert len(parts) > 2
    away = np.stack([ndimage.distance_transform_edt(part < 1) for part in parts])
    own = np.stack([part > 0 for part in parts])
    assert own.sum(0).min() == own.sum(0).max() == 1
    # The distances that it goes by are off by 2 % at most, to either side.
    assert (away[own] <= 1.04 * np.broadcast_to(away.min(0), away.shape)[own]).all()


def test_crumbs_are_no_things():
    mask = np.zeros((60, 60), np.float32)
    mask[5:25, 5:25] = 1  # 400 pixels
    mask[40:43, 40:43] = 1  # 9, more than 2 %
    mask[55:57, 5:9] = 1  # 8, 2 %
    first, second = parts_of(mask)
    assert first.sum() == 408
    assert second.sum() == 9
    mask[40:43, 40:43] = 0
    (only,) = parts_of(mask)
    np.testing.assert_array_equal(only, mask)


def test_many_equal_things_are_no_crumbs():
    mask = np.kron(np.ones((9, 9), np.float32), np.pad(np.ones((2, 2), np.float32), 2))
    assert len(parts_of(mask)) == 81


@pytest.mark.parametrize(("bridge", "count"), [(0.29, 2), (0.31, 1), (0.7, 1)])
def test_what_wavers_around_a_half_is_one_thing(bridge, count):
    mask = np.zeros((20, 40), np.float32)
    mask[5:15, 5:18] = mask[5:15, 22:35] = 1
    mask[5:15, 18:22] = bridge
    assert len(parts_of(mask)) == count


def test_a_faint_mask_is_one_thing():
    mask = np.full((5, 5), 0.4, np.float32)
    mask[2] = 0
    (only,) = parts_of(mask)
    np.testing.assert_array_equal(only, mask)
