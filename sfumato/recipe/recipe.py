"""The recipe, which says how to restyle a photo: frozen, validated, and the same in Python, TOML and the shell.

A field's description is its help text on the command line, and its constraints are the command line's errors. Options
of a single method are declared with that method, in `sfumato.recipe.methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import Field, ValidationError, model_validator

from sfumato.errors import RecipeError
from sfumato.recipe import text
from sfumato.recipe.layers import QUALITY, REGION, SURFACE, Layer, Listed, Part, Style, option, style_from_text

__all__ = ["METHODS", "PRESETS", "VERSION", "Recipe", "Size"]

#: Version of the format that is written. Older recipes, which have no version, can still be read.
VERSION = 1

#: Values that each preset sets, for the fields that a method has; values given explicitly take precedence.
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "draft": {"size": 256, "iterations": (40, 20), "finish": 0},
    "normal": {"size": 512, "iterations": (60, 40, 20), "finish": 8},
    "fine": {"size": 1024, "iterations": (120, 80, 60, 30), "finish": 12},
}

#: The recipe class of each method, by the method's name.
METHODS: dict[str, type[Recipe]] = {}

# Options of a run, not of a picture; recipes without a version may contain them.
_OF_A_RUN = ("device", "precision")

Size = Annotated[
    int,
    option(
        QUALITY,
        ge=0,
        le=100_000,
        description="Longer side at which the region is processed, in pixels; 0 uses the photo's own size.",
    ),
]


class Recipe(Part):
    """Everything that determines a result, except the photo.

    Each method has a class of its own with its options (`sfumato.recipe.methods`); the `from_*` constructors choose it
    by ``method``.

    Raises
    ------
    RecipeError
        From the `from_*` constructors; the plain constructor raises pydantic's `ValidationError`.

    Examples
    --------
    >>> recipe = Recipe.from_options(style="a.jpg", region="subject", preset="draft")
    >>> recipe.size, recipe.layers[0].region, type(recipe).__name__
    (256, 'subject', 'Localized')
    >>> Recipe.from_toml(recipe.to_toml()) == recipe
    True
    """

    version: int = Field(VERSION, description="Version of the recipe's format.")
    method: str = Field(description="How to restyle.")
    preset: Annotated[
        Literal["draft", "normal", "fine"], option(QUALITY, description="Trade-off between speed and quality.")
    ] = "normal"
    layers: tuple[Layer, ...] = Field(min_length=1, description="Regions, each with its styles.")
    size: Size = 512
    corners: Annotated[
        tuple[float, ...] | None,
        option(
            SURFACE,
            min_length=8,
            max_length=8,
            description="Corners of a surface to restyle as seen from the front: x,y of each, in pixels, in order"
            " around it.",
        ),
        Listed,
    ] = None
    segmenter: Annotated[
        str,
        option(
            REGION,
            min_length=1,
            description="Segmenter for labels such as person: deeplab, hf:ORG/NAME or a folder; +crf sharpens edges.",
        ),
    ] = "auto"
    clicker: Annotated[
        str,
        option(
            REGION,
            min_length=1,
            description="Network that finds the thing at a click: hf:ORG/NAME or a folder with Segment Anything.",
        ),
    ] = "auto"
    text_segmenter: Annotated[
        str,
        option(
            REGION,
            min_length=1,
            description="Network that finds what a text describes: hf:ORG/NAME or a folder, such as CLIPSeg.",
        ),
    ] = "auto"
    detail: Annotated[
        float,
        option(
            QUALITY,
            ge=0,
            le=4,
            description="How much of the photo's fine detail to add where the result is enlarged.",
        ),
    ] = 1.0

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the recipe class of a method."""
        default = cls.model_fields["method"].default
        if isinstance(default, str):
            METHODS[default] = cls

    @property
    def has_losses(self) -> bool:
        """Whether anything is optimized, so that there are losses to plot."""
        return True

    @classmethod
    def files(cls) -> list[str]:
        """Return the names of the fields that name files."""
        return [name for name, field in cls.model_fields.items() if _says(field.json_schema_extra, "file")]

    @classmethod
    def preset_values(cls, preset: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the values that a preset sets for this method, given the other values."""
        return {name: value for name, value in PRESETS[preset].items() if name in cls.model_fields}

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            preset = data.get("preset", "normal")
            # Values of other types set nothing here; validation refuses them later.
            if isinstance(preset, str) and preset in PRESETS:
                return {**cls.preset_values(preset, data), **data}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.version != VERSION:
            raise ValueError(f"version {self.version} is not known, only {VERSION}; it may need a newer sfumato")
        for layer in self.layers:
            for style in layer.styles:
                self.check_style(layer, style)
        return self

    def check_style(self, layer: Layer, style: Style) -> None:
        """Refuse a style that the method does not support."""
        if style.is_network:
            raise ValueError(f"{style.image} is a network, which only the method fast can use, not {self.method}")

    @classmethod
    def from_options(cls, *, style: str | Path | list[str | Path] | tuple[str | Path, ...], **options: Any) -> Recipe:
        """Build a recipe with one layer from flat options, such as those of the command line.

        Parameters
        ----------
        style : path or sequence of paths
            Style pictures; "a.jpg:0.7" sets a weight, "a.jpg@subject" uses a part of the picture. Or a trained network,
            which implies the method fast; "a.sfm@waves" uses one of its styles.
        **options
            Fields of the method's recipe, of `Layer`, and of `Style` except "image"; None means the default.

        Returns
        -------
        Recipe
            With one layer.

        Raises
        ------
        RecipeError
            If an option is unknown or belongs to another method, or its value cannot be used.
        """
        given = {name: value for name, value in options.items() if value is not None}
        if taken := {"layers", "styles"} & set(given):
            raise RecipeError(f"{taken.pop()!r} is not an option of one layer; use Recipe.from_mapping for several")
        of_style = {name: given.pop(name) for name in ("weight", "scale", "mask") if name in given}
        of_layer = {name: given.pop(name) for name in list(given) if name in Layer.model_fields}
        names = [style] if isinstance(style, str | Path) else list(style)
        styles = [{**of_style, **style_from_text(str(name))} for name in names]
        if any(Style.model_construct(**found).is_network for found in styles):
            given = {"method": "fast", **given}
        return cls.from_mapping({"version": VERSION, **given, "layers": [{**of_layer, "styles": styles}]})

    @classmethod
    def from_mapping(cls, data: Mapping[str, Any]) -> Recipe:
        """Build a recipe from plain values, as `tomllib` gives them.

        Data without a version is an older recipe: fields that its method does not have are dropped.

        Raises
        ------
        RecipeError
            One line that names the first field that is wrong, its value, and what it should be.
        """
        method = data.get("method", "localized") if isinstance(data, Mapping) else "localized"
        kind = METHODS.get(method) if isinstance(method, str) else None
        if kind is None:
            names = [repr(name) for name in METHODS]
            raise RecipeError(f"method: input should be {', '.join(names[:-1])} or {names[-1]}, got {method!r}")
        if isinstance(data, Mapping) and "version" not in data:
            data = kind.from_before(data)
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            fields = {name: [*found.model_fields] for name, found in METHODS.items()}
            raise RecipeError(text.first_line(error, str(method), fields, _OF_A_RUN)) from None

    @classmethod
    def from_before(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Translate a recipe from before version 1, when all methods had all fields and pictures named a device."""
        others = {name for kind in METHODS.values() for name in kind.model_fields} | set(_OF_A_RUN)
        return {name: value for name, value in data.items() if name in cls.model_fields or name not in others}

    @classmethod
    def from_toml(cls, content: str) -> Recipe:
        """Read a recipe from TOML text.

        Raises
        ------
        RecipeError
            If the text is not TOML, or not a recipe.
        """
        return cls.from_mapping(text.parsed(content))

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a recipe from a TOML file.

        Raises
        ------
        RecipeError
            If the file cannot be read or is not a recipe; the message names it.
        """
        data = text.read(path)
        try:
            return cls.from_mapping(data)
        except RecipeError as error:
            raise RecipeError(f"{path}: {error}") from None

    def to_toml(self) -> str:
        """Return the recipe as TOML, with every field written out, so that later defaults do not change it."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))


def _says(extra: Any, name: str) -> bool:
    return isinstance(extra, Mapping) and bool(extra.get(name))
