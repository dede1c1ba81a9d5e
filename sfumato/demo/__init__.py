"""A first picture that needs no files: a photo, a style painted by code, a sheet."""

from sfumato.demo.painting import paint
from sfumato.demo.sheet import sheet
from sfumato.demo.show import show

__all__ = ["paint", "sheet", "show"]
