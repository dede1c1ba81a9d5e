"""Many pictures by one recipe or several: the function."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sfumato.batching.names import DEFAULT, Template
from sfumato.batching.plan import Plan, load_recipes, order_of
from sfumato.batching.sources import photos_of
from sfumato.batching.tasks import Exists, Order, Record, Settings, Task
from sfumato.batching.work import paint
from sfumato.errors import InputError, RecipeError
from sfumato.jobs import needs
from sfumato.recipe import Recipe

__all__ = ["batch", "carried_out"]

Paths = str | os.PathLike[str]


def batch(
    recipe: Recipe | Paths | Sequence[Recipe | Paths],
    paths: Paths | Iterable[Paths],
    *,
    output: Paths = DEFAULT,
    recursive: bool = False,
    exists: Exists = "skip",
    workers: int = 1,
    scheduler: str | None = None,
    device: str = "auto",
    precision: str = "auto",
) -> Generator[Record]:
    """Restyle many photos, each written as soon as it is done.

    Parameters
    ----------
    recipe : Recipe, path, or a sequence of those
        What to do; of several recipes, each photo is painted by each.
    paths : path or iterable of paths
        Folders, files, patterns such as ``photos/**/*.jpg``, and addresses such as ``s3://bucket/photos/``.
    output : path
        Template of the outputs' names; see `sfumato.batching.Template`. It may be an address.
    recursive : bool
        Search the folders in folders as well.
    exists : {"skip", "replace", "refuse"}
        What to do with outputs that exist: skip those by the same recipe from the same photo and paint the others
        again, replace all, or refuse to begin.
    workers : int
        Number of processes. With 1, the photos are painted in this process; more need Dask, and, in a script, a main
        guard.
    scheduler : str, optional
        Address of a running Dask scheduler, whose workers take the place of `workers`.
    device, precision : str
        As for `sfumato.stylize`.

    Returns
    -------
    iterator of Record
        One for each photo and recipe, in the order in which they are done. A photo that fails has an error in its
        record, and the others go on. An iterator that is closed or left paints no more.

    Raises
    ------
    InputError
        If a recipe, a file of it or a photo cannot be found, or no scheduler answers.
    OutputError
        If two outputs have the same name, or lie among the photos, or cannot be written.
    ModelError
        If a network file that a recipe needs cannot be fetched.

    Examples
    --------
    >>> for done in batch("dusk.toml", "photos/", output="out/{stem}.png"):  # doctest: +SKIP
    ...     print(done.output, done.status, done.error)
    """
    one = isinstance(recipe, Recipe | str | os.PathLike)
    orders = _orders([recipe] if one else recipe)  # type: ignore[list-item, arg-type]
    sources = [paths] if isinstance(paths, str | os.PathLike) else paths
    plan = Plan(orders, photos_of(sources, recursive=recursive), Template(os.fspath(output)), exists)
    plan.check(here=scheduler is None)
    plan.prepare()
    if scheduler is None:
        needs.fetch(sorted(set().union(*(order.models() for order in plan.orders))))
    return carried_out(plan, Settings(device, precision), workers=workers, scheduler=scheduler)


def carried_out(
    plan: Plan,
    settings: Settings,
    *,
    workers: int = 1,
    scheduler: str | None = None,
    dashboard: bool = False,
    stopping: Callable[[], bool] = lambda: False,
    connected_to: Callable[[str], None] = lambda address: None,
) -> Generator[Record]:
    """Carry out a plan that was checked; yield a record of each picture as it is done.

    Parameters
    ----------
    plan : Plan
        What to paint.
    settings : Settings
        What all pictures share.
    workers, scheduler, dashboard
        As for `sfumato.batching.cluster.connected`. One worker without a scheduler is this process.
    stopping : callable
        Asked before each picture is begun; if it returns True, no other is.
    connected_to : callable
        Called with the address of the dashboard, if there is one.

    Raises
    ------
    InputError
        If there are no workers, or two kinds of them.
    """
    if workers < 1:
        raise InputError(f"{workers} workers cannot paint; choose 1 or more")
    if scheduler is not None and (workers > 1 or dashboard):
        raise InputError(
            f"the scheduler {scheduler} has its own workers and dashboard; leave out those of this machine"
        )
    if workers == 1 and scheduler is None and not dashboard:
        return (paint(task, settings) for task in _until(stopping, plan))
    return _distributed(plan, settings, workers, scheduler, dashboard, stopping, connected_to)


def _until(stopping: Callable[[], bool], tasks: Iterable[Task]) -> Iterator[Task]:
    for task in tasks:
        if stopping():
            return
        yield task


def _distributed(
    plan: Plan,
    settings: Settings,
    workers: int,
    scheduler: str | None,
    dashboard: bool,
    stopping: Callable[[], bool],
    connected_to: Callable[[str], None],
) -> Generator[Record]:
    from sfumato.batching import cluster

    with cluster.connected(workers, scheduler, dashboard=dashboard) as client:
        if dashboard:
            connected_to(client.dashboard_link)
        own = scheduler is None
        with closing(cluster.painted(client, plan, plan.orders, settings, own=own, stopping=stopping)) as records:
            yield from records


def _orders(recipes: Sequence[Recipe | Paths]) -> list[Order]:
    if not recipes:
        raise RecipeError("there is no recipe; give one")
    orders = []
    for number, recipe in enumerate(recipes, 1):
        if isinstance(recipe, Recipe):
            name = "recipe" if len(recipes) == 1 else f"recipe-{number}"
            orders.append(order_of(recipe, name, Path()))
        else:
            orders += load_recipes([Path(recipe)])
    return orders
