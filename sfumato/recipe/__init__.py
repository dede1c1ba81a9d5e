"""Recipes, which say how to restyle a photo: each field is one command-line option and one TOML key."""

from sfumato.recipe.layers import Layer, Style, layer_weights
from sfumato.recipe.methods import Fast, Harmonize, Localized, Naive, Photoreal
from sfumato.recipe.optimized import Optimized, Painted
from sfumato.recipe.recipe import METHODS, PRESETS, VERSION, Recipe
from sfumato.recipe.text import read

__all__ = [
    "METHODS",
    "PRESETS",
    "VERSION",
    "Fast",
    "Harmonize",
    "Layer",
    "Localized",
    "Naive",
    "Optimized",
    "Painted",
    "Photoreal",
    "Recipe",
    "Style",
    "layer_weights",
    "read",
]
