"""`sfumato export`: a trained network for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli.shared import Force
from sfumato.jobs.outputs import ONNX, Output, check_all, free_name

__all__ = ["export"]


def export(
    network: Annotated[Path, typer.Argument(help="Network file written by sfumato train.", show_default=False)],
    output: Annotated[Path | None, typer.Argument(help="File to write (.onnx).", show_default=False)] = None,
    force: Force = False,
) -> None:
    """Write a trained network as ONNX, and check that it gives the same result."""
    output = output or free_name(network.with_suffix(".onnx"), replace=force)
    check_all([Output(output, "network", ONNX, force)], [network])
    from sfumato.feedforward.export import export as write

    difference = write(network, output)
    typer.echo(f"{output}: gives the same result as {network}, to within {difference:.1g} of 1")
