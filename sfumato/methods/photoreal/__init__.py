"""The look of one photo on another, which stays a photo."""

from sfumato.methods.photoreal.method import METHOD

__all__ = ["METHOD"]
