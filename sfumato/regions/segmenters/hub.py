"""Folders of Hugging Face models: found in the hub's cache, downloaded, checked."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfumato.errors import ModelError
from sfumato.regions.segmenters.segments import vocabulary

__all__ = ["QUERIES", "brief", "cached", "demand", "from_hub", "key_of", "names_in", "place_of", "silent", "weights_in"]

_FILES = ("*.json", "*.txt")
_WEIGHTS = ("model*.safetensors", "pytorch_model*.bin")

#: Families whose networks answer with queries, one for each thing.
QUERIES = ("mask2former", "maskformer", "oneformer")

_MANY = 100  # labels from which a network is for photos of all kinds, rather than for streets, clothes or faces


def silent(name: str) -> Any:
    """Import one of Hugging Face's libraries with telemetry turned off."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"  # read during the import
    return importlib.import_module(name)


def place_of(name: str) -> Path | None:
    """Return the local folder of a model, given as "hf:ORG/NAME" or a path; None if it is not on this machine."""
    if not name.startswith("hf:"):
        return Path(name)
    if importlib.util.find_spec("huggingface_hub") is None:
        return None
    try:
        config = silent("huggingface_hub").try_to_load_from_cache(name.removeprefix("hf:"), "config.json")
    except ValueError:  # not the name of a repository
        return None
    return Path(config).parent if isinstance(config, str) else None


def names_in(folder: Path) -> Mapping[str, str] | None:
    """Return the names that a model's configuration lists, with the label of each; None if it lists none."""
    try:
        classes = json.loads((folder / "config.json").read_bytes())["id2label"]
        return vocabulary([classes[number] for number in sorted(classes, key=int)])[1]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def cached() -> list[str]:
    """List the segmenters in the hub's cache, "hf:ORG/NAME": those with many labels first, then by size.

    Models of other kinds, and unfinished downloads, are left out. So is everything if Transformers is not installed.
    """
    if any(importlib.util.find_spec(library) is None for library in ("huggingface_hub", "transformers")):
        return []
    found = []
    for place in Path(silent("huggingface_hub.constants").HF_HUB_CACHE).glob("models--*"):
        name = "hf:" + place.name.removeprefix("models--").replace("--", "/")
        folder = place_of(name)
        if folder is not None and _is_segmenter(folder) and (names := names_in(folder)):
            size = sum(file.stat().st_size for file in weights_in(folder))
            found.append((len(set(names.values())) < _MANY, size, name))
    return [name for *_, name in sorted(found)]


def _is_segmenter(folder: Path) -> bool:
    """Tell whether a folder holds a whole model of a kind that can be used."""
    try:
        config = json.loads((folder / "config.json").read_bytes())
        kinds = [str(kind) for kind in config.get("architectures") or []]
        wanted = config.get("model_type") in QUERIES or any(kind.endswith("ForSemanticSegmentation") for kind in kinds)
    except (OSError, ValueError, TypeError, AttributeError):
        return False
    prepared = any((folder / file).is_file() for file in ("preprocessor_config.json", "processor_config.json"))
    return wanted and prepared and bool(weights_in(folder))


def demand(name: str, folder: Path, *files: str) -> None:
    """Refuse a folder that has none of these files."""
    if not any((folder / file).is_file() for file in files):
        raise ModelError(f'"{name}" holds no whole model: {" or ".join(files)} is missing; fetch its files again')


def from_hub(repository: str) -> Path:
    """Return the folder of a hub model in the hub's cache; download it first if necessary."""
    try:
        there = place_of(f"hf:{repository}")
        if there is not None and weights_in(there):
            return there
        for weights in _WEIGHTS:  # the second format only if there is nothing in the first
            folder = Path(silent("huggingface_hub").snapshot_download(repository, allow_patterns=[*_FILES, weights]))
            if weights_in(folder):
                break
        return folder
    except Exception as error:  # network errors have no common base class
        raise ModelError(
            f'"hf:{repository}" is not in the cache and cannot be fetched: {brief(error)}; '
            "check the name and the network, or give a folder that holds the model"
        ) from error


def weights_in(folder: Path) -> list[Path]:
    """List a folder's weight files, in the format that is loaded."""
    return next((found for pattern in _WEIGHTS if (found := sorted(folder.glob(pattern)))), [])


def key_of(folder: Path) -> str:
    """Return a hash of the names and contents of the files that make up a model."""
    whole = hashlib.sha256()
    for file in sorted([file for pattern in _FILES for file in folder.glob(pattern)] + weights_in(folder)):
        with file.open("rb") as stream:
            whole.update(f"{file.name} {hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def brief(error: Exception) -> str:
    """Return the first sentence of an error's message, on one line, cut if it is long."""
    sentence = " ".join(str(error).split()).split(". ")[0].rstrip(".") or type(error).__name__
    return sentence if len(sentence) <= 250 else sentence[:249] + "…"
