"""The high-level functions, one for each command of the command line.

Pictures, styles, references, masks and label maps may be paths, Pillow images, NumPy arrays or `Picture`. Functions
that restyle accept a `Recipe` in place of the style and the options.
"""

from sfumato.api.given import Region
from sfumato.api.restyle import harmonize, photoreal, stylize, surface
from sfumato.api.search import find_regions
from sfumato.api.training import train

__all__ = ["Region", "find_regions", "harmonize", "photoreal", "stylize", "surface", "train"]
