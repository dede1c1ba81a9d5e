"""Photorealistic style transfer."""

from sfumato.methods.photoreal.method import METHOD

__all__ = ["METHOD"]
