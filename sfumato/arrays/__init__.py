"""Pictures and masks that are given as arrays: checked, and converted to floats on one scale.

Public functions on arrays are `checked`, so that they give the same result for uint8, uint16, bool and floats in
[0, 1], and refuse the rest with an `InputError` of one line, which is a `ValueError`.
"""

from sfumato.arrays.checks import checked, same_size
from sfumato.arrays.convert import as_float_image, as_float_mask, as_float_values

__all__ = ["as_float_image", "as_float_mask", "as_float_values", "checked", "same_size"]
