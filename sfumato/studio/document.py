"""What a session remembers: photo, layers, settings and results, as frozen values that are replaced as a whole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from sfumato.recipe import METHODS, Layer, Style

__all__ = [
    "NOTHING",
    "Choice",
    "Document",
    "GalleryStyle",
    "Kept",
    "Labels",
    "Panel",
    "PastedObject",
    "PhotoInfo",
    "Reference",
    "ResultInfo",
    "Settings",
    "StudioLayer",
    "Thing",
    "is_published",
]

#: The region that selects nothing.
NOTHING = "~all"

# Fields of recipes that are no options here: the session has them elsewhere, or they name files.
_NO_OPTIONS = {"version", "method", "layers", "labels", "reference_labels", "clicker", "text_segmenter"}

# Number of notes that are kept; the newest come last.
_NOTES = 8

Options = dict[str, str | int | float]


def is_published(segmenter: str) -> bool:
    """Tell whether a segmenter is one that a page may choose: no folder of the machine that the studio runs on.

    Examples
    --------
    >>> is_published("mine"), is_published("hf:nvidia/segformer"), is_published("deeplab+crf")
    (False, True, True)
    """
    return segmenter.startswith("hf:") or segmenter.removesuffix("+crf") in ("auto", "deeplab")


class Kept(BaseModel):
    """Base of all parts of a document."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)


class PhotoInfo(Kept):
    """A photo; `version` grows with each new photo of a session, `screen` is the size of what is shown of it."""

    name: str
    width: int
    height: int
    bits: int
    alpha: bool
    version: int
    screen: tuple[int, int]


class Thing(Kept):
    """Something found in the photo: its value in the ID map, its label, and the word that selects it."""

    id: int
    name: str
    word: str
    share: float


class Labels(Kept):
    """What a segmenter found in the photo; `error` says why there is nothing, and what to do."""

    state: Literal["none", "working", "ready", "failed"] = "none"
    error: str | None = None
    version: int = 0
    segmenter: str = "auto"
    things: tuple[Thing, ...] = ()


class Choice(Style):
    """A style of a layer, by its id in the gallery."""

    model_config = ConfigDict(populate_by_name=True)

    image: str = Field(alias="style", min_length=1)


class StudioLayer(Layer):
    """A layer of the studio: a layer of a recipe, with a name and a method of its own, and perhaps a painted mask.

    `mask` is the name of the file that holds what was painted by hand; the region names it like any mask file.
    """

    id: str
    name: str = Field(min_length=1, max_length=100)
    on: bool = True
    method: Literal["optimized", "fast", "photo"] = "optimized"
    mask: str | None = None
    styles: tuple[Choice, ...] = ()

    @field_validator("*", mode="before")
    @classmethod
    def _plain_value(cls, value: Any, info: ValidationInfo) -> Any:  # type: ignore[override]
        if info.field_name != "on" and isinstance(value, bool):
            raise ValueError(f"should not be true or false, got {value}")
        return value


class GalleryStyle(Kept):
    """A style picture, and the file that holds it."""

    id: str
    name: str
    builtin: bool = False
    width: int
    height: int


class Settings(Kept):
    """Settings that all layers share. `options` are further options of recipes by name, for those who know them."""

    preset: Literal["draft", "normal", "fine"] = "normal"
    size: Annotated[int, Field(ge=0, le=100_000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**53)] = 0
    segmenter: Annotated[str, Field(min_length=1)] = "auto"
    options: Options = {}

    @field_validator("segmenter")
    @classmethod
    def _no_folder(cls, segmenter: str) -> str:
        if not is_published(segmenter):
            raise ValueError(
                f"should be auto, deeplab or hf:ORG/NAME, got {segmenter!r}; name a folder when you start the studio"
            )
        return segmenter

    @field_validator("options")
    @classmethod
    def _known(cls, options: Options) -> Options:
        known = {name for kind in METHODS.values() for name in kind.model_fields} - _NO_OPTIONS
        if unknown := sorted(set(options) - known):
            raise ValueError(f"no option is called {unknown[0]!r}; known: {', '.join(sorted(known))}")
        return options


class PastedObject(Kept):
    """An object on the painting: its picture in the gallery, where its middle is in pixels, size and angle."""

    style: str
    x: float
    y: float
    scale: float = Field(0.3, gt=0, le=1)
    angle: float = 0.0
    region: str = Field("subject", min_length=1)
    feather: float | None = Field(None, ge=0)
    painterly: float | None = Field(None, ge=0.1, le=20)
    harmonize: bool = True


class Reference(Kept):
    """The photo whose look to take, by its id in the gallery, and options of the method."""

    style: str
    semantic: Literal["soft", "hard", "none"] = "soft"
    realism: Literal["grid", "filter", "laplacian", "screened-poisson", "none"] = "grid"
    evenness: float = Field(0.5, ge=0, le=1e6)


class Panel(Kept):
    """What the page is used for, with what belongs to it."""

    mode: Literal["restyle", "paste", "photo", "surface"] = "restyle"
    corners: Annotated[tuple[float, ...], Field(min_length=8, max_length=8)] | None = None
    object: PastedObject | None = None
    reference: Reference | None = None


class ResultInfo(Kept):
    """A result; `finished` is False if it is the best picture of a cancelled job."""

    id: str
    name: str
    when: str
    seconds: float
    method: str
    width: int
    height: int
    finished: bool = True


class Document(Kept):
    """Everything that a session remembers."""

    photo: PhotoInfo | None = None
    labels: Labels = Labels()
    layers: tuple[StudioLayer, ...] = ()
    styles: tuple[GalleryStyle, ...] = ()
    settings: Settings = Settings()
    panel: Panel = Panel()
    results: tuple[ResultInfo, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def masks(self) -> set[str]:
        """Names of the files of painted masks."""
        return {layer.mask for layer in self.layers if layer.mask is not None}

    @property
    def files(self) -> set[str]:
        """Names of its files: photo, styles and painted masks."""
        return {style.name for style in self.styles} | self.masks | ({self.photo.name} if self.photo else set())

    @property
    def regions(self) -> list[str]:
        """All region expressions."""
        found = [layer.region for layer in self.layers]
        found += [choice.mask for layer in self.layers for choice in layer.styles if choice.mask is not None]
        return found + ([self.panel.object.region] if self.panel.object else [])

    def layer(self, name: str) -> StudioLayer | None:
        """Return the layer of an id."""
        return next((layer for layer in self.layers if layer.id == name), None)

    def noted(self, *notes: str) -> Document:
        """Return the document with further notes, each once."""
        kept = [note for note in self.notes if note not in notes]
        return self.model_copy(update={"notes": tuple([*kept, *notes][-_NOTES:])})
