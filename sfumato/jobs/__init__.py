"""Runs from file to file: what one needs, what it writes, and what there is to tell of it. No word of a shell."""

__all__: list[str] = []
