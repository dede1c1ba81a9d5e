import itertools

import numpy as np
import pytest
from PIL import Image

from sfumato import images
from sfumato.errors import InputError
from sfumato.feedforward import photos as module
from sfumato.feedforward.photos import Photos, random_masks

SIDE = 32


def write(path, height, width, number):
    """A photo that says of each pixel where it is, and which photo this is."""
    rows, columns = np.mgrid[:height, :width]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.stack([rows, columns, np.full_like(rows, number)], -1).astype(np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "a.png", 34, 50, 1)
    write(tmp_path / "deep" / "er" / "b.PNG", 36, 36, 2)
    write(tmp_path / "c.png", 60, 33, 3)
    return tmp_path


def test_pieces_are_pieces_of_all_photos_and_half_are_mirrored(folder):
    pieces = Photos(folder, SIDE).pieces(60, [0])
    assert (pieces.dtype, pieces.shape) == (np.float32, (60, SIDE, SIDE, 3))
    found = np.rint(pieces * 255).astype(int)
    np.testing.assert_array_equal(found.astype(np.float32) / np.float32(255), pieces)
    sizes = {1: (34, 50), 2: (36, 36), 3: (60, 33)}
    mirrored, places = [], set()
    for rows, columns, number in np.moveaxis(found, -1, 1):
        height, width = sizes[number[0, 0]]
        np.testing.assert_array_equal(rows, rows[0, 0] + np.arange(SIDE)[:, None] + np.zeros(SIDE, int))
        step = columns[0, 1] - columns[0, 0]
        np.testing.assert_array_equal(columns, columns[0, 0] + step * np.arange(SIDE) + np.zeros((SIDE, 1), int))
        assert rows.max() < height
        assert columns.max() < width
        mirrored.append(step == -1)
        places.add((number[0, 0], rows[0, 0], columns.min()))
    assert 15 < sum(mirrored) < 45
    assert {place[0] for place in places} == {1, 2, 3}
    assert len(places) > 30


def test_the_same_seed_gives_the_same_pieces(folder):
    one, other = Photos(folder, SIDE), Photos(folder, SIDE)
    other.pieces(3, [5, 1])
    np.testing.assert_array_equal(one.pieces(4, [7, 2]), other.pieces(4, [7, 2]))
    assert not np.array_equal(one.pieces(4, [7, 2]), one.pieces(4, [7, 3]))


def test_photos_that_cannot_be_used_leave_the_order_of_the_rest(folder):
    for name in ("0.png", "b.jpg", "d.png"):
        (folder / name).write_bytes(b"not a picture")
    known = Photos(folder, SIDE)
    known.pieces(40, [0])
    assert len(known.skipped) == 3
    for step in range(6):  # as after a resume, when none of them has been met again
        np.testing.assert_array_equal(Photos(folder, SIDE).pieces(4, [1, step]), known.pieces(4, [1, step]))


def test_large_photos_are_shrunk_by_averaging(tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (144, 200, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "a.png")
    found = Photos(tmp_path, SIDE).first()
    blocks = photo.astype(float).reshape(36, 4, 50, 4, 3).mean((1, 3)) / 255
    np.testing.assert_allclose(found, blocks, atol=1.01 / 255)


def test_what_counts_as_a_photo(folder):
    write(folder / ".hidden.png", 40, 40, 9)
    write(folder / ".thumbs" / "a.png", 40, 40, 9)
    (folder / "notes.txt").write_text("none")
    (folder / "folder.png").mkdir()
    found = Photos(folder, SIDE, leave_out=[folder / "deep" / ".." / "c.png"])
    assert found.files == [folder / "a.png", folder / "deep" / "er" / "b.PNG"]


def test_a_dot_in_the_path_to_the_folder_is_no_matter(tmp_path):
    write(tmp_path / ".cache" / "a.png", 40, 40, 1)
    assert len(Photos(tmp_path / ".cache", SIDE).files) == 1


def test_broken_and_tiny_photos_are_skipped_and_counted(folder):
    whole = (folder / "a.png").read_bytes()
    (folder / "0.png").write_bytes(whole[: len(whole) // 2])
    (folder / "1.jpg").write_bytes(b"not a picture")
    write(folder / "2.png", SIDE - 1, 90, 9)
    found = Photos(folder, SIDE)
    pieces = found.pieces(60, [0])
    assert len(found.files) == 6
    assert set(found.skipped) == {folder / name for name in ("0.png", "1.jpg", "2.png")}
    assert f"90 x {SIDE - 1} pixels are too few" in found.skipped[folder / "2.png"]
    assert {*np.rint(pieces[:, 0, 0, 2] * 255)} == {1, 2, 3}


def test_a_photo_is_read_once_where_there_is_room(folder, monkeypatch):
    read = []
    load = images.load
    monkeypatch.setattr(images, "load", lambda path, **options: read.append(path) or load(path, **options))
    found = Photos(folder, SIDE)
    for step in range(10):
        found.pieces(6, [step])
    assert sorted(read) == found.files
    monkeypatch.setattr(module, "_KEPT", 34 * 50 * 3)  # room for the first alone
    small = Photos(folder, SIDE)
    read.clear()
    for step in range(10):
        np.testing.assert_array_equal(small.pieces(6, [step]), found.pieces(6, [step]))
    assert folder / "a.png" not in read
    assert len(read) > 20


def test_several_frames_are_no_matter(tmp_path):
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(Photos(tmp_path, SIDE).pieces(1, [0])[0, 0, 0], [1, 0, 0])


def test_a_folder_without_photos(tmp_path):
    (tmp_path / "a.txt").write_text("none")
    with pytest.raises(InputError, match="there are no photos in it"):
        Photos(tmp_path, SIDE)


def test_a_folder_without_any_photo_that_can_be_used(tmp_path):
    write(tmp_path / "a.png", 20, 20, 1)
    (tmp_path / "b.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"no photo in it can be used \(the first: .*a.png: 20 x 20 pixels"):
        Photos(tmp_path, SIDE)


def test_photos_that_vanish(folder, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 0)
    found = Photos(folder, SIDE)
    for path in found.files:
        path.unlink()
    with pytest.raises(InputError, match=r"no photo in it can be used .*no such file"):
        found.pieces(1, [0])


def test_masks_are_soft_and_leave_something_to_do():
    masks = random_masks(200, 24, [3])
    assert (masks.dtype, masks.shape) == (np.float32, (200, 24, 24))
    assert (masks.min(), masks.max()) == (0, 1)
    whole = (masks == 1).all((1, 2))
    assert 25 < whole.sum() < 75
    assert masks.mean((1, 2)).min() > 0.1
    others = masks[~whole]
    assert (others.min((1, 2)) < 0.5).all()
    assert ((others > 0.01) & (others < 0.99)).any((1, 2)).mean() > 0.9
    corners = others[:, :: 24 - 1, :: 24 - 1].reshape(len(others), 4) > 0.5
    assert {tuple(row) for row in corners} > {(True,) * 4, (False,) * 4}
    np.testing.assert_array_equal(masks, random_masks(200, 24, [3]))
    assert all(not np.array_equal(one, two) for one, two in itertools.pairwise(others))
