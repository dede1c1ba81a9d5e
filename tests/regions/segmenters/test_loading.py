import hashlib
import json
import logging
import shutil
import sys

import numpy as np
import pytest

from sfumato.errors import ModelError
from sfumato.regions.segmenters import HuggingFace, choose

COMMIT = "0123456789" * 4
BLANK = np.zeros((20, 30, 3), np.float32)


def refusal(name):
    """The message that loading ends with."""
    with pytest.raises(ModelError) as caught:
        choose(str(name))
    text = str(caught.value)
    assert text.startswith(f'"{name}" ')
    assert "\n" not in text
    assert len(text) < 600
    return text


def configure(folder, file="config.json", **values):
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("config.json", "holds no whole model: config.json is missing"),
        (
            "preprocessor_config.json",
            "holds no whole model: preprocessor_config.json or processor_config.json is missing",
        ),
        ("model.safetensors", "holds no whole model: model.safetensors or pytorch_model.bin is missing"),
    ],
)
def test_a_file_is_missing(copy, file, reason):
    folder = copy("segformer")
    (folder / file).unlink()
    assert reason in refusal(folder)


def test_an_empty_folder(transformers, tmp_path):
    assert "holds no whole model" in refusal(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("config.json", b'{"torn', "is not a valid JSON file"),
        ("config.json", b"{}", "Unrecognized model"),
        ("config.json", b"\xff\xfe\x00", "cannot be loaded"),
        ("config.json", b'{"model_type": "no-such-thing"}', "does not recognize this architecture"),
        ("preprocessor_config.json", b'{"torn', "is not a valid JSON file"),
        ("preprocessor_config.json", b'{"image_processor_type": "Nothing"}', "cannot be loaded"),
        ("model.safetensors", b"", "header too small"),
        ("model.safetensors", b"nonsense" * 100, "cannot be loaded"),
    ],
)
def test_a_damaged_file(copy, file, content, reason):
    folder = copy("segformer")
    (folder / file).write_bytes(content)
    text = refusal(folder)
    assert reason in text
    assert text.endswith("; use another, or fetch its files again")


def test_torn_weights(copy):
    folder = copy("segformer")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    assert "cannot be loaded: Error while deserializing header" in refusal(folder)


def test_weights_of_the_old_kind(copy):
    import torch
    from safetensors.torch import load_file

    folder = copy("segformer")
    before = HuggingFace(str(folder))
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    after = HuggingFace(str(folder))
    photo = np.random.default_rng(0).random((20, 30, 3), dtype=np.float32)
    for label, soft in before(photo).labels.items():
        np.testing.assert_array_equal(after(photo).labels[label], soft)
    assert after.key != before.key
    (folder / "pytorch_model.bin").write_bytes(b"nonsense")
    text = refusal(folder)
    assert "cannot be loaded" in text
    assert "weights_only" not in text  # torch would advise to run whatever is in the file


def test_weights_in_half_precision_are_widened(transformers, copy, save):
    folder = copy("segformer")
    before = HuggingFace(str(folder))(BLANK).labels
    save(folder, transformers.SegformerForSemanticSegmentation.from_pretrained(folder).half())
    assert json.loads((folder / "config.json").read_text())["dtype"] == "float16"
    after = HuggingFace(str(folder))(BLANK).labels
    assert list(after) == list(before)
    for label, soft in after.items():
        assert soft.dtype == np.float32
        np.testing.assert_allclose(soft, before[label], atol=0.05)


def text_model(t, _):
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    return t.BertModel(t.BertConfig(vocab_size=10, **sizes))


def classifier(t, _):
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    return t.ViTForImageClassification(t.ViTConfig(image_size=32, **sizes))


def classifier_of_a_family_that_can_segment(t, folder):
    return t.SegformerForImageClassification(t.SegformerConfig.from_pretrained(folder))


def backbone(t, folder):
    return t.SegformerModel(t.SegformerConfig.from_pretrained(folder))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (text_model, "BertModel"),
        (classifier, "ViTForImageClassification"),
        (classifier_of_a_family_that_can_segment, "SegformerForImageClassification"),
        (backbone, "SegformerModel"),
    ],
)
def test_a_model_of_another_kind(transformers, copy, save, make, kind):
    folder = copy("segformer")
    save(folder, make(transformers, folder))
    assert f"holds a model of another kind ({kind}); use one for semantic segmentation" in refusal(folder)


@pytest.mark.parametrize("claim", [None, ["SegformerForSemanticSegmentation"]])
def test_a_head_is_never_made_up(transformers, copy, save, claim):
    folder = copy("segformer")
    save(folder, backbone(transformers, folder))
    configure(folder, architectures=claim)
    assert "lacks 9 of its weights, or has them in other sizes, such as decode_head." in refusal(folder)


def test_a_query_model_without_its_classes(transformers, copy, save):
    folder = copy("mask2former")
    inner = transformers.Mask2FormerForUniversalSegmentation.from_pretrained(folder).model
    save(folder, inner)
    configure(folder, architectures=["Mask2FormerForUniversalSegmentation"])
    assert "of its weights, or has them in other sizes, such as class_predictor.bias" in refusal(folder)


def test_weights_of_other_sizes(copy):
    folder = copy("segformer")
    configure(folder, decoder_hidden_size=16)
    assert "of its weights, or has them in other sizes" in refusal(folder)


def test_no_code_that_comes_with_a_model_is_run(copy):
    folder = copy("segformer")
    (folder / "evil.py").write_text("raise SystemExit('ran')\nclass Config: pass\n")
    configure(folder, model_type="evil", auto_map={"AutoConfig": "evil.Config"})
    assert "contains custom code" in refusal(folder)


def test_oneformer_needs_its_tokenizer_but_no_list_of_classes(copy):
    folder = copy("oneformer")
    configure(folder, "preprocessor_config.json", class_info_file="coco_panoptic.json")
    assert choose(str(folder))(BLANK).labels is not None
    shutil.copytree(folder, folder.parent / "wordless", ignore=shutil.ignore_patterns("token*"))
    assert "holds no whole model: tokenizer.json or vocab.json is missing" in refusal(folder.parent / "wordless")


def test_the_key_is_of_the_contents(saved, copy):
    folder = copy("segformer")
    key = HuggingFace(str(folder)).key
    assert len(bytes.fromhex(key)) == hashlib.sha256().digest_size
    assert key == HuggingFace(str(saved("segformer"))).key != HuggingFace(str(saved("mask2former"))).key
    configure(folder, "preprocessor_config.json", size={"height": 48, "width": 32})
    other = HuggingFace(str(folder)).key
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert len({key, other, HuggingFace(str(folder)).key}) == 3


def test_it_says_nothing_and_leaves_settings_as_they_were(transformers, saved, capfd, recwarn):
    logger, told = logging.getLogger("transformers"), []
    handler = logging.Handler()
    handler.emit = told.append
    logger.addHandler(handler)
    level = logger.level
    transformers.logging.enable_progress_bar()
    try:
        logger.setLevel(logging.INFO)
        HuggingFace(str(saved("mask2former")))(BLANK)
        assert logger.level == logging.INFO
        assert told == []
        assert capfd.readouterr() == ("", "")
        transformers.AutoModelForUniversalSegmentation.from_pretrained(saved("mask2former"))
        assert told  # as it would have been, with a progress bar
        assert "100%" in capfd.readouterr().err
    finally:
        transformers.logging.disable_progress_bar()
        logger.setLevel(level)
        logger.removeHandler(handler)
    assert not recwarn.list


def test_transformers_is_missing(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert refusal(tmp_path).endswith('; run: pip install "sfumato[huggingface]"')


@pytest.fixture
def cache(transformers, saved, tmp_path, monkeypatch):
    """A cache of the hub's client that holds the model org/tiny; returns its folder."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    place = tmp_path / "models--org--tiny"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text(COMMIT)
    shutil.copytree(saved("segformer"), place / "snapshots" / COMMIT)
    return place / "snapshots" / COMMIT


def test_a_model_in_the_cache_needs_no_network(cache, saved, monkeypatch):
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *args, **options: pytest.fail("asked the hub"))
    segmenter = choose("hf:org/tiny")
    assert segmenter.name == "hf:org/tiny"
    assert segmenter.key == HuggingFace(str(saved("segformer"))).key
    assert {small.shape for small in segmenter(BLANK).labels.values()} <= {(16, 16)}


@pytest.mark.parametrize(("kind", "calls"), [("model.safetensors", 1), ("pytorch_model.bin", 2)])
def test_only_what_is_needed_is_downloaded(cache, monkeypatch, kind, calls):
    from fnmatch import fnmatch

    remote = {"config.json", "preprocessor_config.json", kind, "flax_model.msgpack", "tf_model.h5", "optimizer.bin"}
    (cache / "model.safetensors").unlink()
    asked = []

    def download(repository, *, allow_patterns):
        asked.append(repository)
        for file in remote:
            if any(fnmatch(file, pattern) for pattern in allow_patterns):
                (cache / file).touch()
        return str(cache)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    (cache / "config.json").unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):  # the files are empty
        choose("hf:org/tiny")
    assert asked == ["org/tiny"] * calls
    assert {file.name for file in cache.iterdir()} == {"config.json", "preprocessor_config.json", kind}


@pytest.mark.parametrize("name", ["hf:org/other", "hf:", "hf:a/b/c", "hf:../x", "hf:a b"])
def test_not_in_the_cache_and_no_network(cache, name):
    text = refusal(name)
    assert "is not in the cache and cannot be fetched: " in text
    assert text.endswith("; check the name and the network, or give a folder that holds the model")


@pytest.mark.parametrize("error", [RuntimeError("no\n\nroute. Really"), ConnectionError("no route"), TimeoutError()])
def test_any_failure_of_the_network_is_told(cache, monkeypatch, error):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    reason = "no route" if str(error) else "TimeoutError"
    assert f"cannot be fetched: {reason}; check" in refusal("hf:org/other")
