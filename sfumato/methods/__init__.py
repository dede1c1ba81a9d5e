"""What can be done to a picture: each method is a short function over regions, losses, optimizer and blend."""

from sfumato.methods.localized import Result, Run, steps, stylize
from sfumato.methods.paste import Pasted, paste

__all__ = ["Pasted", "Result", "Run", "paste", "steps", "stylize"]
