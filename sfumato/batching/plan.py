"""The plan of a batch: all that is to be painted, checked before anything is painted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from sfumato import files
from sfumato.batching import addresses
from sfumato.batching.names import Template
from sfumato.batching.sources import Photos
from sfumato.batching.tasks import Exists, Order, Task
from sfumato.errors import InputError, OutputError, RecipeError
from sfumato.jobs import job
from sfumato.jobs.outputs import PICTURE
from sfumato.recipe import Recipe

__all__ = ["Plan", "load_recipes"]


def load_recipes(paths: Sequence[Path]) -> list[Order]:
    """Read recipe files.

    Raises
    ------
    RecipeError
        If one cannot be read or is no recipe, or two have the same name.
    """
    orders = []
    for path in paths:
        recipe, _, _ = job.load(path)
        orders.append(order_of(recipe, path.stem, path.parent))
    return orders


def order_of(recipe: Recipe, name: str, folder: Path) -> Order:
    """Return what a worker needs to know of a recipe."""
    return Order(name, recipe.to_toml(), str(folder.absolute()))


@dataclass(frozen=True)
class Plan:
    """Photos and recipes, and where the results go: one task for each photo and recipe.

    Attributes
    ----------
    orders : sequence of Order
        The recipes.
    photos : Photos
        The photos.
    template : Template
        Names of the outputs.
    exists : {"skip", "replace", "refuse"}
        What to do with outputs that exist.

    Raises
    ------
    InputError
        If `exists` is none of those.

    Examples
    --------
    >>> recipe = order_of(Recipe.from_options(style="a.jpg"), "dusk", Path("recipes"))
    >>> plan = Plan([recipe], Photos([("a.jpg", ""), ("b.jpg", "")]), Template("out/{stem}.png"))
    >>> len(plan), [task.output for task in plan]
    (2, ['out/a.png', 'out/b.png'])
    """

    orders: Sequence[Order]
    photos: Photos
    template: Template
    exists: Exists = "skip"

    def __post_init__(self) -> None:
        if self.exists not in ("skip", "replace", "refuse"):
            raise InputError(f"exists {self.exists!r} is not known; use skip, replace or refuse")

    def __len__(self) -> int:
        return len(self.orders) * len(self.photos.found)

    def __iter__(self) -> Iterator[Task]:
        for (photo, folder), order in product(self.photos.found, self.orders):
            yield Task(photo, self.template.fill(photo, folder, order.name), order, self.exists)

    def check(self, *, here: bool = True) -> None:
        """Check before anything is painted that all outputs can be written, each to a place of its own.

        Parameters
        ----------
        here : bool
            Whether this machine paints, so that all files of the recipes have to be there. A scheduler's workers are
            asked for that themselves.

        Raises
        ------
        OutputError
            If two outputs have the same name, one lies among the photos or is a file of a recipe, or exists and is not
            to be replaced; or if the folder cannot be written to.
        RecipeError
            If two recipes cannot be told apart.
        InputError
            If a file that a recipe names is missing.
        ModelError
            If a trained network that a recipe names is missing.
        """
        self._check_recipes()
        for order in self.orders if here else ():
            order.check()
        places = {(_real(folder), deep) for folder, deep in self.photos.places}
        trees = tuple(folder for folder, deep in places if deep)
        inputs = {folder for folder, _ in places}
        styles = {os.path.realpath(path) for order in self.orders for path in order.files()}
        seen, folders = set[str](), dict[str, str]()
        for task in self:
            name = os.path.normcase(task.output)
            if name in seen:
                self._tell_collision(name)
            seen.add(name)
            folder = addresses.folder_of(task.output)
            if folder not in folders:
                folders[folder] = real = _real(folder)
                if real in inputs or any(_below(real, tree) for tree in trees):
                    raise OutputError(f"{task.output}: lies among the photos; choose another folder for the results")
            if not addresses.is_remote(task.output) and str(Path(folders[folder]) / Path(task.output).name) in styles:
                raise OutputError(f"{task.output}: a file of the recipe {task.order.name}; choose another name")
            if self.exists == "refuse" and addresses.exists(task.output):
                raise OutputError(
                    f"{task.output}: exists already; choose another folder, or let it be skipped or replaced",
                    option="exists",
                )

    def prepare(self) -> None:
        """Make the folder of the outputs, and try to write to it.

        Raises
        ------
        OutputError
            If that fails.
        """
        root = self.template.root
        if addresses.is_remote(root):
            return
        try:
            Path(root).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot make the folder {root}: {error.strerror}; choose another") from error
        files.check(Path(root) / "picture.png", endings=PICTURE, overwrite=True)

    def _check_recipes(self) -> None:
        names = [order.name for order in self.orders]
        for name in names:
            if names.count(name) > 1 and "{recipe}" in self.template.text:
                raise RecipeError(f"two recipes are called {name}; rename one, so that their results have two names")

    def _tell_collision(self, name: str) -> None:
        first, second, *_ = (task for task in self if os.path.normcase(task.output) == name)
        one, other = (
            (task.photo if first.photo != second.photo else f"recipe {task.order.name}") for task in (first, second)
        )
        missing = [field for field in ("{dir}", "{stem}", "{ext}", "{recipe}") if field not in self.template.text]
        advice = f"put {' or '.join(missing)} into the name" if missing else "paint them in two batches"
        raise OutputError(f"{first.output}: the result of both {one} and {other}; {advice}")


def _real(folder: str) -> str:
    return addresses.normal(folder) if addresses.is_remote(folder) else os.path.realpath(folder)


def _below(folder: str, tree: str) -> bool:
    sep = "/" if addresses.is_remote(folder) else os.sep
    return folder == tree or folder.startswith(tree.rstrip(sep) + sep)
