"""Read and write picture files so that untouched pixels keep their bytes."""

from sfumato.images.header import read_recipe, stored_size
from sfumato.images.load import at_most, load, numbers_of
from sfumato.images.opacity import extended, visible
from sfumato.images.picture import Box, Picture, from_array
from sfumato.images.save import check_output, keeps_bytes, save

__all__ = [
    "Box",
    "Picture",
    "at_most",
    "check_output",
    "extended",
    "from_array",
    "keeps_bytes",
    "load",
    "numbers_of",
    "read_recipe",
    "save",
    "stored_size",
    "visible",
]
