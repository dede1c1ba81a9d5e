"""The command line: `sfumato apply`, `regions`, `run`, `replay`, `models`, `options`, `demo`."""

from sfumato.cli.app import main

__all__ = ["main"]
