"""The demonstration, which needs no files: a photo, a style painted by code, and a sheet of results."""

from sfumato.demo.painting import paint
from sfumato.demo.sheet import sheet
from sfumato.demo.show import show

__all__ = ["paint", "sheet", "show"]
