"""The addresses of the studio, one module a concern."""

__all__: list[str] = []
