"""From recipe and photo to a run: each method has a home of its own here."""

from sfumato.methods.paste import Pasted, paste
from sfumato.methods.run import METHODS, Result, Run, steps

__all__ = ["METHODS", "Pasted", "Result", "Run", "paste", "steps"]
