"""Any semantic, instance or panoptic model of the Hugging Face kind, from the hub or a folder."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import ModelError
from sfumato.images.resizing import scaled_size, shrunk
from sfumato.regions.segmenters.segments import Segments, gather, separate, vocabulary

if TYPE_CHECKING:
    import torch

__all__ = ["HuggingFace", "names_in", "place_of"]

_QUERIES = ("mask2former", "maskformer", "oneformer")
_FILES = ("*.json", "*.txt")
_WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")
_SEEN = 2048  # a network's own preparation makes less of it; this keeps its memory small
_KEPT = 1024
_SURE = 0.5


class HuggingFace:
    """The segmenters "hf:ORG/NAME", and those in a folder.

    Semantic models (SegFormer, UPerNet, BEiT, DPT, MobileNet, MobileViT ...) give the softmax of
    their logits. MaskFormer, Mask2Former and OneFormer give, for each label, the class
    probabilities of their queries times the queries' mask probabilities, summed; where such sums
    exceed 1 in all, they are divided by their sum. OneFormer is asked for its panoptic answer.

    Instances are the queries that these three are more than 0.5 sure of and of whose area, mask
    probability over 0.5, at least 0.8 is not more another's. Where instances overlap, each has
    its share. Models trained for semantic maps have one query for a label, hence one instance.

    A model of the hub is taken from the hub's cache if it is there, else downloaded into it. No
    code that comes with a model is run. Maps have the network's own size, 1024 at most.

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
        try:
            transformers = _silent("transformers")
        except ImportError as error:
            raise ModelError(
                f'"{name}" needs transformers ({error}); run: pip install "sfumato[huggingface]"'
            ) from error
        self.name = name
        folder = _from_hub(name.removeprefix("hf:")) if name.startswith("hf:") else Path(name)
        _demand(name, folder, "config.json")
        _demand(name, folder, "preprocessor_config.json", "processor_config.json")
        if not _weights(folder):
            _demand(name, folder, "model.safetensors", "pytorch_model.bin")
        self.key = _key(sorted([file for pattern in _FILES for file in folder.glob(pattern)] + _weights(folder)))
        with _quiet():
            self._model, self._processor, self._task = _load(name, folder, transformers)
        classes = self._model.config.id2label
        self._labels, self._names = vocabulary([classes[index] for index in sorted(classes)])

    @property
    def names(self) -> Mapping[str, str]:
        """Every name that it understands, and the label that each stands for."""
        return self._names

    @checked("photo")
    def __call__(self, photo: NDArray[np.float32]) -> Segments:
        """Say what is where in a photo.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            sRGB in [0, 1].

        Returns
        -------
        Segments
            With instances if the network has queries.
        """
        import torch

        scale = min(1, _SEEN / max(photo.shape[:2]))
        small = shrunk(photo, *scaled_size(photo, scale))
        seen = np.rint(255 * np.clip(small, 0, 1)).astype(np.uint8)
        # The maps must cover the photo and nothing else.
        whole = {option: False for option in ("do_center_crop", "do_pad") if getattr(self._processor, option, False)}
        with _quiet(), torch.inference_mode():
            inputs = self._processor(images=seen, return_tensors="pt", input_data_format="channels_last", **whole)
            answer = self._model(**{**inputs, **self._task})
            if self._model.config.model_type in _QUERIES:
                return self._from_queries(answer.class_queries_logits[0], answer.masks_queries_logits[0])
            maps = _shrunk(answer.logits[0]).softmax(0).numpy()
        return Segments(gather(maps, self._labels), ())

    def _from_queries(self, class_logits: torch.Tensor, mask_logits: torch.Tensor) -> Segments:
        """Put together what the queries found."""
        import torch

        classes, masks = class_logits.softmax(-1), _shrunk(mask_logits).sigmoid()
        maps = torch.einsum("qc,qhw->chw", classes[:, :-1], masks)  # the last class is "no object"
        scores, best = classes.max(-1)
        labels = [*self._labels, ""]
        sure = [query for query, index in enumerate(best) if scores[query] > _SURE and labels[index]]
        instances = separate(scores[sure].numpy(), masks[sure].numpy())
        named = tuple((labels[best[sure[query]]], mask) for query, mask in instances)
        return Segments(gather(maps.numpy(), self._labels), named)


def _silent(name: str) -> Any:
    """Import a library of Hugging Face with its telemetry off."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read when it is imported
    return importlib.import_module(name)


def place_of(name: str) -> Path | None:
    """Return the folder of a model, "hf:ORG/NAME" or a folder's path, that is on this machine; None if it is not."""
    if not name.startswith("hf:"):
        return Path(name)
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    try:
        config = _silent("huggingface_hub").try_to_load_from_cache(name.removeprefix("hf:"), "config.json")
    except ValueError:  # no name of a repository
        return None
    return Path(config).parent if isinstance(config, str) else None


def names_in(folder: Path) -> Mapping[str, str] | None:
    """Return every name that a model in a folder understands, from its configuration; None if that does not tell."""
    try:
        classes = json.loads((folder / "config.json").read_bytes())["id2label"]
        return vocabulary([classes[number] for number in sorted(classes, key=int)])[1]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _shrunk(logits: torch.Tensor) -> torch.Tensor:
    """Bring maps, shape (n, h, w), to 1024 pixels on the longer side if they are larger."""
    import torch

    scale = min(1, _KEPT / max(logits.shape[1:]))
    size = [max(1, round(side * scale)) for side in logits.shape[1:]]
    return torch.nn.functional.interpolate(logits[None], size, mode="bilinear", antialias=True)[0]


def _load(name: str, folder: Path, transformers: Any) -> tuple[Any, Any, dict[str, torch.Tensor]]:
    """Load the network, what prepares pictures for it, and what else it wants to be told."""
    known = transformers.models.auto.modeling_auto
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **local)
        kind, loader = config.model_type, known.AutoModelForSemanticSegmentation
        expected = known.MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES.get(kind)
        if kind in _QUERIES:
            loader = known.AutoModelForUniversalSegmentation
            expected = known.MODEL_FOR_UNIVERSAL_SEGMENTATION_MAPPING_NAMES[kind]
        found = " or ".join(config.architectures or [expected or kind])
        if found != expected:
            raise ModelError(
                f'"{name}" holds a model of another kind ({found}); use one for semantic segmentation, '
                "MaskFormer, Mask2Former or OneFormer"
            )
        model, report = loader.from_pretrained(
            folder, config=config, dtype="float32", output_loading_info=True, ignore_mismatched_sizes=True, **local
        )
        # Else OneFormer's would fetch a list of classes, which is for training only.
        extra = {"class_info_file": None} if kind == "oneformer" else {}
        processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil", **extra, **local)
        task = {}
        if kind == "oneformer":
            _demand(name, folder, "tokenizer.json", "vocab.json")  # else a tokenizer without words is made up
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **local)
            length = {"padding": "max_length", "truncation": True, "max_length": config.task_seq_len}
            tokens = tokenizer(["the task is panoptic"], return_tensors="pt", **length)
            task["task_inputs"] = tokens["input_ids"] * tokens["attention_mask"]
    except ModelError:
        raise
    except Exception as error:  # whatever its many parts stumble over in the files
        raise ModelError(
            f'"{name}" cannot be loaded: {_brief(error)}; use another, or fetch its files again'
        ) from error
    lost = {*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])}
    if made_up := sorted(lost & {key for key, _ in model.named_parameters()}):
        raise ModelError(
            f'"{name}" lacks {len(made_up)} of its weights, or has them in other sizes, such as {made_up[0]}; '
            "use another, or fetch its files again"
        )
    return model.eval(), processor, task


def _demand(name: str, folder: Path, *files: str) -> None:
    """Refuse a folder that holds none of these files."""
    if not any((folder / file).is_file() for file in files):
        raise ModelError(f'"{name}" holds no whole model: {" or ".join(files)} is missing; fetch its files again')


def _from_hub(repository: str) -> Path:
    """Return the folder of a hub model in the hub's cache, after downloading it if need be."""
    try:
        there = place_of(f"hf:{repository}")
        if there is not None and _weights(there):
            return there
        for weights in _WEIGHTS:  # the second kind only if there are none of the first
            folder = Path(_silent("huggingface_hub").snapshot_download(repository, allow_patterns=[*_FILES, weights]))
            if _weights(folder):
                break
        return folder
    except Exception as error:  # the network's many ways to fail have no common base
        raise ModelError(
            f'"hf:{repository}" is not in the cache and cannot be fetched: {_brief(error)}; '
            "check the name and the network, or give a folder that holds the model"
        ) from error


def _weights(folder: Path) -> list[Path]:
    """List a folder's weight files, of the kind that is loaded."""
    return next((found for pattern in _WEIGHTS if (found := sorted(folder.glob(pattern)))), [])


def _key(files: list[Path]) -> str:
    """Hash the names and contents of files."""
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            whole.update(f"{file.name} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def _brief(error: Exception) -> str:
    """Return the first sentence of an error's message, on one line, cut if it is long."""
    sentence = " ".join(str(error).split()).split(". ")[0].rstrip(".") or type(error).__name__
    return sentence if len(sentence) <= 250 else sentence[:249] + "…"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from logging, warning and drawing progress bars."""
    from transformers.utils import logging as speech

    level = speech.get_verbosity()
    speech.set_verbosity(logging.ERROR)
    hook = speech.set_tqdm_hook(lambda factory, args, options: factory(*args, **{**options, "disable": True}))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        speech.set_tqdm_hook(hook)
        speech.set_verbosity(level)
