"""The look of one photo on another, which stays a photo."""

__all__: list[str] = []
