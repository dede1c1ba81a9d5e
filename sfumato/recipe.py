"""What to do to a photo, apart from the photo: frozen, validated, and the same in Python, TOML and the shell.

A field's description is its help text on the command line, and its constraints are the command line's errors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from sfumato.errors import RecipeError

__all__ = [
    "HARMONIZE",
    "MACHINE",
    "NETWORK",
    "PHOTO",
    "PRESETS",
    "QUALITY",
    "REGION",
    "STYLE",
    "SURFACE",
    "Layer",
    "Recipe",
    "Style",
    "layer_weights",
    "read",
]

#: What each preset sets; any field given beside it wins.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "draft": {"size": 256, "iterations": (40, 20), "finish": 0},
    "normal": {"size": 512, "iterations": (60, 40, 20), "finish": 8},
    "fine": {"size": 1024, "iterations": (120, 80, 60, 30), "finish": 12},
}

# How the name of a trained network ends, and in lower case.
_NETWORK = ".sfm"

# What a method sets that differs from the others; anything given wins.
_METHODS: Mapping[str, Mapping[str, Any]] = {"harmonize": {"content_layer": "relu4_1"}}

# Of photos, whose look is in their finest detail: larger than strokes need.
_PHOTO_SIZES: Mapping[str, int] = {"draft": 352, "normal": 704}

# Of photos, by how they stay photos: a grid of colors cannot paint strokes, and may see all layers.
_PHOTOS: Mapping[bool, Mapping[str, Any]] = {
    True: {"style_loss": "gram", "similarity_weight": 0.0},
    False: {"style_layers": ("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1")},
}


def _listed(value: Any) -> Any:
    """Take "60,40,20" for (60, 40, 20)."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _named(value: Any) -> Any:
    """Take a path for its name."""
    return str(value) if isinstance(value, Path) else value


#: Headings of the command line's help, under which options are listed.
REGION, STYLE, QUALITY, NETWORK, MACHINE = "Region", "Style", "Quality and speed", "Network and optimizer", "Machine"
SURFACE, HARMONIZE, PHOTO = "Surface", "Harmonizing", "Photorealistic transfer"


def _option(group: str, default: Any, **field: Any) -> Any:
    """Return a field that is an option of the command line, listed under a heading of its help."""
    return Field(default, json_schema_extra={"group": group}, **field)


class _Part(BaseModel):
    """What all parts of a recipe have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _plain_value(cls, value: Any) -> Any:
        """Refuse true and false, which pydantic would take for 1 and 0, and text that no file can hold."""
        if isinstance(value, bool):
            raise ValueError(f"should not be true or false, got {value}")
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError(f"should be text that a recipe can hold, got {value!r}; rename the file") from None
        return value


class Style(_Part):
    """A style picture, or a network trained on some (.sfm), and how much it counts."""

    image: Annotated[str, BeforeValidator(_named)] = Field(
        min_length=1, description="Style picture, or a trained network (.sfm)."
    )
    weight: float = Field(1.0, gt=0, le=1e6, description="Weight relative to the other styles of the region.")
    scale: float = _option(
        STYLE, 1.0, ge=0.05, le=20, description="Size of the style's strokes; 1 fits the style picture to the region."
    )
    mask: Annotated[str, BeforeValidator(_named)] | None = Field(
        None,
        min_length=1,
        description="Part of the style picture that counts: a region expression, or a mask file; the fast method takes"
        " the rectangle around it. For a network: the name of one of its styles.",
    )
    layers: Annotated[tuple[str, ...], BeforeValidator(_listed)] | None = Field(
        None, min_length=1, description="Network layers that carry this style, as relu1_1,relu2_1:0.5."
    )

    @property
    def is_network(self) -> bool:
        """Whether this is a trained network."""
        return self.image.lower().endswith(_NETWORK)


class Layer(_Part):
    """A region and what happens in it."""

    region: Annotated[str, BeforeValidator(_named)] = _option(
        REGION, "all", min_length=1, description="Where to restyle: a region expression, or a mask file."
    )
    styles: tuple[Style, ...] = Field(min_length=1, description="Style pictures.")
    style_weight: float = _option(STYLE, 1.0, ge=0, le=1e6, description="Weight of the style loss.")
    content_weight: float = _option(
        STYLE, 0.15, ge=0, le=1e6, description="Weight of the content loss; a higher one keeps more of the photo."
    )
    color: Literal["none", "luminance", "linear", "histogram"] = _option(
        STYLE, "none", description="luminance keeps the photo's colors; linear and histogram recolor the style by them."
    )
    strength: float = _option(STYLE, 1.0, ge=0, le=1, description="How strong the style shows; 0 is the photo.")
    blend: Literal["feather", "mrf", "smooth", "poisson"] = _option(
        REGION, "feather", description="How to blend the region's edge with the photo."
    )
    feather: float | None = _option(
        REGION,
        None,
        ge=0,
        le=10_000,
        description="Width of the soft edge, in pixels; set by the region's size when left out.",
    )
    edge: Literal["inside", "center", "outside"] = _option(
        REGION, "center", description="On which side of the region's edge the soft edge lies."
    )


class Recipe(_Part):
    """Everything about a run but the photo.

    Raises
    ------
    RecipeError
        From the `from_*` constructors; the plain constructor raises pydantic's `ValidationError`.

    Examples
    --------
    >>> recipe = Recipe.from_options(style="a.jpg", region="subject", preset="draft")
    >>> recipe.size, recipe.layers[0].region
    (256, 'subject')
    >>> Recipe.from_toml(recipe.to_toml()) == recipe
    True
    """

    preset: Literal["draft", "normal", "fine"] = _option(QUALITY, "normal", description="Speed against quality.")
    method: Literal["localized", "naive", "harmonize", "fast", "photo"] = _option(
        STYLE,
        "localized",
        description="localized optimizes the region; fast paints it in about a second; naive restyles the whole photo"
        " and cuts the region out.",
    )
    layers: tuple[Layer, ...] = Field(min_length=1, description="Regions, each with its styles.")
    size: int = _option(
        QUALITY,
        512,
        ge=0,
        le=100_000,
        description="Longer side at which the region is worked on, in pixels; 0 is the photo's own size.",
    )
    iterations: Annotated[tuple[Annotated[int, Field(ge=1, le=100_000)], ...], BeforeValidator(_listed)] = _option(
        QUALITY,
        (60, 40, 20),
        min_length=1,
        max_length=8,
        description="Maximum iterations at each size, coarse to fine, as 60,40,20.",
    )
    finish: int = _option(
        QUALITY,
        8,
        ge=0,
        le=100_000,
        description="Iterations at the photo's own size, which make strokes as fine as its surroundings; 0 enlarges.",
    )
    corners: Annotated[tuple[float, ...], BeforeValidator(_listed)] | None = _option(
        SURFACE,
        None,
        min_length=8,
        max_length=8,
        description="Corners of the surface: x,y of each, in pixels, in order around it.",
    )
    passes: int = _option(
        HARMONIZE, 2, ge=1, le=2, description="1 is quicker; 2 matches once more what the first pass has painted."
    )
    painterly: float | None = _option(
        HARMONIZE,
        None,
        ge=0.1,
        le=20,
        description="Strength: 1 for smooth paintings, 10 for bold ones; estimated when left out.",
    )
    semantic: Literal["soft", "hard", "none"] = _option(
        PHOTO,
        "soft",
        description="soft and hard match each label with its like, as sky with sky, with soft or hard borders; none"
        " matches the whole pictures.",
    )
    realism: Literal["grid", "filter", "laplacian", "screened-poisson", "none"] = _option(
        PHOTO, "grid", description="What keeps the result a photo; none leaves it as the network paints it."
    )
    transfer: Literal["network", "reinhard", "linear", "histogram"] = _option(
        PHOTO, "network", description="network, or, for comparison, one of three transfers of color."
    )
    labels: Annotated[str, BeforeValidator(_named)] | None = _option(
        PHOTO, None, min_length=1, description="Label map of the photo: its colors or indices are the labels."
    )
    reference_labels: Annotated[str, BeforeValidator(_named)] | None = _option(
        PHOTO, None, min_length=1, description="Label map of the reference, with the same colors or indices."
    )
    similarity_weight: float = _option(
        PHOTO, 1.0, ge=0, le=1e6, description="Weight of the similarity loss, which keeps the photo's fine features."
    )
    style_loss: Literal["wasserstein", "gram"] = _option(
        NETWORK, "wasserstein", description="Distance between feature statistics."
    )
    style_layers: Annotated[tuple[str, ...], BeforeValidator(_listed)] = _option(
        NETWORK,
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
        min_length=1,
        description="Network layers that carry the style, with weights as relu2_1:0.5.",
    )
    content_layer: str = _option(NETWORK, "relu4_2", description="Network layer that carries the content.")
    variation_weight: float = _option(NETWORK, 0.5, ge=0, le=1e6, description="Weight of the total variation.")
    pooling: Literal["max", "average", "l2"] = _option(
        NETWORK, "max", description="Pooling of the network; average is smoother."
    )
    mask_mode: Literal["area", "inside", "receptive"] = _option(
        NETWORK, "area", description="How masks are scaled down to the network's layers."
    )
    optimizer: Literal["lbfgs", "adam"] = _option(NETWORK, "lbfgs", description="L-BFGS or Adam.")
    learning_rate: float | None = _option(
        NETWORK, None, gt=0, le=100, description="Step length; 1 for L-BFGS and 0.02 for Adam when left out."
    )
    tolerance: float = _option(
        NETWORK,
        0.005,
        ge=0,
        lt=1,
        description="Leave a size when ten iterations lower the loss by less than this fraction.",
    )
    start: Literal["photo", "noise", "fast"] = _option(
        QUALITY,
        "photo",
        description="What to start from. fast: the result of the fast method; keeps shapes best, with one size only,"
        " as iterations 30.",
    )
    detail: float = _option(
        QUALITY, 1.0, ge=0, le=4, description="How much of the photo's fine detail to add where the result is enlarged."
    )
    device: str = _option(
        MACHINE, "auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="auto, cpu, cuda, or cuda:1."
    )
    precision: Literal["auto", "float32", "bfloat16"] = _option(
        MACHINE,
        "auto",
        description="Precision of the network; auto takes bfloat16 where the hardware has it, about twice as fast.",
    )
    segmenter: str = _option(
        REGION,
        "auto",
        min_length=1,
        description="What finds labels such as person: deeplab, hf:ORG/NAME or a folder; +crf sharpens its edges.",
    )
    seed: int = _option(NETWORK, 0, ge=0, lt=2**63, description="Seed of the noise to start from.")

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            preset, method = (data.get(name, other) for name, other in (("preset", "normal"), ("method", "localized")))
            # What is of another type has nothing set for it, and is refused later.
            found = dict(PRESETS.get(preset, {})) if isinstance(preset, str) else {}
            found |= _METHODS.get(method, {}) if isinstance(method, str) else {}
            if method == "photo":
                found |= _PHOTOS[data.get("realism", "grid") == "grid"]
                found |= {"size": _PHOTO_SIZES[preset]} if isinstance(preset, str) and preset in _PHOTO_SIZES else {}
            return {**found, **data}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.method == "naive" and len(self.layers) > 1:
            raise ValueError(f"the naive method takes one layer, the recipe has {len(self.layers)}")
        if self.method == "harmonize":
            if len(self.layers) > 1 or len(self.layers[0].styles) > 1:
                raise ValueError("harmonizing takes one layer, the pasted object, and one style, the painting")
            if self.corners is not None:
                raise ValueError("corners are for surfaces; to harmonize, leave them out")
            if self.start == "fast":
                raise ValueError("harmonizing begins from the pasted object; leave out the start fast")
        if self.method == "photo":
            if len(self.layers) > 1 or len(self.layers[0].styles) > 1:
                raise ValueError("the method photo takes one layer and one style, the reference")
            if self.corners is not None:
                raise ValueError("corners are for surfaces; for the look of another photo, leave them out")
            if self.start != "photo":
                raise ValueError(f"the method photo begins from the photo; leave out the start {self.start}")
        self._check_labels()
        for layer in self.layers:
            _check_styles(layer, self.method)
        if self.corners is not None and any(layer.region != "all" for layer in self.layers):
            raise ValueError("corners take the place of a region; leave out one of them")
        return self

    def _check_labels(self) -> None:
        """Refuse a label map without the other, or where there is no use for it."""
        if (self.labels is None) != (self.reference_labels is None):
            given, missing = ("labels", "reference_labels") if self.labels else ("reference_labels", "labels")
            raise ValueError(f"{given} need {missing} as well: both pictures have to be labeled alike")
        if self.labels is not None and self.method != "photo":
            raise ValueError(f"labels are for the method photo, not {self.method}; leave them out")

    @classmethod
    def from_options(cls, *, style: str | Path | list[str | Path] | tuple[str | Path, ...], **options: Any) -> Self:
        """Build a recipe of one layer from flat options, as the command line has them.

        Parameters
        ----------
        style : path or sequence of paths
            Style pictures; "a.jpg:0.7" gives one a weight, "a.jpg@subject" takes a part of it. Or a trained network,
            for which the method is fast; "a.sfm@waves" takes one of its styles.
        **options
            Fields of `Recipe`, `Layer` and `Style` but for "image"; None means the default.

        Returns
        -------
        Recipe
            With one layer.

        Raises
        ------
        RecipeError
            If an option is unknown or its value cannot be used.
        """
        given = {name: value for name, value in options.items() if value is not None}
        if taken := {"layers", "styles"} & set(given):
            raise RecipeError(f"{taken.pop()!r} is not an option of one layer; use Recipe.from_mapping for several")
        of_style = {name: given.pop(name) for name in ("weight", "scale", "mask") if name in given}
        of_layer = {name: given.pop(name) for name in list(given) if name in Layer.model_fields}
        names = [style] if isinstance(style, str | Path) else list(style)
        styles = [{**of_style, **_weighed(str(name))} for name in names]
        if any(style["image"].lower().endswith(_NETWORK) for style in styles):
            given = {"method": "fast", **given}
        return cls.from_mapping({**given, "layers": [{**of_layer, "styles": styles}]})

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Self:
        """Build a recipe from plain values, as `tomllib` gives them.

        Raises
        ------
        RecipeError
            One line that names the first field that is wrong, its value, and what it should be.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise RecipeError(_first_line(error)) from None

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a recipe from TOML text.

        Raises
        ------
        RecipeError
            If the text is not TOML, or not a recipe.
        """
        return cls.from_mapping(_parsed(text))

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a recipe from a TOML file.

        Raises
        ------
        RecipeError
            If the file cannot be read or is not a recipe; the message names it.
        """
        data = read(path)
        try:
            return cls.from_mapping(data)
        except RecipeError as error:
            raise RecipeError(f"{path}: {error}") from None

    def to_toml(self) -> str:
        """Return the recipe as TOML, every field spelled out, so that later defaults do not change it."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def _check_styles(layer: Layer, method: str) -> None:
    """Refuse styles that a method cannot paint by."""
    names = {style.image for style in layer.styles}
    for style in layer.styles:
        if style.is_network and method != "fast":
            raise ValueError(f"{style.image} is a network, by which only the method fast paints, not {method}")
        if style.is_network and len(names) > 1:
            raise ValueError(
                f"the network {style.image} cannot be mixed with other styles; give it a region of its own"
            )
        if style.is_network and layer.color in ("linear", "histogram"):
            raise ValueError(
                f"color {layer.color} needs a style picture, and {style.image} is a network; use luminance"
            )
        if method == "fast" and style.scale != 1:
            raise ValueError("the fast method cannot scale a style; choose a smaller size for larger strokes")


def read(path: str | Path) -> dict[str, Any]:
    """Read a TOML file into plain values.

    Raises
    ------
    RecipeError
        If the file cannot be read or is not TOML; the message names it.
    """
    try:
        return _parsed(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RecipeError(f"cannot read the recipe {path}: it is not a text file") from None
    except RecipeError as error:
        raise RecipeError(f"{path}: {error}") from None


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"the recipe is not valid TOML: {str(error).lower()}") from None


def _first_line(error: ValidationError) -> str:
    """Turn pydantic's report into one line: where, what is wrong, the value."""
    first = error.errors()[0]
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if first["type"] == "extra_forbidden":
        return f"the recipe has an unknown key {place!r}; {_nearest(str(first['loc'][-1]))}"
    if first["type"] == "missing":
        return f"the recipe lacks {place!r}"
    if first["type"] == "value_error":
        return f"{place or 'recipe'}: {message}"
    match first["type"]:
        case "string_pattern_mismatch":
            message = "should be auto, cpu, cuda or cuda:N"
        case "string_too_short":
            message = "should not be empty"
        case "too_short" | "too_long":
            message = _count(first["ctx"])
    return f"{place or 'recipe'}: {message}, got {first['input']!r}"


def _count(context: Mapping[str, Any]) -> str:
    """Say how many values there should be, and how many there are."""
    actual = context["actual_length"]
    if not actual:
        return "should not be empty"
    limit, word = (context["min_length"], "least") if "min_length" in context else (context["max_length"], "most")
    return f"should have at {word} {limit} values, not {actual}"


def _weighed(style: str) -> dict[str, Any]:
    """Read "a.jpg@subject:0.7" as a picture, the part of it that counts, and its weight."""
    found: dict[str, Any] = {"image": style}
    image, colon, weight = style.rpartition(":")
    if colon and image and not _is_file(style):
        with suppress(ValueError):
            found = {"image": image, "weight": float(weight)}
    parts = found["image"].split("@")
    if len(parts) > 1 and not _is_file(found["image"]):
        splits = [("@".join(parts[:n]), "@".join(parts[n:])) for n in range(1, len(parts))]
        splits = [(image, mask) for image, mask in splits if image and mask]
        # Names of pictures and of masks may hold an @ too; the picture is the part that is there.
        for image, mask in [pair for pair in splits if _is_file(pair[0])][:1] or splits[:1]:
            found |= {"image": image, "mask": mask}
    return found


def _is_file(name: str) -> bool:
    """Tell whether there is such a file; text that no file could be named is none."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def layer_weights(names: Sequence[str]) -> dict[str, float]:
    """Read layers such as "relu2_1:0.5" into names and weights; 1 where none is given.

    Raises
    ------
    RecipeError
        If a weight is no number above 0 and up to 1e6, or a layer is named twice.

    Examples
    --------
    >>> layer_weights(["relu1_1", "relu2_1:0.5"])
    {'relu1_1': 1.0, 'relu2_1': 0.5}
    """
    weights: dict[str, float] = {}
    for text in names:
        name, colon, number = text.partition(":")
        try:
            weight = float(number) if colon else 1.0
        except ValueError:
            weight = 0.0
        if not 0 < weight <= 1e6:
            raise RecipeError(
                f"style layer {text!r} needs a weight above 0, up to 1e6, behind its colon, got {number!r}"
            )
        if name in weights:
            raise RecipeError(f"style layer {name!r} is named twice; once, with a weight such as {name}:2, will do")
        weights[name] = weight
    return weights


def _nearest(key: str) -> str:
    from difflib import get_close_matches

    known = {*Recipe.model_fields, *Layer.model_fields, *Style.model_fields}
    close = get_close_matches(key, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(known))}"
