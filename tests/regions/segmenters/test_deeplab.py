import sys
import threading

import cv2
import numpy as np
import pytest
from scipy.ndimage import map_coordinates
from scipy.special import softmax

from sfumato import models
from sfumato.errors import ModelError
from sfumato.regions.segmenters import DeepLab, enlarge
from sfumato.regions.segmenters.deeplab import _hats


def iou(mask, truth):
    return float((mask & truth).sum() / (mask | truth).sum())


def test_cells_tile_the_picture_and_weights_interpolate_the_logits():
    """Linear between the pixels 0, 16 ... 512, at the middles of the cells."""
    values = np.random.default_rng(1).random(33)
    for side, count in ((513, 129), (342, 86), (16, 4), (1, 1)):
        weights = _hats(side)
        assert weights.shape == (count, 33)
        middles = (np.arange(count) + 0.5) * side / count - 0.5
        np.testing.assert_allclose(weights @ values, np.interp(middles, 16 * np.arange(33), values), atol=1e-5)


@pytest.mark.parametrize(("name", "label"), [("bird", "bird"), ("car", "car"), ("person", "person")])
def test_finds_what_is_there_and_nothing_else(deeplab, picture, name, label):
    photo = picture(name)
    before = photo.copy()
    seen = deeplab(photo)
    assert list(seen.labels) == [label]
    assert seen.instances == ()
    soft = seen.labels[label]
    assert soft.dtype == np.float32
    assert max(soft.shape) == 129
    assert abs(soft.shape[0] / soft.shape[1] - photo.shape[0] / photo.shape[1]) < 0.01
    assert soft.min() >= 0
    assert 0.99 < soft.max() <= 1
    assert 0.01 < ((soft > 0.05) & (soft < 0.95)).mean() < 0.2  # soft, but only along the edges
    np.testing.assert_array_equal(photo, before)


def test_the_mask_of_the_bird(deeplab, picture, request):
    photo = picture("bird")
    file = request.path.parents[3] / ".." / "shared" / "data" / "segmentation" / "bird_mask.png"
    truth = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE) > 127
    soft = deeplab(photo).labels["bird"]
    assert iou(enlarge(soft, photo) > 0.5, truth) > 0.925
    assert iou(enlarge(soft, photo, refine=False) > 0.5, truth) > 0.91


def test_a_large_photo_gives_the_same(deeplab, picture):
    photo = picture("car")
    large = cv2.resize(photo, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    small, again = deeplab(photo).labels["car"], deeplab(large).labels["car"]
    assert small.shape == again.shape
    assert iou(again > 0.5, small > 0.5) > 0.97


def test_probabilities_are_those_of_the_networks_own_answer(deeplab, picture):
    """The arg-max over 513 x 513 pixels is the label map that the network gives."""
    seen = np.rint(255 * picture("bird")).astype(np.uint8)
    deeplab._look(seen)
    network = deeplab._network
    answer = network.get_tensor(network.get_output_details()[0]["index"])[0]
    raw = network.get_tensor(deeplab._logits["index"])[0].astype(float)
    logits = 0.2014983743429184 * (raw - 36)
    middles = (np.arange(129) + 0.5) * 513 / 129 - 0.5
    grid = np.stack(np.meshgrid(middles / 16, middles / 16, indexing="ij"))
    fine = np.stack([map_coordinates(logits[..., c], grid, order=1) for c in range(21)])
    maps = deeplab._look(seen)
    np.testing.assert_allclose(maps, softmax(fine, axis=0), atol=1e-4)
    nearest = np.rint(middles).astype(int)
    assert (maps.argmax(0) == answer[np.ix_(nearest, nearest)]).mean() > 0.99


def test_a_mirrored_photo_gives_the_mirrored_maps(deeplab, picture):
    photo = picture("bird")  # 513 x 513 pixels, so it is not resized, which would round otherwise if mirrored
    left, right = deeplab(photo).labels["bird"], deeplab(photo[:, ::-1]).labels["bird"]
    np.testing.assert_array_equal(left, right[:, ::-1])
    assert np.abs(left - right).max() > 0.5


def test_what_the_network_sees(deeplab, monkeypatch):
    """The photo at a longer side of 513 in the upper left, gray elsewhere."""
    seen = []
    monkeypatch.setattr(
        deeplab, "_look", lambda picture: seen.append(picture.copy()) or np.ones((21, 2, 2), np.float32)
    )
    photo = np.random.default_rng(2).random((1539, 1026, 3), dtype=np.float32)
    deeplab(photo)
    means = photo.reshape(513, 3, 342, 3, 3).mean((1, 3))
    assert np.abs(seen[0] - 255 * means).max() <= 0.51
    np.testing.assert_array_equal(seen[1], seen[0][:, ::-1])


def test_padding_is_gray_and_below_or_to_the_right(deeplab, monkeypatch):
    given = []
    set_tensor = deeplab._network.set_tensor
    monkeypatch.setattr(
        deeplab._network, "set_tensor", lambda index, value: (given.append(value.copy()), set_tensor(index, value))
    )
    maps = deeplab._look(np.full((200, 513, 3), 9, np.uint8))
    assert maps.shape == (21, 50, 129)
    np.testing.assert_allclose(maps.sum(0), 1, atol=1e-5)
    expected = np.full((1, 513, 513, 3), 127, np.uint8)
    expected[0, :200] = 9
    np.testing.assert_array_equal(given[0], expected)


@pytest.mark.parametrize(("shape", "grid"), [((1, 1), (129, 129)), ((16, 900), (3, 129)), ((900, 3), (129, 1))])
def test_photos_of_any_size(deeplab, monkeypatch, shape, grid):
    looks = []
    look = deeplab._look
    monkeypatch.setattr(deeplab, "_look", lambda seen: looks.append(look(seen)) or looks[-1])
    seen = deeplab(np.full((*shape, 3), 0.4, np.float32))
    assert [maps.shape for maps in looks] == [(21, *grid)] * 2
    assert np.isfinite(looks).all()
    assert all(maps.shape == grid and maps.max() > 0.2 for maps in seen.labels.values())


def test_several_threads_get_what_one_gets(deeplab, picture):
    photos = [picture("bird"), picture("car")]
    alone = [deeplab(photo).labels for photo in photos]
    together = [None] * 4

    def look(n):
        together[n] = deeplab(photos[n % 2]).labels

    threads = [threading.Thread(target=look, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, found in enumerate(together):
        assert list(found) == list(alone[n % 2])
        for label, soft in found.items():
            np.testing.assert_array_equal(soft, alone[n % 2][label])


def test_name_key_and_names(deeplab):
    assert deeplab.name == "deeplab"
    assert deeplab.key == models.MODELS["deeplab"].sha256
    assert len(set(deeplab.names.values())) == 20
    assert "background" not in deeplab.names
    assert {deeplab.names[name] for name in ("airplane", "couch", "tvmonitor")} == {"aeroplane", "sofa", "tv"}


def test_it_says_nothing(store, monkeypatch, capfd):
    monkeypatch.setenv("SFUMATO_HOME", str(store))
    DeepLab()(np.zeros((20, 20, 3), np.float32))
    assert capfd.readouterr() == ("", "")


def test_litert_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelError, match=r'"deeplab" needs LiteRT .*; run: pip install "sfumato\[deeplab\]"$'):
        DeepLab()


def test_the_file_is_missing(tmp_path, monkeypatch):
    pytest.importorskip("ai_edge_litert", reason="the extra deeplab is not installed")
    monkeypatch.setenv("SFUMATO_HOME", str(tmp_path))

    def refuse(self, url, *rest):
        raise OSError("no network")

    monkeypatch.setattr("pooch.HTTPDownloader.__call__", refuse)
    with pytest.raises(
        ModelError, match=r'"deeplab" is not in the store and cannot be fetched: .*no network'
    ) as caught:
        DeepLab()
    assert "deeplabv3_mnv2_pascal_quant.tflite" in str(caught.value)
