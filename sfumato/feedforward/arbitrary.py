"""Arbitrary styles: one network embeds a style picture in 100 numbers, and another paints the photo with them.

After Ghiasi, Lee, Kudlur, Dumoulin and Shlens, "Exploring the structure of a real-time, arbitrary neural artistic
stylization network", BMVC 2017. Embeddings of several styles can be averaged; averaging with the photo's own weakens a
style.

Strokes have a fixed size in pixels: the larger the photo, the finer they look.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from sfumato import models
from sfumato.compute import session, size_free
from sfumato.errors import ImageError, RecipeError
from sfumato.feedforward.bands import MARGIN, in_bands, padded
from sfumato.feedforward.graph import Stage, cut, unrounded
from sfumato.images.resizing import resized_per_side

__all__ = ["Styler", "embed", "mix", "transfer"]

_PHOTO, _STYLE = "content_image", "mobilenet_conv/Conv/BiasAdd"  # inputs of the second network
_SEEN = 256  # side of the pictures that the first network was trained on
_THINNEST, _LONGEST = 32, 2048  # range of the sides of a long narrow style, in pixels


def embed(style: np.ndarray) -> np.ndarray:
    """Embed a style picture in the numbers that `transfer` paints with.

    The picture is resized to the area of 256 x 256 pixels with its own proportions: squeezed into a square, the strokes
    of a picture three times as wide as high would become upright streaks, and a square crop would lose most of it.

    Parameters
    ----------
    style : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1].

    Returns
    -------
    ndarray of float32, shape (100,)

    Raises
    ------
    ModelError
        If the network file "arbitrary-predict" is not in the model store and cannot be fetched.

    Examples
    --------
    >>> embed(np.zeros((64, 64, 3), np.float32)).shape
    (100,)
    """
    ratio = math.sqrt(style.shape[0] / style.shape[1])
    height, width = (min(max(round(_SEEN * side), _THINNEST), _LONGEST) for side in (ratio, 1 / ratio))
    seen = resized_per_side(np.asarray(style, np.float32), height, width)
    numbers: np.ndarray = _reader().run(None, {"style_image": seen[None]})[0]
    return numbers.ravel()


def mix(embeddings: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Average the embeddings of styles.

    Parameters
    ----------
    embeddings : sequence of ndarray (100,)
        Results of `embed`.
    weights : sequence of float
        Weight of each, 0 or more; only their ratios count.

    Returns
    -------
    ndarray of float32, shape (100,)

    Raises
    ------
    RecipeError
        If a weight is negative or not finite, or all are 0.

    Examples
    --------
    >>> float(mix([np.zeros(100), np.ones(100)], [1, 3])[0])
    0.75
    """
    total = math.fsum(weights)
    if not math.isfinite(total) or total <= 0 or min(weights) < 0:
        shown = ", ".join(f"{weight:g}" for weight in weights) or "(none)"
        raise RecipeError(f"styles cannot be mixed by the weights {shown}; use 0 or more, one of them above 0")
    return np.average(np.stack(embeddings), axis=0, weights=weights).astype(np.float32)


def transfer(photo: np.ndarray, embedding: np.ndarray, *, tile: int = 2**20) -> np.ndarray:
    """Paint a photo at its own resolution.

    Parameters
    ----------
    photo : ndarray of float32, shape (H, W, 3)
        sRGB in [0, 1], of any size.
    embedding : ndarray of float32, shape (100,)
        Result of `embed` or `mix`.
    tile : int
        Maximum number of pixels to put through the network at once, at about 400 bytes each. A larger photo is painted
        in bands that share the statistics of the whole photo; the result is the same to within 1 / 255.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        In [0, 1].

    Raises
    ------
    ModelError
        If the network file "arbitrary-transform" is not in the model store and cannot be fetched.

    Notes
    -----
    The network in the file rounds its activations to 256 levels, which leaves about 60 levels of each color and a
    coarse grain. That rounding is removed here; the weights still have 8 bits.

    Examples
    --------
    >>> photo = np.random.default_rng(0).random((30, 41, 3), np.float32)
    >>> transfer(photo, embed(photo)).shape
    (30, 41, 3)
    """
    height, width = photo.shape[:2]
    style = np.asarray(embedding, np.float32).reshape(1, 1, 1, -1)
    if height * width <= tile:
        painted = _painter().run(None, {_PHOTO: padded(photo)[None], _STYLE: style})[0][0]
    else:
        painted = in_bands(*_painter_in_stages(), photo, {_STYLE: style}, pixels=tile)
    result: np.ndarray = painted[MARGIN : MARGIN + height, MARGIN : MARGIN + width]
    return result


class Styler:
    """Paints one picture after another in the same style.

    Parameters
    ----------
    style : ndarray (H, W, 3), or sequence of (ndarray, float)
        A picture, uint8 or float in [0, 1]; or several, each with its weight.
    strength : float
        From 0, each frame in its own style, to 1, the full style: the embeddings of the frame and of the style are
        averaged.

    Raises
    ------
    RecipeError
        If the strength is not between 0 and 1, or `mix` refuses the weights.
    ImageError
        If a style is neither uint8 nor float.
    ModelError
        See `embed` and `transfer`; raised no later than the first frame.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> styler = Styler(rng.integers(0, 256, (64, 64, 3), np.uint8), strength=0.8)
    >>> frame = styler(rng.integers(0, 256, (48, 60, 3), np.uint8))
    >>> frame.shape, frame.dtype
    ((48, 60, 3), dtype('uint8'))
    """

    def __init__(self, style: np.ndarray | Sequence[tuple[np.ndarray, float]], strength: float = 1.0) -> None:
        if not 0 <= strength <= 1:
            raise RecipeError(f"strength is {strength:g}; use 0 (the photo's own manner) to 1 (the style's)")
        styles = [(style, 1.0)] if isinstance(style, np.ndarray) else list(style)
        self.strength = strength
        self.embedding = mix([embed(_as_float(each)) for each, _ in styles], [weight for _, weight in styles])

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """Paint a frame.

        Parameters
        ----------
        frame : ndarray, shape (H, W, 3)
            uint8, or float in [0, 1].

        Returns
        -------
        ndarray, shape (H, W, 3)
            uint8 if the frame is, else float32.

        Raises
        ------
        ImageError
            If the frame is neither uint8 nor float.
        """
        photo, embedding = _as_float(frame), self.embedding
        if self.strength < 1:
            embedding = mix([embed(photo), embedding], [1 - self.strength, self.strength])
        painted = transfer(photo, embedding)
        return np.rint(painted * 255).astype(np.uint8) if frame.dtype == np.uint8 else painted


def _as_float(picture: np.ndarray) -> np.ndarray:
    """Return a picture as float32 in [0, 1]."""
    if picture.dtype == np.uint8:
        return picture.astype(np.float32) / np.float32(255)
    if not np.issubdtype(picture.dtype, np.floating):
        raise ImageError(f"a picture has values of type {picture.dtype}; give uint8, or float in [0, 1]")
    return picture.astype(np.float32, copy=False)


@lru_cache(maxsize=1)
def _reader() -> Any:
    """Load the network that reads a style."""
    import onnx

    return session(size_free(onnx.load(models.path("arbitrary-predict"))).SerializeToString())


@lru_cache(maxsize=1)
def _painter() -> Any:
    """Load the network that paints a photo."""
    import onnx

    return session(size_free(unrounded(onnx.load(models.path("arbitrary-transform")))).SerializeToString())


@lru_cache(maxsize=1)
def _painter_in_stages() -> tuple[list[Stage], list[Any]]:
    """Load the network that paints a photo, cut into stages for painting in bands."""
    import onnx

    stages = cut(unrounded(onnx.load(models.path("arbitrary-transform"))))
    return stages, [session(stage.model) for stage in stages]
