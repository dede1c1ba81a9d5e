"""The recipe of each method: its options and their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import model_validator

from sfumato.recipe.layers import HARMONIZE, PHOTO, QUALITY, STYLE, Layer, Named, Style, option
from sfumato.recipe.optimized import METHOD, Finish, LayerName, Optimized, Painted
from sfumato.recipe.recipe import Recipe, Size

__all__ = ["MATCHED", "Fast", "Harmonize", "Localized", "Naive", "Photoreal"]

# Working sizes of the photorealistic method: larger than strokes need, since fine detail makes the look of a photo.
_PHOTO_SIZES = {"draft": 352, "normal": 704}

#: What presets set for regions that take a share of the style. A draft is the first size of normal: a smaller one
#: before it would make other shapes.
MATCHED: dict[str, Mapping[str, Any]] = {
    "draft": {"iterations": (20,), "finish": 4},
    "normal": {"iterations": (20, 10), "last_layers": "shallow", "finish": 5},
    "fine": {"iterations": (50, 36, 20), "finish": 8},
}


class Localized(Painted):
    """Restyle regions, each in its own styles (Localized Style Transfer §3.3)."""

    method: Annotated[Literal["localized"], METHOD] = "localized"
    style_share: Annotated[
        Literal["matched", "whole"],
        option(
            STYLE,
            description="matched: a region takes the part of the style that it would get if the whole photo were"
            " restyled; whole: it takes all of the style, however small it is.",
        ),
    ] = "matched"
    faces: Annotated[
        Literal["keep", "soft", "off"],
        option(
            STYLE,
            description="keep: faces stay the faces they are; soft: less so; off: they are painted like everything"
            " else, and not looked for.",
        ),
    ] = "keep"
    last_layers: Annotated[
        Literal["all", "shallow"],
        option(
            QUALITY,
            description="Network layers at the last of several sizes, if nothing is to be finished after it. shallow:"
            " those that see strokes, in a third of the time; all: also those that see what strokes make up. The"
            " default is all where iterations are given.",
        ),
    ] = "all"
    face_weight: Annotated[
        float, option(STYLE, ge=0, le=100, description="How strongly faces are kept, as a multiple of the default.")
    ] = 1.0

    @classmethod
    def preset_values(cls, preset: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return fewer small sizes for a matched share, where eyes and letters have a few pixels."""
        found = dict(super().preset_values(preset, data))
        if data.get("style_share", "matched") == "whole":
            return {**found, "faces": "off"}
        found |= MATCHED.get(preset, {})
        if "iterations" in data:
            # So that recipes from before this option make the pictures that they made.
            found.pop("last_layers", None)
        return found

    @model_validator(mode="after")
    def _faces_need_a_share(self) -> Self:
        if self.faces != "off" and self.style_share == "whole":
            raise ValueError(f"faces {self.faces} needs style_share matched; with whole, set faces off")
        return self

    @classmethod
    def from_before(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Take all of the style, as recipes from before this option did."""
        return {"style_share": "whole", **super().from_before(data)}


class Naive(Painted):
    """Restyle the whole photo and cut the region out of the result (Localized Style Transfer §3.2)."""

    method: Annotated[Literal["naive"], METHOD] = "naive"

    @model_validator(mode="after")
    def _one_layer(self) -> Self:
        if len(self.layers) > 1:
            raise ValueError(f"the naive method takes one layer, the recipe has {len(self.layers)}")
        return self


class Harmonize(Painted):
    """Repaint a pasted object to match its painting (Partial Style Transfer §3.2-3.3)."""

    method: Annotated[Literal["harmonize"], METHOD] = "harmonize"
    content_layer: LayerName = "relu4_1"
    start: Annotated[
        Literal["photo", "noise"], option(QUALITY, description="What to start from: the pasted object, or noise.")
    ] = "photo"
    matches: Annotated[
        Literal["tones", "patches"],
        option(
            HARMONIZE,
            description="tones: the object takes its paint from the parts of the painting that are as light; patches:"
            " from those that look most alike, as published. The default is tones, or patches with --passes.",
        ),
    ] = "tones"
    passes: Annotated[
        int,
        option(
            HARMONIZE,
            ge=1,
            le=2,
            description="For matches patches: 1 is faster; 2 refines the result of the first pass by a second.",
        ),
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

    @classmethod
    def from_before(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Match patches, as recipes from before this option did."""
        return {"matches": "patches", **super().from_before(data)}

    @model_validator(mode="before")
    @classmethod
    def _passes_are_of_patches(cls, data: Any) -> Any:
        # So that recipes and commands from before tones make the pictures that they made.
        if isinstance(data, Mapping) and "passes" in data:
            return {"matches": "patches", **data}
        return data

    @model_validator(mode="after")
    def _one_object(self) -> Self:
        if len(self.layers) > 1 or len(self.layers[0].styles) > 1:
            raise ValueError("harmonizing takes one layer, the pasted object, and one style, the painting")
        return self


class Photoreal(Optimized):
    """Give a photo the look of another, and keep it photorealistic (Photo Style Transfer)."""

    method: Annotated[Literal["photo"], METHOD] = "photo"
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
    ] = 0.5
    transfer: Annotated[
        Literal["network", "tones", "reinhard", "linear", "histogram"],
        option(
            PHOTO,
            description="tones: each label takes the reference's tones and hues, in seconds; network: and then its"
            " light, as a loss network sees it; reinhard, linear, histogram: plain color transfers, for comparison.",
        ),
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

    method: Annotated[Literal["fast"], METHOD] = "fast"
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
