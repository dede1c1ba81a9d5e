"""An object pasted into a painting, painted so that it belongs there."""

__all__: list[str] = []
