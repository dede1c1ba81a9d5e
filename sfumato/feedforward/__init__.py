"""Networks that paint a photo in one pass."""

from sfumato.feedforward.arbitrary import Styler, embed, mix, transfer

__all__ = ["Styler", "embed", "mix", "transfer"]
