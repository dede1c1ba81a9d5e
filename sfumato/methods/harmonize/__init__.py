"""Painterly harmonization: repaint a pasted object to match its painting."""

from sfumato.methods.harmonize.method import METHOD

__all__ = ["METHOD"]
