"""A plot of the loss and its terms against iterations."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from sfumato import files
from sfumato.optimize import Step

__all__ = ["plot_losses"]


def plot_losses(trace: Sequence[Step], path: Path) -> None:
    """Write a plot of each term against iterations, with the change of size marked (Exploring Style Transfer fig. 5).

    Parameters
    ----------
    trace : sequence of Step
        At least one.
    path : Path
        A picture file; its suffix sets the format.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    _silence()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    iterations = range(1, len(trace) + 1)
    for name in trace[0].terms:
        axes.plot(iterations, [step.terms[name] for step in trace], label=name, linewidth=1.2)
    axes.plot(iterations, [step.loss for step in trace], label="total", color="black", linewidth=1.8)
    for number, (before, after) in enumerate(pairwise(trace), start=1):
        if after.level != before.level:
            axes.axvline(number + 0.5, color="0.8", linewidth=0.8)
    axes.set(xlabel="iteration", ylabel="loss", yscale="log")
    axes.legend(frameon=False)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=120, format=path.suffix.lower().removeprefix("."))
    files.write(path, drawn.getvalue())


def _silence() -> None:
    """Silence Matplotlib's message on where it caches its fonts, which appears if the user has no folder for it."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
