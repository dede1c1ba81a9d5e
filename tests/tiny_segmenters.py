"""Tiny networks in folders, as transformers saves them."""

import json
import logging
import os
import shutil
import warnings
from pathlib import Path

# Before anything imports the hub's client, which reads it once.
os.environ["HF_HUB_OFFLINE"] = "1"

import pytest

__all__ = ["hub", "save", "saved", "transformers"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CLASSES = ["background", "sky, heaven", "tree-merged", "traffic light"]
SMALL = {"size": {"shortest_edge": 32, "longest_edge": 64}}
SWIN = {
    "image_size": 32,
    "patch_size": 2,
    "embed_dim": 8,
    "depths": [1, 1, 1, 1],
    "num_heads": [1, 1, 1, 1],
    "window_size": 2,
    "out_features": ["stage1", "stage2", "stage3", "stage4"],
}
HIDDEN = {"mask_feature_size": 32, "num_queries": 4}
QUERIES = {
    "hidden_dim": 32,
    "encoder_feedforward_dim": 32,
    "dim_feedforward": 32,
    "encoder_layers": 1,
    "decoder_layers": 2,
    "num_attention_heads": 2,
    "num_queries": 4,
}


def labels():
    return {"id2label": dict(enumerate(CLASSES)), "label2id": {name: n for n, name in enumerate(CLASSES)}}


def segformer(t):
    config = t.SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[8, 8],
        patch_sizes=[3, 3],
        strides=[2, 2],
        num_attention_heads=[1, 1],
        mlp_ratios=[1, 1],
        decoder_hidden_size=8,
        **labels(),
    )
    model = t.SegformerForSemanticSegmentation(config)
    model.decode_head.classifier.weight.data *= 1000  # else its answer is the same everywhere
    return model, t.SegformerImageProcessorPil(size={"height": 32, "width": 32})


def mobilenet(t):
    config = t.MobileNetV2Config(depth_multiplier=0.25, image_size=32, **labels())
    processor = t.MobileNetV2ImageProcessorPil(
        size={"shortest_edge": 40}, crop_size={"height": 32, "width": 32}, do_center_crop=True
    )
    return t.MobileNetV2ForSemanticSegmentation(config), processor


def maskformer(t):
    decoder = t.DetrConfig(
        use_timm_backbone=False,
        backbone_config=t.ResNetConfig(),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        num_queries=4,
    )
    config = t.MaskFormerConfig(
        backbone_config=t.SwinConfig(**SWIN),
        decoder_config=decoder,
        fpn_feature_size=32,
        mask_feature_size=32,
        **labels(),
    )
    return t.MaskFormerForInstanceSegmentation(config), t.MaskFormerImageProcessorPil(**SMALL)


def mask2former(t):
    backbone = t.SwinConfig(**SWIN)
    config = t.Mask2FormerConfig(backbone_config=backbone, feature_size=32, mask_feature_size=32, **QUERIES, **labels())
    return t.Mask2FormerForUniversalSegmentation(config), t.Mask2FormerImageProcessorPil(**SMALL)


def oneformer(t):
    config = t.OneFormerConfig(
        backbone_config=t.SwinConfig(**SWIN),
        conv_dim=32,
        mask_dim=32,
        text_encoder_width=32,
        text_encoder_num_layers=1,
        text_encoder_vocab_size=8,
        text_encoder_n_ctx=2,
        query_dec_layers=1,
        is_training=False,
        **QUERIES,
        **labels(),
    )
    letters = ["<|startoftext|>", "<|endoftext|>", *"aehiknopst", *(letter + "</w>" for letter in "cek")]
    tokenizer = t.CLIPTokenizer(vocab={letter: n for n, letter in enumerate(letters)}, merges=[])
    processor = t.OneFormerImageProcessorPil(**SMALL)
    return t.OneFormerForUniversalSegmentation(config), processor, tokenizer


def clipseg(t):
    text = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    text |= {"max_position_embeddings": 12, "vocab_size": 40, "eos_token_id": 1, "bos_token_id": 0}
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    vision |= {"image_size": 32, "patch_size": 4}
    config = t.CLIPSegConfig(
        text_config=text,
        vision_config=vision,
        projection_dim=16,
        extract_layers=[1, 2],
        reduce_dim=8,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    model = t.CLIPSegForImageSegmentation(config)
    model.decoder.transposed_convolution.weight.data *= 30  # else its answer is nearly the same everywhere
    letters = ["<|startoftext|>", "<|endoftext|>", *"acdehrt", *(letter + "</w>" for letter in "acdehrt")]
    tokenizer = t.CLIPTokenizer(vocab={letter: n for n, letter in enumerate(letters)}, merges=[])
    processor = t.ViTImageProcessorPil(size={"height": 32, "width": 32}, do_resize=True)
    return model, tokenizer, processor


PROMPTS = {"hidden_size": 16, "image_size": 64, "patch_size": 8, "mask_input_channels": 4}
DECODER = {"hidden_size": 16, "mlp_dim": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "iou_head_depth": 2}


def sam(t):
    vision = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 64, "patch_size": 8}
    vision |= {"output_channels": 16, "window_size": 2, "global_attn_indexes": [0], "mlp_dim": 16, "num_pos_feats": 8}
    decoder = {**DECODER, "iou_head_hidden_dim": 8}
    config = t.SamConfig(vision_config=vision, prompt_encoder_config=PROMPTS, mask_decoder_config=decoder)
    size, padded = {"longest_edge": 64}, {"height": 64, "width": 64}
    return t.SamModel(config), t.SamImageProcessorPil(size=size, pad_size=padded)


class Settings:
    """How pictures are prepared, written as a processor would: that of SAM 2 needs torchvision."""

    def __init__(self, values):
        self.values = values

    def save_pretrained(self, folder):
        Path(folder, "preprocessor_config.json").write_text(json.dumps(self.values))


def sam2_parts(t):
    """What SAM 2 has for images and for videos."""
    backbone = t.Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[64, 64],
        blocks_per_stage=[1, 2, 1, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 1, 1],
        window_size_per_stage=[2, 2, 2, 2],
        window_positional_embedding_background_size=[2, 2],
        global_attention_blocks=[2],
    )
    vision = t.Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]],
        fpn_hidden_size=16,
    )
    prompts = {"hidden_size": 16, "image_size": 64, "patch_size": 16, "mask_input_channels": 4}
    decoder = {**DECODER, "iou_head_hidden_dim": 16}
    return {"vision_config": vision, "prompt_encoder_config": prompts, "mask_decoder_config": decoder}


SAM2_SETTINGS = {"size": {"height": 64, "width": 64}, "image_mean": [0.4, 0.5, 0.6]}


def sam2(t):
    return t.Sam2Model(t.Sam2Config(**sam2_parts(t))), Settings(SAM2_SETTINGS)


def sam2_video(t):
    """As in the hub, where SAM 2 has the parts for videos too."""
    sides = ("attention_hidden_size", "attention_feed_forward_hidden_size", "encoder_hidden_size", "fuser_embed_dim")
    memory = {f"memory_{name}": 16 for name in (*sides, "fuser_intermediate_dim")} | {
        "memory_encoder_output_channels": 8
    }
    memory |= {"memory_attention_num_layers": 1, "memory_fuser_num_layers": 1, "mask_downsampler_embed_dim": 16}
    memory |= {"image_size": 64}
    return t.Sam2VideoModel(t.Sam2VideoConfig(**sam2_parts(t), **memory)), Settings(SAM2_SETTINGS)


_ALL = (segformer, mobilenet, maskformer, mask2former, oneformer, clipseg, sam, sam2, sam2_video)
MAKERS = {maker.__name__: maker for maker in _ALL}


@pytest.fixture(scope="session")
def transformers():
    """The library, with its logging and warnings off."""
    library = pytest.importorskip("transformers", reason="the extra huggingface is not installed")
    pytest.importorskip("torch")
    level = logging.getLogger("transformers").level
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    yield library
    library.logging.enable_progress_bar()
    logging.getLogger("transformers").setLevel(level)


@pytest.fixture(scope="session")
def save(transformers):
    """Save a network and what belongs to it into a folder."""

    def run(folder, *parts):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for part in parts:
                part.save_pretrained(folder)
        return folder

    return run


@pytest.fixture(scope="session")
def saved(transformers, save, tmp_path_factory):
    """Return the folder of a tiny network with random weights, by family; not to be changed."""
    import torch

    made = {}

    def run(family):
        if family not in made:
            with warnings.catch_warnings(), torch.random.fork_rng():
                warnings.simplefilter("ignore")
                torch.manual_seed(1)
                made[family] = save(tmp_path_factory.mktemp(family), *MAKERS[family](transformers))
        return made[family]

    return run


@pytest.fixture
def hub(saved, tmp_path, monkeypatch):
    """Put tiny networks into a cache of the hub's client; returns the function that does."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *args, **options: pytest.fail("asked the hub"))

    def put(name, classes=None, *, family="segformer", padding=0):
        place = tmp_path / "hub" / f"models--{name.replace('/', '--')}"
        (place / "refs").mkdir(parents=True)
        (place / "refs" / "main").write_text(COMMIT)
        folder = shutil.copytree(saved(family), place / "snapshots" / COMMIT)
        config = json.loads((folder / "config.json").read_text())
        if classes:
            config["id2label"] = {str(n): each for n, each in enumerate(classes)}
            config["label2id"] = {each: n for n, each in enumerate(classes)}
        (folder / "config.json").write_text(json.dumps(config))
        if padding:
            (folder / "model-more.safetensors").write_bytes(bytes(padding))
        return folder

    return put
