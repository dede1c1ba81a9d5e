import numpy as np
import pytest

from sfumato.regions.segmenters.segments import gather, separate, vocabulary


def test_names_are_fit_for_region_expressions():
    texts = [
        "Sky-other-merged",
        "traffic light",
        "windowpane, window ",
        "door-stuff",
        "wall-brick",
        "3d-thing",
        "LABEL_7",
    ]
    labels, names = vocabulary(texts)
    assert labels == ["sky", "traffic_light", "windowpane", "door", "wall_brick", "label_3d_thing", "label_7"]
    assert all(label.isidentifier() for label in labels)
    assert names["window"] == "windowpane"
    assert set(names) == {*labels, "window"}


@pytest.mark.parametrize("name", ["background", "Void", "__background__", "unlabeled", "unlabelled", " "])
def test_background_has_no_label(name):
    assert vocabulary([name, "cat"]) == (["", "cat"], {"cat": "cat"})


def test_a_label_wins_over_a_synonym_and_the_first_synonym_over_the_second():
    labels, names = vocabulary(["computer; screen; set", "tv, screen, set", "screen"])
    assert labels == ["computer", "tv", "screen"]
    assert names["screen"] == "screen"
    assert names["set"] == "computer"


def test_synonyms_of_background_are_no_names():
    assert vocabulary(["background, rest", "cat"])[1] == {"cat": "cat"}


def test_gathering_adds_up_classes_of_one_name_and_leaves_out_what_is_absent():
    rng = np.random.default_rng(1)
    maps = rng.dirichlet([3, 1, 2, 2, 0.01], size=(4, 5)).astype(np.float32).transpose(2, 0, 1)
    maps[4] = 0.1
    found = gather(maps, ["", "sky", "tree", "sky", "cat"])
    assert list(found) == ["sky", "tree"]
    total = np.maximum(1, maps.astype(float).sum(0))
    np.testing.assert_allclose(found["sky"], (maps[1].astype(float) + maps[3]) / total, rtol=1e-5)
    np.testing.assert_allclose(found["tree"], maps[2] / total, rtol=1e-5)
    assert found["sky"].dtype == np.float32


def test_gathered_maps_are_at_most_one_together():
    maps = np.random.default_rng(2).random((6, 7, 8), dtype=np.float32) * 3
    found = gather(maps, list("abcdef"))
    assert len(found) == 6
    assert sum(found.values()).max() <= 1 + 1e-6
    assert max(values.max() for values in found.values()) <= 1
    weak = gather(maps[:3] / 100 + np.float32(0.25), list("abc"))
    np.testing.assert_allclose(weak["c"], maps[2] / 100 + 0.25, rtol=1e-6)  # never stretched to 1


def blobs():
    """Four soft masks on 30 x 40: left, right, a double of left, and one over both."""
    rows, columns = np.indices((30, 40), np.float32)

    def disk(x, radius):
        return 1 / (1 + np.exp(np.hypot(rows - 15, columns - x) - radius))

    return np.stack([disk(10, 7), disk(28, 9), disk(10.5, 6), disk(20, 14)]).astype(np.float32)


def test_masks_are_separated_as_pixel_by_pixel():
    masks, scores = blobs(), np.float32([0.95, 0.9, 0.6, 0.55])
    owner = np.zeros((30, 40), int)
    for row, column in np.ndindex(30, 40):
        owner[row, column] = max(range(4), key=lambda n: scores[n] * masks[n, row, column])
    left = [
        n
        for n in range(4)
        if sum(masks[n][p] > 0.5 and owner[p] == n for p in np.ndindex(30, 40)) >= 0.8 * (masks[n] > 0.5).sum()
    ]
    assert left == [0, 1]
    found = separate(scores, masks)
    assert [n for n, _ in found] == [1, 0]  # the right one is larger
    for n, mask in found:
        other = 1 - n
        share = scores[n] * masks[n] / (scores[n] * masks[n] + scores[other] * masks[other])
        np.testing.assert_allclose(mask, masks[n] * share, rtol=1e-5)
    assert sum(mask for _, mask in found).max() <= 1


def test_masks_that_are_nowhere_are_dropped():
    assert separate(np.float32([0.9]), np.full((1, 3, 3), 0.4, np.float32)) == []
    assert separate(np.zeros(0, np.float32), np.zeros((0, 3, 3), np.float32)) == []
    ((index, mask),) = separate(np.float32([0.9, 0.8]), np.float32([[[0, 0]], [[1, 0]]]))
    assert index == 1
    np.testing.assert_array_equal(mask, [[1, 0]])
