"""Colors: luminance separate from hue, color transfer between pictures, and even blends of two pictures."""

from sfumato.color.grade import Grade
from sfumato.color.oklab import oklab_to_rgb, rgb_to_oklab, strengthen
from sfumato.color.palette import Palette
from sfumato.color.perlabel import ColorTransfer, transfer_per_label
from sfumato.color.tonemap import ToneMap
from sfumato.color.transfer import match_histogram, match_linear, reinhard
from sfumato.color.yiq import into_range, keep_colors, luminance, match_luminance, rgb_to_yiq, yiq_to_rgb

__all__ = [
    "ColorTransfer",
    "Grade",
    "Palette",
    "ToneMap",
    "into_range",
    "keep_colors",
    "luminance",
    "match_histogram",
    "match_linear",
    "match_luminance",
    "oklab_to_rgb",
    "reinhard",
    "rgb_to_oklab",
    "rgb_to_yiq",
    "strengthen",
    "transfer_per_label",
    "yiq_to_rgb",
]
