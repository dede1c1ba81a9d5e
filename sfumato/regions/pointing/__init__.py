"""The thing at a place of a photo that somebody points at."""

from sfumato.regions.pointing.click import click

__all__ = ["click"]
