"""Options that several methods share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sfumato.recipe.layers import NETWORK, QUALITY, STYLE, Listed, option
from sfumato.recipe.recipe import Recipe

__all__ = ["METHOD", "Finish", "LayerName", "Optimized", "Painted"]

METHOD = option(
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
