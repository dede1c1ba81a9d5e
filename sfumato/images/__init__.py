"""Read and write picture files so that untouched pixels keep their bytes."""

from sfumato.images.convert import from_array, from_pil
from sfumato.images.given import Given, as_picture, named, to_pil
from sfumato.images.header import is_whole, read_recipe, stored_size
from sfumato.images.load import NAMED, at_most, load, numbers_of
from sfumato.images.opacity import extended, visible
from sfumato.images.picture import Box, Picture
from sfumato.images.save import check_output, save

__all__ = [
    "NAMED",
    "Box",
    "Given",
    "Picture",
    "as_picture",
    "at_most",
    "check_output",
    "extended",
    "from_array",
    "from_pil",
    "is_whole",
    "load",
    "named",
    "numbers_of",
    "read_recipe",
    "save",
    "stored_size",
    "to_pil",
    "visible",
]
