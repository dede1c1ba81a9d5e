"""`sfumato export`: a trained network for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sfumato.cli.train import check_place

__all__ = ["export"]


def export(
    network: Annotated[Path, typer.Argument(help="A network that sfumato train made.", show_default=False)],
    output: Annotated[Path | None, typer.Argument(help="Where to write: .onnx.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a file that exists.")] = False,
) -> None:
    """Write a trained network as ONNX, and see that it paints the same."""
    output = output or network.with_suffix(".onnx")
    check_place(output, (".onnx",), [network], replace=force)
    from sfumato.feedforward.export import export as write

    difference = write(network, output)
    typer.echo(f"{output}: paints as {network} does, to {difference:.1g} of 1")
