"""Any semantic, instance or panoptic Hugging Face model, from the hub or a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import ModelError
from sfumato.images.resizing import scaled_size, shrunk
from sfumato.regions.segmenters.hub import QUERIES, brief, demand, key_of, silent
from sfumato.regions.segmenters.loading import LOCAL, complete, folder_of, quiet
from sfumato.regions.segmenters.segments import Segments, gather, separate, vocabulary

if TYPE_CHECKING:
    import torch

__all__ = ["HuggingFace"]

_SEEN = 2048  # longer side of what is handed to the network's own preparation, to bound its memory
_KEPT = 1024  # longer side of the maps
_SURE = 0.5  # minimum score of an instance


class HuggingFace:
    """The segmenters "hf:ORG/NAME", and those in a folder.

    For semantic models (SegFormer, UPerNet, BEiT, DPT, MobileNet, MobileViT ...), the maps are the softmax of the
    logits. For MaskFormer, Mask2Former and OneFormer, the map of a label is a sum over the queries: class probability
    times mask probability. Where the maps add up to more than 1, they are divided by their sum. OneFormer is asked for
    its panoptic answer.

    With these three models, an instance is a query with a class probability above 0.5 that wins at least 0.8 of its
    area, where its mask probability is above 0.5, against the other queries. Where instances overlap, each gets its
    share. Models trained for semantic maps have one query per label, and so one instance.

    A hub model is taken from the hub's cache, and downloaded if it is not there. Code that comes with a model is never
    run. Maps have the network's own size, at most 1024 pixels.

    Parameters
    ----------
    name : str
        "hf:ORG/NAME", or the path of a folder with config.json, preprocessor_config.json, and
        model.safetensors or pytorch_model.bin.

    Raises
    ------
    ModelError
        If transformers is not installed; if the model is missing, incomplete or damaged, or is
        not a segmenter; or if it cannot be downloaded.

    References
    ----------
    Cheng, Schwing and Kirillov, "Per-pixel classification is not all you need for semantic
    segmentation", NeurIPS 2021, sections 3.3 and 3.4.
    """

    def __init__(self, name: str) -> None:
        folder = folder_of(name)
        self.name = name
        self.key = key_of(folder)
        with quiet():
            self._model, self._processor, self._task = _load(name, folder)
        classes = self._model.config.id2label
        self._labels, self._names = vocabulary([classes[index] for index in sorted(classes)])

    @property
    def names(self) -> Mapping[str, str]:
        """Every name that the network understands, and the label that each stands for."""
        return self._names

    @checked("photo")
    def __call__(self, photo: NDArray[np.float32]) -> Segments:
        """Find what is where in a photo.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            sRGB in [0, 1].

        Returns
        -------
        Segments
            The labels, and instances if the network has queries.
        """
        import torch

        scale = min(1, _SEEN / max(photo.shape[:2]))
        small = shrunk(photo, *scaled_size(photo, scale))
        seen = np.rint(255 * np.clip(small, 0, 1)).astype(np.uint8)
        # The maps must cover the photo and nothing else.
        whole = {option: False for option in ("do_center_crop", "do_pad") if getattr(self._processor, option, False)}
        with quiet(), torch.inference_mode():
            inputs = self._processor(images=seen, return_tensors="pt", input_data_format="channels_last", **whole)
            answer = self._model(**{**inputs, **self._task})
            if self._model.config.model_type in QUERIES:
                return self._from_queries(answer.class_queries_logits[0], answer.masks_queries_logits[0])
            maps = _shrunk(answer.logits[0]).softmax(0).numpy()
        return Segments(gather(maps, self._labels), ())

    def _from_queries(self, class_logits: torch.Tensor, mask_logits: torch.Tensor) -> Segments:
        """Combine the answers of the queries."""
        import torch

        classes, masks = class_logits.softmax(-1), _shrunk(mask_logits).sigmoid()
        maps = torch.einsum("qc,qhw->chw", classes[:, :-1], masks)  # the last class is "no object"
        scores, best = classes.max(-1)
        labels = [*self._labels, ""]
        sure = [query for query, index in enumerate(best) if scores[query] > _SURE and labels[index]]
        instances = separate(scores[sure].numpy(), masks[sure].numpy())
        named = tuple((labels[best[sure[query]]], mask) for query, mask in instances)
        return Segments(gather(maps.numpy(), self._labels), named)


def _shrunk(logits: torch.Tensor) -> torch.Tensor:
    """Reduce maps, shape (n, h, w), to at most 1024 pixels on the longer side."""
    import torch

    scale = min(1, _KEPT / max(logits.shape[1:]))
    size = [max(1, round(side * scale)) for side in logits.shape[1:]]
    return torch.nn.functional.interpolate(logits[None], size, mode="bilinear", antialias=True)[0]


def _load(name: str, folder: Path) -> tuple[Any, Any, dict[str, torch.Tensor]]:
    """Load the network and its image processor, and return both with the network's further inputs."""
    transformers = silent("transformers")
    known = transformers.models.auto.modeling_auto
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **LOCAL)
        kind, loader = config.model_type, known.AutoModelForSemanticSegmentation
        expected = known.MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES.get(kind)
        if kind in QUERIES:
            loader = known.AutoModelForUniversalSegmentation
            expected = known.MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING_NAMES[kind]
        found = " or ".join(config.architectures or [expected or kind])
        if found != expected:
            raise ModelError(
                f'"{name}" holds a model of another kind ({found}); use one for semantic segmentation, '
                "MaskFormer, Mask2Former or OneFormer"
            )
        model, report = loader.from_pretrained(
            folder, config=config, dtype="float32", output_loading_info=True, ignore_mismatched_sizes=True, **LOCAL
        )
        # OneFormer's processor would otherwise fetch a list of classes, which only training needs.
        extra = {"class_info_file": None} if kind == "oneformer" else {}
        processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil", **extra, **LOCAL)
        task = {}
        if kind == "oneformer":
            demand(name, folder, "tokenizer.json", "vocab.json")  # without them, an empty tokenizer is made up
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **LOCAL)
            length = {"padding": "max_length", "truncation": True, "max_length": config.task_seq_len}
            tokens = tokenizer(["the task is panoptic"], return_tensors="pt", **length)
            task["task_inputs"] = tokens["input_ids"] * tokens["attention_mask"]
    except ModelError:
        raise
    except Exception as error:  # damaged files raise errors of many kinds
        raise ModelError(f'"{name}" cannot be loaded: {brief(error)}; use another, or fetch its files again') from error
    complete(name, model, report)
    return model.eval(), processor, task
