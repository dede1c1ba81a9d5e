"""Workers: processes of this machine, or those of a running scheduler. Dask distributes the tasks."""

from __future__ import annotations

import logging
import multiprocessing
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sfumato import __version__
from sfumato.batching import worker
from sfumato.batching.tasks import Order, Record, Settings, Task
from sfumato.batching.window import Window
from sfumato.errors import InputError, SfumatoError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["connected", "painted"]

# Seconds to wait for a scheduler, and for its first worker.
_ANSWER, _FIRST_WORKER = 20, 20


@contextmanager
def connected(workers: int, scheduler: str | None = None, *, dashboard: bool = False) -> Iterator[Client]:
    """Start workers on this machine, or connect to a running scheduler.

    Parameters
    ----------
    workers : int
        Number of workers, if there is no scheduler.
    scheduler : str, optional
        Address of a scheduler, such as "tcp://scheduler:8786".
    dashboard : bool
        Let the scheduler of this machine's workers show its dashboard.

    Yields
    ------
    distributed.Client

    Raises
    ------
    InputError
        If Dask is not installed, workers cannot be started, or no scheduler answers.
    """
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InputError("several workers need the package distributed; install sfumato[batch]") from error
    if dashboard and not scheduler:
        try:
            import bokeh  # noqa: F401
        except ImportError as error:
            raise InputError("the dashboard needs the package bokeh; install it, or do without", option="") from error
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise InputError("a script that starts workers runs again in each of them; call it under a main guard")
    if scheduler:
        _check_certificates(scheduler)
        with _client(Client, scheduler) as client:
            yield client
        return
    # A picture that was on a worker that died comes back at once, so that it can be tried again on its own.
    with (
        tempfile.TemporaryDirectory(prefix="sfumato-", ignore_cleanup_errors=True) as scratch,
        dask.config.set({"distributed.scheduler.allowed-failures": 0, "temporary-directory": scratch}),
    ):
        try:
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": dashboard},
                memory_limit=None,  # a worker that holds freed memory would be paused, and one that is large killed
                silence_logs=logging.CRITICAL,
            )
        except RuntimeError as error:
            raise InputError(f"no worker could be started ({error}); scripts need a main guard") from error
        with cluster, _client(Client, cluster) as client:
            yield client


def _check_certificates(scheduler: str) -> None:
    """Refuse an address with TLS if there are no certificates, with which a client does not even begin."""
    from distributed.security import Security

    if scheduler.startswith("tls://") and Security().get_connection_args("client").get("ssl_context") is None:
        raise InputError(f"{scheduler}: no certificates are set; name them in Dask's configuration")


@contextmanager
def _client(kind: type[Client], place: Any) -> Iterator[Client]:
    try:
        client = kind(place, timeout=_ANSWER, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{place}: no scheduler answers there ({reason}); check the address") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_FIRST_WORKER)
        except TimeoutError as error:
            raise InputError(f"{place}: the scheduler has no workers; start some") from error
        yield client


def painted(
    client: Client,
    tasks: Iterable[Task],
    orders: Sequence[Order],
    settings: Settings,
    *,
    own: bool,
    stopping: Callable[[], bool] = lambda: False,
) -> Generator[Record]:
    """Paint pictures on workers; yield a record of each as it is done.

    No more tasks are handed out than twice the number of threads, so that neither client nor scheduler holds more. A
    picture whose worker died is tried again after all others, on a worker of its own: if that dies too, it is given up.

    Parameters
    ----------
    client : distributed.Client
        Connection to the workers.
    tasks : iterable of Task
        The pictures.
    orders : sequence of Order
        All recipes.
    settings : Settings
        What all of them share.
    own : bool
        Whether the workers are processes of this machine, started for this batch.
    stopping : callable
        Asked before a picture is handed out; if it returns True, only what is in flight is finished.

    Raises
    ------
    SfumatoError
        If the workers lack something that a recipe needs, or the scheduler is gone.
    """
    if not own:
        _check(client, orders)
    setup = worker.plugin(client.nthreads(), own=own)
    client.register_plugin(setup)
    try:
        yield from Window(client, settings, stopping).run(iter(tasks))
    except Exception as error:
        if client.status == "running":
            raise
        raise SfumatoError("the scheduler is gone; paint the rest by the same command when it is back") from error
    finally:
        if not own and client.status == "running":
            client.unregister_worker_plugin(setup.name)


def _check(client: Client, orders: Sequence[Order]) -> None:
    """Refuse workers that lack what a recipe needs."""
    files = sorted({str(path.absolute()) for order in orders for path in order.files()})
    models = sorted({name for order in orders for name in order.models()})
    try:
        found = client.run(worker.lacks, list(orders), files, models, __version__)
    except Exception as error:  # whatever a worker raises that has not even this function
        raise InputError(f"the workers cannot run sfumato ({error}); install it there") from error
    for address, problem in found.items():
        if problem:
            raise InputError(f"the worker {address} {problem}")
