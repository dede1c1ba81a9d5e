import warnings

import numpy as np
import pytest
from scipy.special import expit, softmax

from sfumato.regions.segmenters import HuggingFace, choose, enlarge

QUERY_FAMILIES = ["maskformer", "mask2former", "oneformer"]


def noise(height=60, width=90, seed=0):
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def raw(transformers, folder, photo, **options):
    """The outputs of the network in a folder, by way of its class and its processor, the plain way."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = transformers.AutoConfig.from_pretrained(folder)
        model = getattr(transformers, config.architectures[0]).from_pretrained(folder).eval()
        processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
        inputs = processor(images=np.rint(255 * photo).astype(np.uint8), return_tensors="pt")
        with torch.no_grad():
            return model(**{**inputs, **options}), processor


def test_semantic_maps_are_the_softmax_of_the_logits(transformers, saved):
    photo = noise()
    before = photo.copy()
    segmenter = HuggingFace(str(saved("segformer")))
    seen = segmenter(photo)
    logits = raw(transformers, saved("segformer"), photo)[0].logits[0].numpy()
    expected = softmax(logits.astype(float), axis=0)
    assert list(seen.labels) == ["sky", "tree", "traffic_light"]  # random weights: about a quarter each
    assert np.ptp(expected[1]) > 0.05
    for label, soft in zip(seen.labels, expected[1:], strict=True):
        np.testing.assert_allclose(seen.labels[label], soft, atol=1e-5)
        assert seen.labels[label].dtype == np.float32
    assert seen.instances == ()
    assert segmenter.names == {name: name for name in seen.labels} | {"heaven": "sky"}
    np.testing.assert_array_equal(photo, before)


@pytest.fixture
def biased(transformers, saved, save, tmp_path):
    """A SegFormer that answers with the same logits everywhere."""
    import torch

    def run(*logits):
        model = transformers.SegformerForSemanticSegmentation.from_pretrained(saved("segformer"))
        with torch.no_grad():
            model.decode_head.classifier.weight.zero_()
            model.decode_head.classifier.bias.copy_(torch.tensor(logits))
        processor = transformers.AutoImageProcessor.from_pretrained(saved("segformer"), backend="pil")
        return save(tmp_path / "biased", model, processor)

    return run


def test_a_network_that_sees_one_thing_everywhere(biased):
    seen = choose(str(biased(0.0, 1.0, 3.0, -1.0)))(noise())
    weights = np.exp([0.0, 1.0, 3.0, -1.0])
    assert list(seen.labels) == ["tree"]  # sky has 0.11
    np.testing.assert_allclose(seen.labels["tree"], weights[2] / weights.sum(), rtol=1e-5)
    assert (enlarge(seen.labels["tree"], noise()) == 1).all()


def test_background_is_what_is_left(biased):
    assert dict(choose(str(biased(9.0, 0.0, 0.0, 0.0)))(noise()).labels) == {}


@pytest.mark.parametrize("family", QUERY_FAMILIES)
def test_queries_are_summed_to_maps(transformers, saved, family):
    import torch

    options = {}
    if family == "oneformer":
        tokenizer = transformers.CLIPTokenizer.from_pretrained(saved(family))
        words = tokenizer("the task is panoptic", padding="max_length", max_length=77)
        options["task_inputs"] = torch.tensor([words["input_ids"]]) * torch.tensor(words["attention_mask"])
    photo = noise(seed=1)
    answer, _ = raw(transformers, saved(family), photo, **options)
    classes = softmax(answer.class_queries_logits[0].numpy().astype(float), axis=-1)
    masks = expit(answer.masks_queries_logits[0].numpy().astype(float))
    assert classes.shape == (4, 5)
    maps = sum(classes[q, :-1, None, None] * masks[q] for q in range(4))
    maps /= np.maximum(1, maps.sum(0))
    seen = HuggingFace(str(saved(family)))(photo)
    assert seen.labels
    for n, label in enumerate(["sky", "tree", "traffic_light"], 1):
        if maps[n].max() > 0.2:
            np.testing.assert_allclose(seen.labels[label], maps[n], atol=1e-4)
        else:
            assert label not in seen.labels


def blob(rows, columns):
    """Logits of a mask, 48 x 64, over a rectangle."""
    logits = np.full((48, 64), -8.0, np.float32)
    logits[slice(*rows), slice(*columns)] = 8
    return logits


def test_instances_are_the_segments_of_the_librarys_own_panoptic_answer(transformers, saved):
    import torch

    tree, sky, light, nothing = 2, 1, 3, 4
    found = [
        (tree, 4.0, blob((8, 32), (4, 20))),
        (tree, 5.0, blob((8, 40), (32, 60))),
        (tree, 2.0, blob((8, 36), (33, 58))),  # a double
        (sky, 4.0, blob((0, 6), (0, 64))),
        (light, 0.2, blob((42, 48), (0, 64))),  # not sure enough
        (nothing, 6.0, blob((36, 48), (0, 24))),
    ]
    classes = torch.zeros(1, len(found), 5)
    for query, (label, sure, _) in enumerate(found):
        classes[0, query, label] = 2 * sure
    masks = torch.from_numpy(np.stack([logits for *_, logits in found]))[None]
    segmenter = HuggingFace(str(saved("mask2former")))
    seen = segmenter._from_queries(classes[0], masks[0])
    assert [label for label, _ in seen.instances] == ["tree", "tree", "sky"]

    class Output:
        class_queries_logits, masks_queries_logits = classes, masks

    (answer,) = segmenter._processor.post_process_panoptic_segmentation(Output, target_sizes=[(48, 64)])
    assert sorted(info["label_id"] for info in answer["segments_info"]) == [sky, tree, tree]
    # The library also gives pixels that are in no mask to someone.
    inside = masks[0, :4].amax(0).numpy() > 0
    segments = [(answer["segmentation"].numpy() == info["id"]) & inside for info in answer["segments_info"]]
    for _, mask in seen.instances:
        overlaps = [((mask > 0.5) & s).sum() / ((mask > 0.5) | s).sum() for s in segments]
        assert max(overlaps) > 0.97
    left = seen.instances[1][1][8:32, 4:20]
    assert 0.998 < left.min() <= left.max() < expit(8)  # the others' traces take their share
    assert sum(mask for _, mask in seen.instances).max() <= 1 + 1e-6


def test_background_is_no_instance(saved):
    import torch

    classes = torch.tensor([[9.0, 0, 0, 0, 0]])
    seen = HuggingFace(str(saved("mask2former")))._from_queries(classes, torch.full((1, 4, 4), 9.0))
    assert seen.instances == ()
    assert dict(seen.labels) == {}


class Painter:
    """A network that takes red for sky, green for tree and blue for a light."""

    def __init__(self, model):
        self.config, self.seen = model.config, []

    def __call__(self, pixel_values, **others):
        import torch

        self.seen.append(pixel_values)
        rest = torch.full_like(pixel_values[:, :1], -9)
        return type("Output", (), {"logits": torch.cat([rest, 9 * pixel_values], 1)})


def painted(height, width):
    """Red to the left, green to the upper right, blue to the lower right, none of them in the middle."""
    photo = np.zeros((height, width, 3), np.float32)
    photo[:, : width // 3, 0] = 1
    photo[: height // 3, width // 3 :, 1] = 1
    photo[height // 3 :, width // 3 :, 2] = 1
    return photo


@pytest.mark.parametrize("shape", [(60, 90), (90, 60), (301, 200)])
@pytest.mark.parametrize("family", ["segformer", "mobilenet"])
def test_maps_cover_the_photo_and_nothing_else(saved, family, shape):
    """Also where the processor would crop the middle, as MobileNet's does."""
    segmenter = HuggingFace(str(saved(family)))
    segmenter._model = Painter(segmenter._model)
    photo = painted(*shape)
    seen = segmenter(photo)
    for label, channel in (("sky", 0), ("tree", 1), ("traffic_light", 2)):
        mask = enlarge(seen.labels[label], photo)
        assert ((mask > 0.5) == (photo[..., channel] > 0.5)).mean() > 0.99


def test_a_processor_that_would_pad(transformers, copy):
    folder = copy("segformer")
    processor = transformers.DPTImageProcessorPil(
        size={"height": 50, "width": 40}, do_pad=True, size_divisor=64, image_mean=[0, 0, 0], image_std=[1, 1, 1]
    )
    processor.save_pretrained(folder)
    segmenter = HuggingFace(str(folder))
    segmenter._model = Painter(segmenter._model)
    segmenter(painted(60, 80))
    assert segmenter._model.seen[0].shape[2:] == (50, 40)


def test_large_photos_and_large_answers_are_reduced(saved, monkeypatch):
    segmenter = HuggingFace(str(saved("segformer")))
    segmenter._processor.do_resize = False
    segmenter._model = Painter(segmenter._model)
    photo = painted(60, 4000)
    seen = segmenter(photo)
    assert segmenter._model.seen[0].shape[2:] == (31, 2048)
    assert seen.labels["sky"].shape == (16, 1024)
    np.testing.assert_allclose(seen.labels["sky"][:, :335], seen.labels["sky"].max(), rtol=1e-3)


def test_small_photos(saved):
    for family in ("segformer", "mask2former"):
        for shape in ((1, 1), (3, 40)):
            seen = HuggingFace(str(saved(family)))(np.full((*shape, 3), 0.5, np.float32))
            assert all(np.isfinite(mask).all() for mask in seen.labels.values())
