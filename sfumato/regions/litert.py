"""Interpreters of LiteRT, which runs networks in TensorFlow Lite's format."""

from __future__ import annotations

from typing import Any

from sfumato import models
from sfumato.errors import ModelError

__all__ = ["interpreter"]


def interpreter(model: str, need: str, extra: str, *, inner: bool = False) -> Any:
    """Load a network into LiteRT.

    Parameters
    ----------
    model : str
        Name of the network in `sfumato.models.MODELS`.
    need : str
        What needs LiteRT, such as "faces need", for a message.
    extra : str
        Extra of this package that installs it, for the message.
    inner : bool
        Keep the results of all layers, so that they can be read.

    Returns
    -------
    ai_edge_litert.interpreter.Interpreter
        Interpreter on one thread of the CPU, with its tensors allocated. It serves one thread at a time.

    Raises
    ------
    ModelError
        If LiteRT is not installed, or the network file is not in the model store and cannot be fetched.

    Examples
    --------
    >>> interpreter("deeplab", '"deeplab" needs', "deeplab")  # doctest: +SKIP
    """
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise ModelError(f'{need} LiteRT ({error}); run: pip install "sfumato[{extra}]"') from error
    network = Interpreter(
        model_path=str(models.path(model)),
        num_threads=1,  # a second thread saves a tenth of the time, and costs more on a busy machine
        # The default delegate fails on quantized networks, and prints a line.
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=inner,
    )
    network.allocate_tensors()
    return network
