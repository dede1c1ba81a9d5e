"""The activations of a network for a picture, and masks to match."""

from sfumato.features.correspondence import agree, spread
from sfumato.features.masks import MaskMode, carry
from sfumato.features.patches import match_patches
from sfumato.features.vgg import BLOCKS, LAYERS, VGG19, depth, load, radius, stride

__all__ = [
    "BLOCKS",
    "LAYERS",
    "VGG19",
    "MaskMode",
    "agree",
    "carry",
    "depth",
    "load",
    "match_patches",
    "radius",
    "spread",
    "stride",
]
