import cv2
import numpy as np
import pytest
from PIL import Image

from sfumato.errors import ImageError, RegionError, SfumatoWarning
from sfumato.regions import evaluate, scribble

rows, columns = np.indices((120, 160))
DISK = np.hypot(rows - 60, columns - 70) < 35


@pytest.fixture
def photo():
    """A striped disk on green: no single color tells it from what is around it."""
    values = np.full((120, 160, 3), (0.2, 0.5, 0.3), np.float32)
    values[DISK] = (0.8, 0.3, 0.2)
    values[DISK & (columns % 20 < 6)] = (0.9, 0.8, 0.3)
    return cv2.GaussianBlur(values, (0, 0), 0.6)


def drawn(path, mode="RGB", size=(120, 160), red=True):
    values = np.zeros((120, 160, 3), np.uint8)
    cv2.line(values, (45, 60), (95, 60), (20, 230, 30), 3)
    if red:
        cv2.line(values, (10, 10), (150, 12), (240, 10, 20), 3)
    picture = Image.fromarray(values)
    if mode == "RGBA":
        picture.putalpha(Image.fromarray((values.max(2) > 0).astype(np.uint8) * 255))
    picture.resize(size[::-1], Image.Resampling.NEAREST).save(path)
    return path


def iou(mask, truth):
    found = mask > 0.5
    return float((found & truth).sum() / (found | truth).sum())


@pytest.mark.parametrize("red", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_strokes_in_a_file_select_the_object(tmp_path, photo, mode, red):
    file = drawn(tmp_path / "my strokes.png", mode, red=red)
    mask = evaluate(f'scribble("{file.name}")', photo, tmp_path)
    assert iou(mask, DISK) > 0.9
    assert mask[60, 70] == 1
    assert mask[11, 80] == 0


def test_transparent_strokes_do_not_count(tmp_path, photo):
    values = np.zeros((120, 160, 4), np.uint8)
    values[..., 1] = 255
    values[58:62, 45:95, 3] = 255
    Image.fromarray(values).save(tmp_path / "s.png")
    assert iou(evaluate("scribble(s.png)", photo, tmp_path), DISK) > 0.9


def test_strokes_of_another_size_are_resized(tmp_path, photo):
    drawn(tmp_path / "s.png", size=(240, 320))
    with pytest.warns(SfumatoWarning, match=r"picture of strokes 's.png' is 320 x 240 pixels.* resized to fit"):
        mask = evaluate("scribble(s.png)", photo, tmp_path)
    assert iou(mask, DISK) > 0.9


def test_what_is_wrong_is_said(tmp_path, photo):
    Image.fromarray(np.full((120, 160, 3), 90, np.uint8)).save(tmp_path / "gray.png")
    with pytest.raises(RegionError, match=r"'gray.png' has no green stroke; paint green on what to keep, and red on"):
        evaluate("scribble(gray.png)", photo, tmp_path)
    with pytest.raises(RegionError, match=r"picture of strokes 'none.png' is not there: looked in"):
        evaluate("scribble(none.png)", photo, tmp_path)
    drawn(tmp_path / "wide.png", size=(60, 160))
    with pytest.raises(RegionError, match="give it the photo's size"):
        evaluate("scribble(wide.png)", photo, tmp_path)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ImageError, match=r"text\.png"):
        evaluate("scribble(text.png)", photo, tmp_path)
    with pytest.raises(RegionError, match="no stroke on what to keep; paint one in green"):
        scribble(np.zeros((120, 160)), photo=photo)


def test_where_both_colors_cross_red_wins(photo):
    keep, drop = np.zeros((2, 120, 160), np.float32)
    keep[60, 40:100], drop[55:66, 60] = 1, 1
    mask = scribble(keep, photo=photo, drop=drop)
    assert mask[60, 60] == 0
    assert mask[60, 90] == 1
