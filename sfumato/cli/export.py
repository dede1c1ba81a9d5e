"""`sfumato export`: a trained network for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli.options import Force
from sfumato.jobs.outputs import ONNX, Output, check_all, free_name

__all__ = ["export"]


def export(
    network: Annotated[Path, typer.Argument(help="A network that sfumato train made.", show_default=False)],
    output: Annotated[Path | None, typer.Argument(help="Where to write: .onnx.", show_default=False)] = None,
    force: Force = False,
) -> None:
    """Write a trained network as ONNX, and see that it paints the same."""
    output = output or free_name(network.with_suffix(".onnx"), replace=force)
    check_all([Output(output, "network", ONNX, force)], [network])
    from sfumato.feedforward.export import export as write

    difference = write(network, output)
    typer.echo(f"{output}: paints as {network} does, to {difference:.1g} of 1")
