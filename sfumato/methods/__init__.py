"""From recipe and photo to a run, with one module or folder for each method."""

from sfumato.methods.paste import Pasted, paste
from sfumato.methods.run import METHODS, Result, Run, steps

__all__ = ["METHODS", "Pasted", "Result", "Run", "paste", "steps"]
