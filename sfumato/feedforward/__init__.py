"""Networks that paint a photo in one pass."""

from sfumato.feedforward.arbitrary import Styler, embed, mix, transfer
from sfumato.feedforward.painter import Painter

__all__ = ["Painter", "Styler", "embed", "mix", "transfer"]
