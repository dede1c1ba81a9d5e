"""The options of each method as types, for functions that take them by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

__all__ = ["HarmonizeOptions", "LayerOptions", "Options", "PhotorealOptions", "StylizeOptions"]


class LayerOptions(TypedDict, total=False):
    """Options of a layer and its style; see `sfumato.Layer` and `sfumato.Style`."""

    style_weight: float
    content_weight: float
    color: Literal["none", "luminance", "linear", "histogram"]
    strength: float
    blend: Literal["feather", "mrf", "smooth", "poisson"]
    feather: float | None
    edge: Literal["inside", "center", "outside"]
    scale: float


class Options(LayerOptions, total=False):
    """Options of all methods; see `sfumato.Recipe`."""

    preset: Literal["draft", "normal", "fine"]
    size: int
    corners: Sequence[float] | None
    segmenter: str
    clicker: str
    text_segmenter: str
    detail: float
    iterations: Sequence[int] | str
    style_loss: Literal["wasserstein", "gram"]
    style_layers: Sequence[str] | str
    content_layer: str
    variation_weight: float
    pooling: Literal["max", "average", "l2"]
    mask_mode: Literal["area", "inside", "receptive"]
    optimizer: Literal["lbfgs", "adam"]
    learning_rate: float | None
    tolerance: float


class StylizeOptions(Options, total=False):
    """Options of the methods that paint strokes; see `Localized`, `Naive` and `Fast` in `sfumato.recipe`."""

    method: Literal["localized", "naive", "fast"]
    style_share: Literal["matched", "whole"]
    faces: Literal["keep", "soft", "off"]
    face_weight: float
    last_layers: Literal["all", "shallow"]
    finish: int
    start: Literal["photo", "noise", "fast"]
    seed: int


class HarmonizeOptions(Options, total=False):
    """Options of harmonization; see `sfumato.recipe.Harmonize`."""

    finish: int
    start: Literal["photo", "noise"]
    seed: int
    matches: Literal["tones", "patches"]
    passes: int
    painterly: float | None


class PhotorealOptions(Options, total=False):
    """Options of photorealistic transfer; see `sfumato.recipe.Photoreal`."""

    semantic: Literal["soft", "hard", "none"]
    realism: Literal["grid", "filter", "laplacian", "screened-poisson", "none"]
    evenness: float
    transfer: Literal["network", "tones", "reinhard", "linear", "histogram"]
    similarity_weight: float
