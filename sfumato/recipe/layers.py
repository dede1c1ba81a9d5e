"""The parts of every recipe: styles, and layers, each a region with its styles."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from sfumato.errors import RecipeError

__all__ = [
    "HARMONIZE",
    "NETWORK",
    "PHOTO",
    "QUALITY",
    "REGION",
    "STYLE",
    "SURFACE",
    "Layer",
    "Listed",
    "Named",
    "Part",
    "Style",
    "layer_weights",
    "option",
    "style_from_text",
]

#: Headings of the command line's help, under which options are listed.
REGION, STYLE, QUALITY, NETWORK = "Region", "Style", "Quality and speed", "Network and optimizer"
SURFACE, HARMONIZE, PHOTO = "Surface", "Harmonizing", "Photorealistic transfer"

# Suffix of a trained network's file, in lower case.
_NETWORK = ".sfm"


def _listed(value: Any) -> Any:
    """Split text at its commas, as in "60,40,20"."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


def _named(value: Any) -> Any:
    """Turn a path into text."""
    return str(value) if isinstance(value, Path) else value


#: Validators for fields that may be given as text with commas, and for fields that name files.
Listed, Named = BeforeValidator(_listed), BeforeValidator(_named)


def option(group: str, *, file: bool = False, **field: Any) -> Any:
    """Declare a field as an option of the command line, listed under a heading of the help.

    `file` says that the field names a file; in a recipe, its path is relative to the recipe's folder.
    """
    return Field(json_schema_extra={"group": group, "file": file}, **field)


class Part(BaseModel):
    """Base of all parts of a recipe."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _plain_value(cls, value: Any) -> Any:
        """Refuse true and false, which pydantic would take for 1 and 0, and text that cannot be encoded."""
        if isinstance(value, bool):
            raise ValueError(f"should not be true or false, got {value}")
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise ValueError(f"should be text that a recipe can hold, got {value!r}; rename the file") from None
        return value


class Style(Part):
    """A style picture, or a trained network (.sfm), and how it is used."""

    image: Annotated[str, Named] = Field(min_length=1, description="Style picture, or a trained network (.sfm).")
    weight: float = Field(1.0, gt=0, le=1e6, description="Weight relative to the other styles of the region.")
    scale: Annotated[
        float,
        option(
            STYLE, ge=0.05, le=20, description="Size of the style's strokes; 1 fits the style picture to the region."
        ),
    ] = 1.0
    mask: Annotated[str, Named] | None = Field(
        None,
        min_length=1,
        description="Part of the style picture to use: a region expression or a mask file; the fast method uses the"
        " rectangle around it. For a network: the name of one of its styles.",
    )
    layers: Annotated[tuple[str, ...], Listed] | None = Field(
        None, min_length=1, description="Network layers of this style's loss, as relu1_1,relu2_1:0.5."
    )

    @property
    def is_network(self) -> bool:
        """Whether this is a trained network."""
        return self.image.lower().endswith(_NETWORK)


class Layer(Part):
    """A region and how it is restyled."""

    region: Annotated[
        str,
        Named,
        option(REGION, min_length=1, description="Where to restyle: a region expression or a mask file."),
    ] = "all"
    styles: tuple[Style, ...] = Field(min_length=1, description="Style pictures.")
    style_weight: Annotated[float, option(STYLE, ge=0, le=1e6, description="Weight of the style loss.")] = 1.0
    content_weight: Annotated[
        float,
        option(STYLE, ge=0, le=1e6, description="Weight of the content loss; higher keeps more of the photo."),
    ] = 0.15
    color: Annotated[
        Literal["none", "luminance", "linear", "histogram"],
        option(STYLE, description="luminance keeps the photo's colors; linear and histogram adapt the style to them."),
    ] = "none"
    strength: Annotated[float, option(STYLE, ge=0, le=1, description="Strength of the style; 0 leaves the photo.")] = (
        1.0
    )
    blend: Annotated[
        Literal["feather", "mrf", "smooth", "poisson"],
        option(REGION, description="How to blend the region's edge with the photo."),
    ] = "feather"
    feather: Annotated[
        float | None,
        option(
            REGION,
            ge=0,
            le=10_000,
            description="Width of the soft edge, in pixels; depends on the region's size when left out.",
        ),
    ] = None
    edge: Annotated[
        Literal["inside", "center", "outside"],
        option(REGION, description="Where the soft edge lies, relative to the region's edge."),
    ] = "center"


def style_from_text(text: str) -> dict[str, Any]:
    """Parse a style as written on the command line: a picture, the part of it to use, and its weight.

    Parameters
    ----------
    text : str
        Such as "a.jpg@subject:0.7".

    Returns
    -------
    dict of str to Any
        Fields of `Style`.

    Examples
    --------
    >>> style_from_text("a.jpg@subject:0.7")
    {'image': 'a.jpg', 'weight': 0.7, 'mask': 'subject'}
    """
    found: dict[str, Any] = {"image": text}
    image, colon, weight = text.rpartition(":")
    if colon and image and not _is_file(text):
        with suppress(ValueError):
            found = {"image": image, "weight": float(weight)}
    parts = found["image"].split("@")
    if len(parts) > 1 and not _is_file(found["image"]):
        splits = [("@".join(parts[:n]), "@".join(parts[n:])) for n in range(1, len(parts))]
        splits = [(image, mask) for image, mask in splits if image and mask]
        # Names of pictures and of masks may contain an @ too; split where the picture exists.
        for image, mask in [pair for pair in splits if _is_file(pair[0])][:1] or splits[:1]:
            found |= {"image": image, "mask": mask}
    return found


def _is_file(name: str) -> bool:
    """Tell whether a file exists; False if no file could have this name."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def layer_weights(names: Sequence[str]) -> dict[str, float]:
    """Parse network layers such as "relu2_1:0.5" into names and weights; the default weight is 1.

    Raises
    ------
    RecipeError
        If a weight is not a number above 0 and up to 1e6, or a layer is named twice.

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
                f"style layer {text!r} needs a weight above 0, up to 1e6, after its colon, got {number!r}"
            )
        if name in weights:
            raise RecipeError(f"style layer {name!r} is named twice; name it once, with a weight such as {name}:2")
        weights[name] = weight
    return weights
