"""An object pasted into a painting, painted so that it belongs there."""

from sfumato.methods.harmonize.method import METHOD

__all__ = ["METHOD"]
