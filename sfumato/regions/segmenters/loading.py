"""Load the networks of Hugging Face folders: quietly, whole, and of the right kind."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sfumato.errors import ModelError
from sfumato.regions.segmenters.hub import brief, demand, from_hub, silent, weights_in

__all__ = ["LOCAL", "complete", "folder_of", "network", "placed", "quiet"]

#: What is always asked for: nothing from the network, and no code that comes with a model.
LOCAL = {"local_files_only": True, "trust_remote_code": False}


def placed(name: str, role: str, model: str) -> str:
    """Return "hf:ORG/NAME" as it is, and the path of a folder in full.

    Parameters
    ----------
    name : str
        "hf:ORG/NAME", or the path of a folder.
    role : str
        What the network is used as, for the message.
    model : str
        The kind of model that the folder must hold, for the message.

    Raises
    ------
    ModelError
        If it is neither.

    Examples
    --------
    >>> placed("hf:org/name", "clicker", "Segment Anything")
    'hf:org/name'
    """
    if name.startswith("hf:"):
        return name
    with suppress(OSError):  # the name is too long for a path
        if name and Path(name).is_dir():
            return str(Path(name).resolve())
    raise ModelError(
        f'no {role} is called "{name}", and no folder either; use "auto", "hf:ORG/NAME", or the path of a folder '
        f"with a {model} model"
    )


def folder_of(name: str) -> Path:
    """Return the folder of "hf:ORG/NAME", downloaded if necessary, or of a path; it holds a model.

    Raises
    ------
    ModelError
        If transformers is not installed, or the model is missing or incomplete, or cannot be downloaded.
    """
    try:
        silent("transformers")
    except ImportError as error:
        raise ModelError(f'"{name}" needs transformers ({error}); run: pip install "sfumato[huggingface]"') from error
    folder = from_hub(name.removeprefix("hf:")) if name.startswith("hf:") else Path(name)
    demand(name, folder, "config.json")
    demand(name, folder, "preprocessor_config.json", "processor_config.json")
    if not weights_in(folder):
        demand(name, folder, "model.safetensors", "pytorch_model.bin")
    return folder


def network(name: str, folder: Path, kinds: Mapping[str, str], wanted: str) -> Any:
    """Load the network in a folder, if it is of one of several kinds.

    Parameters
    ----------
    name : str
        The name that was given, for messages.
    folder : Path
        The folder.
    kinds : mapping of str to str
        The class that loads the model, by the class that wrote it.
    wanted : str
        What to use instead of a model of another kind, for the message.

    Returns
    -------
    transformers.PreTrainedModel
        In evaluation mode, in float32.

    Raises
    ------
    ModelError
        If the model is of another kind, is damaged, or lacks weights.
    """
    transformers = silent("transformers")
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **LOCAL)
        found = " or ".join(config.architectures or [config.model_type])
        if found not in kinds:
            raise ModelError(f'"{name}" holds a model of another kind ({found}); use {wanted}')
        model, report = getattr(transformers, kinds[found]).from_pretrained(
            folder, dtype="float32", output_loading_info=True, ignore_mismatched_sizes=True, **LOCAL
        )
    except ModelError:
        raise
    except Exception as error:  # damaged files raise errors of many kinds
        raise ModelError(f'"{name}" cannot be loaded: {brief(error)}; use another, or fetch its files again') from error
    complete(name, model, report)
    return model.eval()


def complete(name: str, model: Any, report: Mapping[str, Any]) -> None:
    """Refuse a model whose files lacked weights, which were made up.

    Raises
    ------
    ModelError
        If there are such weights.
    """
    lost = {*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])}
    if made_up := sorted(lost & {key for key, _ in model.named_parameters()}):
        raise ModelError(
            f'"{name}" lacks {len(made_up)} of its weights, or has them in other sizes, such as {made_up[0]}; '
            "use another, or fetch its files again"
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Transformers from logging, warning and drawing progress bars."""
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
