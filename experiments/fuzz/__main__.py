"""Tries the command line with bad input drawn from a seed; prints what it did with it, and every fault.

::

    python -m experiments.fuzz
    python -m experiments.fuzz --seed 1 --count 100 --kind region
    python -m experiments.fuzz --seed 1 --only 37 --keep faults

Each case must end in one line on standard error that begins with "sfumato: ", notes before it, and an exit code from
1 to 6, or succeed. Nothing may be left or changed in its folder but the outputs of a success, nothing in the store or
among the temporary files. There is no network.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

from experiments.fuzz import bench, pictures, places, recipes, words
from experiments.fuzz.case import Maker

__all__ = ["KINDS", "NEEDED", "drawn", "main"]

#: Makers of cases, each with its share of all.
KINDS: dict[str, tuple[Maker, int]] = {
    "picture": (pictures.picture, 34),
    "mask": (words.mask, 8),
    "recipe": (recipes.recipe, 12),
    "replay": (recipes.replay, 4),
    "region": (places.region, 12),
    "network": (words.net, 5),
    "store": (words.store, 3),
    "name": (words.name, 9),
    "value": (words.value, 8),
    "size": (words.size, 3),
    "checkpoint": (words.checkpoint, 2),
}


#: Network files that the cases cannot do without; "deeplab" is used where it is in the store.
NEEDED = ("vgg19", "u2netp", "arbitrary-predict", "arbitrary-transform")


def drawn(seed: int, number: int) -> str:
    """Return the kind of a case."""
    shares = np.array([share for _, share in KINDS.values()], float)
    return list(KINDS)[np.random.default_rng((seed, number, 0)).choice(len(KINDS), p=shares / shares.sum())]


def main() -> int:
    """Run the cases; return 1 if there is a fault."""
    parser = argparse.ArgumentParser(prog="python -m experiments.fuzz")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--only", type=int, metavar="N", help="Run one case.")
    parser.add_argument("--kind", choices=KINDS, help="Make all cases of one kind.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="Keep the files of cases with faults.")
    parser.add_argument("--processes", action="store_true", help="Run each case in a process of its own.")
    parser.add_argument("--seconds", type=float, default=30.0, help="Longest time of a case.")
    given = parser.parse_args()
    from sfumato import models

    store = {name: models.path(name) for name in NEEDED}["vgg19"].parent
    faulthandler.enable()
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    faults, started = [], time.monotonic()
    numbers = range(given.count) if given.only is None else [given.only]
    for number in numbers:
        kind = given.kind or drawn(given.seed, number)
        began = time.monotonic()
        case, done, found = bench.perform(
            KINDS[kind][0],
            (given.seed, number, 1),
            store,
            seconds=given.seconds,
            apart=given.processes,
            keep=given.keep,
        )
        counts[kind]["cases"] += 1
        counts[kind]["faults" if found else "accepted" if done.code == 0 else "refused"] += 1
        counts[kind]["milliseconds"] += round(1000 * (time.monotonic() - began))
        if found:
            again = f"--seed {given.seed} --only {number}" + (f" --kind {kind}" if given.kind else "")
            faults.append((again, kind, case, done, found))
        if given.only is not None:
            print(_shown(f"{case.about}\n{case.arguments}\nexit code {done.code}\n{done.out}{done.err}"))
    print(f"{'kind':12}{'cases':>8}{'refused':>9}{'accepted':>10}{'faults':>8}{'seconds':>9}")
    total = sum(counts.values(), Counter())
    for kind, count in [*counts.items(), ("all", total)]:
        if count["cases"]:
            row = f"{kind:12}{count['cases']:8}{count['refused']:9}{count['accepted']:10}{count['faults']:8}"
            print(f"{row}{count['milliseconds'] / 1000:9.1f}")
    print(f"in {time.monotonic() - started:.0f} s")
    for again, kind, case, done, found in faults:
        print(_shown(f"\n{kind}: {case.about}\n  python -m experiments.fuzz {again}"))
        print(_shown(f"  sfumato {' '.join(map(repr, case.arguments))[:400]}"))
        for line in found:
            print(_shown(f"  FAULT {line}"))
        if done.err:
            print(_shown(f"  said {done.err.rstrip().splitlines()[-1][:300]!r}"))
    return 1 if faults else 0


def _shown(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()


if __name__ == "__main__":
    sys.exit(main())
