"""The studio: a page in the browser, to point, paint, watch and compare. Here is the server; `static` is the page."""

__all__: list[str] = []
