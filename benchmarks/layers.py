"""(e) Several layers that together cover a region, against one layer over it: seconds of a step."""

from __future__ import annotations

import itertools

from benchmarks.inputs import photo_and_style
from sfumato.compute.memory import keep_pages
from sfumato.methods import steps
from sfumato.recipe import Recipe


def measure(counts: tuple[int, ...] = (1, 2, 5), rounds: int = 3) -> dict[str, float]:
    """Return the shortest step for each number of layers, and its ratio to that of one."""
    keep_pages()
    photo, _, style = photo_and_style()
    spent = dict.fromkeys(counts, float("inf"))
    for _, count in itertools.product(range(rounds), counts):  # by turns, so that a busy machine slows all alike
        edges = [20 + 60 * n / count for n in range(count + 1)]
        layers = [
            {"region": f"rect({left}%, 20%, {right}%, 80%)", "styles": [{"image": str(style)}]}
            for left, right in itertools.pairwise(edges)
        ]
        run = steps(Recipe.from_mapping({"version": 1, "layers": layers, "iterations": [6], "tolerance": 0}), photo)
        seconds = [step.seconds for step in run]
        spent[count] = min(spent[count], *(after - before for before, after in itertools.pairwise(seconds)))
    first = spent[counts[0]]
    return {f"{count} layers s": value for count, value in spent.items()} | {
        f"{count} layers ratio": value / first for count, value in spent.items() if count > 1
    }
