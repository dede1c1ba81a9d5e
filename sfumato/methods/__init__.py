"""What can be done to a picture: each method is a short function over regions, losses, optimizer and blend."""

from sfumato.methods.paste import Pasted, paste
from sfumato.methods.run import Result, Run, steps, stylize

__all__ = ["Pasted", "Result", "Run", "paste", "steps", "stylize"]
