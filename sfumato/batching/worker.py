"""What runs on a worker, besides the work on a picture itself."""

from __future__ import annotations

import secrets
import signal
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sfumato import __version__
from sfumato.batching.tasks import Order, Record, Settings, Task
from sfumato.batching.work import paint
from sfumato.errors import ModelError, SfumatoError

__all__ = ["lacks", "plugin", "work"]

# Number of this worker among those of the machine, which chooses its GPU.
_number = 0


def plugin(threads: Mapping[str, int], *, own: bool) -> Any:
    """Return a plugin that sets up each worker, also one that comes later or is started again.

    It gives a worker its share of the machine's cores. Dask starts workers with OMP_NUM_THREADS=1.

    Parameters
    ----------
    threads : mapping of str to int
        How many tasks each worker takes at once, by its address.
    own : bool
        Whether the workers are processes of this machine, started for one batch.
    """
    from distributed import WorkerPlugin

    on_host = Counter[str]()
    for address, count in threads.items():
        on_host[_host(address)] += count

    class Setup(WorkerPlugin):  # type: ignore[misc]
        # A name of its own, so that of two batches on one scheduler each removes no other plugin than its own.
        name = f"sfumato-{secrets.token_hex(8)}"

        def setup(self, worker: Any) -> None:
            _set_up(worker, on_host[_host(worker.address)] or worker.state.nthreads, own=own)

    return Setup()


def _set_up(worker: Any, at_once: int, *, own: bool) -> None:
    """Share the cores of a machine among the pictures that are painted on it at once."""
    global _number
    from sfumato.compute.memory import keep_pages
    from sfumato.compute.threads import share

    if own:
        _number = int(worker.name)
        keep_pages()
        # Ctrl-C goes to all processes of a terminal, and what is in flight is to be finished.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    share(at_once)


def _host(address: str) -> str:
    return urlsplit(address).hostname or ""


def work(task: Task, settings: Settings) -> Record:
    """Paint one picture on a worker; each worker of a machine with several GPUs has one of them."""
    return paint(task, replace(settings, device=_device(settings.device)))


def _device(name: str) -> str:
    import torch

    if name in ("auto", "cuda") and (count := torch.cuda.device_count()):
        return f"cuda:{_number % count}"
    return name


def lacks(orders: Iterable[Order], files: Iterable[str], models: Iterable[str], version: str) -> str:
    """Tell what a worker lacks to paint by some recipes.

    Parameters
    ----------
    orders : iterable of Order
        The recipes.
    files : iterable of str
        Their files, where the batch was started.
    models : iterable of str
        The network files that they need, which are fetched if they are absent.
    version : str
        Version of sfumato that hands out the tasks.

    Returns
    -------
    str
        Empty if it lacks nothing.

    Examples
    --------
    >>> lacks([], ["/no-such-style.jpg"], [], __version__)
    'does not see /no-such-style.jpg, a file of a recipe; put it where all workers find it under that path'
    """
    from sfumato.jobs import needs

    if version != __version__:
        return f"has sfumato {__version__}, and this is {version}; install the same"
    for file in files:
        if not Path(file).is_file():
            return f"does not see {file}, a file of a recipe; put it where all workers find it under that path"
    for order in orders:
        try:
            order.check()
        except SfumatoError as error:
            return f"cannot carry out the recipe {order.name}: {error}"
    try:
        needs.fetch(models)
    except ModelError as error:
        return str(error)
    return ""
