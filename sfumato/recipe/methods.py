"""The recipe of each method: its options and their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sfumato.recipe.layers import HARMONIZE, NETWORK, PHOTO, QUALITY, STYLE, Layer, Listed, Named, Style, option
from sfumato.recipe.recipe import Recipe, Size

__all__ = ["Fast", "Harmonize", "Localized", "Naive", "Optimized", "Painted", "Photoreal"]

_METHOD = option(
    STYLE,
    description="localized optimizes the region; fast paints it in about a second; naive restyles the whole photo and"
    " cuts the region out.",
)

Finish = Annotated[
    int,
    option(
        QUALITY,
        ge=0,
        le=100_000,
        description="Iterations at the photo's own size, which refine the strokes; 0 only enlarges the result.",
    ),
]
LayerName = Annotated[str, option(NETWORK, description="Network layer of the content loss.")]

# Working sizes of the photorealistic method: larger than strokes need, since fine detail makes the look of a photo.
_PHOTO_SIZES = {"draft": 352, "normal": 704}


class Optimized(Recipe):
    """Options of all methods that optimize a picture."""

    iterations: Annotated[
        tuple[Annotated[int, Field(ge=1, le=100_000)], ...],
        Listed,
        option(
            QUALITY,
            min_length=1,
            max_length=8,
            description="Maximum iterations at each size, coarse to fine, as 60,40,20.",
        ),
    ] = (60, 40, 20)
    style_loss: Annotated[
        Literal["wasserstein", "gram"], option(NETWORK, description="Distance between feature statistics.")
    ] = "wasserstein"
    style_layers: Annotated[
        tuple[str, ...],
        Listed,
        option(NETWORK, min_length=1, description="Network layers of the style loss, with weights as relu2_1:0.5."),
    ] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    content_layer: LayerName = "relu4_2"
    variation_weight: Annotated[
        float, option(NETWORK, ge=0, le=1e6, description="Weight of the total variation; higher is smoother.")
    ] = 0.5
    pooling: Annotated[
        Literal["max", "average", "l2"], option(NETWORK, description="Pooling of the network; average is smoother.")
    ] = "max"
    mask_mode: Annotated[
        Literal["area", "inside", "receptive"],
        option(NETWORK, description="How masks are scaled down to the network's layers."),
    ] = "area"
    optimizer: Annotated[
        Literal["lbfgs", "adam"], option(NETWORK, description="Optimization algorithm: L-BFGS or Adam.")
    ] = "lbfgs"
    learning_rate: Annotated[
        float | None,
        option(NETWORK, gt=0, le=100, description="Step length; 1 for L-BFGS and 0.02 for Adam when left out."),
    ] = None
    tolerance: Annotated[
        float,
        option(
            NETWORK,
            ge=0,
            lt=1,
            description="Stop a size when ten iterations lower the loss by less than this fraction.",
        ),
    ] = 0.005


class Painted(Optimized):
    """Options of all methods that optimize strokes."""

    finish: Finish = 8
    start: Annotated[
        Literal["photo", "noise", "fast"],
        option(
            QUALITY,
            description="fast: start from the result of the fast method; keeps shapes best. Use it with one size, as"
            " iterations 30.",
        ),
    ] = "photo"
    seed: Annotated[int, option(NETWORK, ge=0, lt=2**63, description="Seed of the starting noise.")] = 0


class Localized(Painted):
    """Restyle regions, each in its own styles (Localized Style Transfer §3.3)."""

    method: Annotated[Literal["localized"], _METHOD] = "localized"


class Naive(Painted):
    """Restyle the whole photo and cut the region out of the result (Localized Style Transfer §3.2)."""

    method: Annotated[Literal["naive"], _METHOD] = "naive"

    @model_validator(mode="after")
    def _one_layer(self) -> Self:
        if len(self.layers) > 1:
            raise ValueError(f"the naive method takes one layer, the recipe has {len(self.layers)}")
        return self


class Harmonize(Painted):
    """Repaint a pasted object to match its painting (Partial Style Transfer §3.2-3.3)."""

    method: Annotated[Literal["harmonize"], _METHOD] = "harmonize"
    content_layer: LayerName = "relu4_1"
    start: Annotated[
        Literal["photo", "noise"], option(QUALITY, description="What to start from: the pasted object, or noise.")
    ] = "photo"
    passes: Annotated[
        int,
        option(HARMONIZE, ge=1, le=2, description="1 is faster; 2 refines the result of the first pass by a second."),
    ] = 2
    painterly: Annotated[
        float | None,
        option(
            HARMONIZE,
            ge=0.1,
            le=20,
            description="How bold strokes are: 1 for smooth paintings, 10 for bold ones; estimated when left out.",
        ),
    ] = None

    @model_validator(mode="after")
    def _one_object(self) -> Self:
        if len(self.layers) > 1 or len(self.layers[0].styles) > 1:
            raise ValueError("harmonizing takes one layer, the pasted object, and one style, the painting")
        return self


class Photoreal(Optimized):
    """Give a photo the look of another, and keep it photorealistic (Photo Style Transfer)."""

    method: Annotated[Literal["photo"], _METHOD] = "photo"
    size: Size = 704
    semantic: Annotated[
        Literal["soft", "hard", "none"],
        option(
            PHOTO,
            description="soft and hard match equal labels, such as sky with sky, with soft or hard borders; none"
            " matches whole pictures.",
        ),
    ] = "soft"
    realism: Annotated[
        Literal["grid", "filter", "laplacian", "screened-poisson", "none"],
        option(PHOTO, description="How the result is kept photorealistic; none leaves it as optimized."),
    ] = "grid"
    evenness: Annotated[
        float,
        option(PHOTO, ge=0, le=1e6, description="Weight of the smoothness of color changes, for realism grid."),
    ] = 0.15
    transfer: Annotated[
        Literal["network", "reinhard", "linear", "histogram"],
        option(PHOTO, description="network, or, for comparison, one of three plain color transfers."),
    ] = "network"
    labels: Annotated[
        str | None,
        option(
            PHOTO,
            file=True,
            min_length=1,
            description="Label map of the photo: its colors or indices are the labels.",
        ),
        Named,
    ] = None
    reference_labels: Annotated[
        str | None,
        option(
            PHOTO,
            file=True,
            min_length=1,
            description="Label map of the reference, with the same colors or indices.",
        ),
        Named,
    ] = None
    similarity_weight: Annotated[
        float,
        option(PHOTO, ge=0, le=1e6, description="Weight of the similarity loss, which keeps the photo's fine detail."),
    ] = 1.0

    @property
    def has_losses(self) -> bool:
        """Whether anything is optimized; a plain color transfer has no losses."""
        return self.transfer == "network"

    @classmethod
    def preset_values(cls, preset: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return larger sizes, and the losses that suit `realism`: a bilateral grid cannot paint strokes."""
        found = dict(super().preset_values(preset, data))
        if preset in _PHOTO_SIZES:
            found["size"] = _PHOTO_SIZES[preset]
        if data.get("realism", "grid") == "grid":
            return {**found, "style_loss": "gram", "similarity_weight": 0.0}
        return {**found, "style_layers": ("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1")}

    @model_validator(mode="after")
    def _one_reference(self) -> Self:
        if len(self.layers) > 1 or len(self.layers[0].styles) > 1:
            raise ValueError("the method photo takes one layer and one style, the reference")
        if (self.labels is None) != (self.reference_labels is None):
            given, missing = ("labels", "reference_labels") if self.labels else ("reference_labels", "labels")
            raise ValueError(f"{given} need {missing} as well: both pictures have to be labeled")
        return self

    @classmethod
    def from_before(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take the evenness from the layer's content weight, which formerly set it."""
        found = dict(super().from_before(data))
        match found.get("layers"):
            case [{"content_weight": weight}, *_]:
                found.setdefault("evenness", weight)
        return found


class Fast(Recipe):
    """Paint regions in one pass, with a network for arbitrary styles or with trained networks."""

    method: Annotated[Literal["fast"], _METHOD] = "fast"
    finish: Finish = 8

    @property
    def has_losses(self) -> bool:
        """False: nothing is optimized."""
        return False

    def check_style(self, layer: Layer, style: Style) -> None:
        """Refuse options that a feed-forward network does not support."""
        if style.is_network and len({other.image for other in layer.styles}) > 1:
            raise ValueError(
                f"the network {style.image} cannot be mixed with other styles; give it a region of its own"
            )
        if style.is_network and layer.color in ("linear", "histogram"):
            raise ValueError(
                f"color {layer.color} needs a style picture, and {style.image} is a network; use luminance"
            )
        if style.scale != 1:
            raise ValueError("the fast method cannot scale a style; choose a smaller size for larger strokes")
