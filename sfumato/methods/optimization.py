"""The optimization of a problem: its tensors on a device, at the size of each level."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sfumato import blend, features
from sfumato.features import depth, stride
from sfumato.images.resizing import resized, shrunk
from sfumato.losses import Moments, squared_change
from sfumato.methods import fast
from sfumato.methods.problem import Earlier, PreparedLayer, PreparedStyle, Problem
from sfumato.optimize import (
    Level,
    Objective,
    ParameterizationAt,
    PictureTerm,
    Step,
    StyleStatistics,
    Term,
    Weights,
    optimize,
    pyramid,
    resize,
    to_image,
)
from sfumato.recipe import Localized, Optimized, Painted, layer_weights

__all__ = ["FINISHING_CONTENT_WEIGHT", "Optimization", "shallow"]

_ADAM_RATE = 0.02

# Factors at the photo's own size: of the content weight, whose loss there only has to preserve edges (relu2_2); of the
# photo's detail, since more of it would remain as an engraving over the paint; and of the total variation, to suppress
# specks that a few steps from a soft start leave.
FINISHING_CONTENT_WEIGHT, _FINISHING_DETAIL, _FINISHING_VARIATION = 1 / 3, 0.3, 3.0


class Optimization:
    """The tensors, levels and weights that every optimizing method uses.

    Parameters
    ----------
    problem : Problem
        Problem to paint.
    statistics : StyleStatistics, optional
        Known moments of its styles.

    Attributes
    ----------
    statistics : StyleStatistics
        Moments of its styles, as far as they are known.
    device : str
        A torch device name.
    network : VGG19
        Loss network on that device.
    weights : Weights
        Weights of the recipe.
    """

    def __init__(self, problem: Problem, statistics: StyleStatistics | None = None) -> None:
        recipe = problem.recipe
        self.problem = problem
        assert isinstance(recipe, Optimized)
        self.device = problem.machine.device
        self.network = features.load(recipe.pooling, self.device, problem.machine.precision)
        self.weights = Weights(
            style_layers=layer_weights(recipe.style_layers),
            content_layer=recipe.content_layer,
            variation=recipe.variation_weight,
            style_loss=recipe.style_loss,
            mask_mode=recipe.mask_mode,
        )
        self.recipe: Optimized = recipe
        self.statistics = statistics or StyleStatistics(self.network)
        self._content = self.tensor(problem.content)

    def levels(self, after: int = 0) -> list[Level]:
        """Return the levels up to the working size; their numbers follow `after`."""
        height, width = self.problem.content.shape[:2]
        found = pyramid(height, width, self.recipe.iterations)
        if self.problem.earlier:
            found = [replace(found[-1], number=1)]  # what was painted before is composed already
        return [replace(level, number=level.number + after) for level in found]

    def finishing(self, after: int) -> list[Level]:
        """Return the level at the photo's own size, if there is one."""
        problem = self.problem
        if problem.finest <= 1 or not isinstance(self.recipe, Painted):
            return []
        return [Level(after + 1, *problem.finished_size(), problem.finest, self.recipe.finish)]

    def is_shallow(self, level: Level) -> bool:
        """Tell whether a level leaves what strokes make up to the levels before it."""
        if level.scale > 1:
            return True
        last = level.scale == 1 and level.number > 1 and self.problem.finest <= 1
        return last and isinstance(self.recipe, Localized) and self.recipe.last_layers == "shallow"

    def tensor(self, image: np.ndarray) -> Tensor:
        """Turn an image (H, W, C) into a tensor (1, C, H, W), channels last in memory as the network wants it."""
        return torch.from_numpy(np.ascontiguousarray(image)).to(self.device).movedim(-1, 0)[None]

    def content(self, level: Level) -> Tensor:
        """Return the content target of a level, (1, 3, h, w)."""
        if level.scale > 1:
            return self.tensor(shrunk(self.problem.aim(), level.height, level.width))
        return resize(self._content, level.height, level.width)

    def mask(self, part: PreparedLayer, level: Level) -> Tensor:
        """Return where a part is, with the band that its edge is blended over, (1, 1, h, w)."""
        return self.over(part.mask, level)

    def over(self, mask: np.ndarray, level: Level) -> Tensor:
        """Return a mask (h, w) of the crop at the size of a level, (1, 1, h, w)."""
        return self.tensor(resized(mask, level.height, level.width)[..., None])

    def moments(self, style: PreparedStyle, size: tuple[int, int], layers: Iterable[str]) -> Mapping[str, Moments]:
        """Return the moments of a style's picture at a size (h, w) and at layers, computed once for all objectives."""

        def sized() -> tuple[Tensor, Tensor | None]:
            mask = None if style.mask is None else resize(self.tensor(style.mask[..., None]), *size)
            return self.style_picture(style, size), mask

        return self.statistics.of(
            (_content_hash(style), size), sized, list(layers), mode=self.weights.mask_mode, name=style.name
        )

    def style_picture(self, style: PreparedStyle, size: tuple[int, int]) -> Tensor:
        """Return the picture of a style at a size (h, w), (1, 3, h, w)."""
        return resize(self.tensor(style.picture), *size)

    def enter(self, level: Level, picture: Tensor, detail: float = 0.0) -> Tensor:
        """Turn the picture of the previous level into the start of this one.

        `detail` is how much of the photo's fine detail to add, up to the working size; above it, the recipe decides.
        """
        if level.scale > 1:
            detail = self.recipe.detail * _FINISHING_DETAIL
        if level.scale <= 1 and (detail == 0 or level.width <= picture.shape[-1]):
            return resize(picture, level.height, level.width)
        own = self.problem.aim() if level.scale > 1 else self.problem.content
        return self.tensor(blend.enlarge(to_image(picture), shrunk(own, level.height, level.width), detail=detail))

    def paint(
        self,
        levels: list[Level],
        objective_at: Callable[[Level], Objective],
        state: Mapping[str, Any] | None,
        enter: Callable[[Level, Tensor], Tensor] | None = None,
        parameterization_at: ParameterizationAt | None = None,
    ) -> Iterator[Step]:
        """Optimize as the recipe asks for, from its start or from a saved state."""
        recipe, start = self.recipe, self._content
        start_from = recipe.start if isinstance(recipe, Painted) else "photo"
        if self.problem.earlier:
            start, start_from = self._begun(self.problem.earlier), "photo"
        if isinstance(recipe, Painted) and start_from == "noise":
            generator = torch.Generator().manual_seed(recipe.seed)
            start = (0.5 + 0.15 * torch.randn(start.shape, generator=generator)).clamp(0, 1).to(start)
        if start_from == "fast" and state is None:
            start = self.tensor(fast.begun(self.problem))
        return optimize(
            levels,
            objective_at,
            start,
            enter=enter or self.enter,
            parameterization_at=parameterization_at,
            optimizer=recipe.optimizer,
            learning_rate=recipe.learning_rate or (1.0 if recipe.optimizer == "lbfgs" else _ADAM_RATE),
            tolerance=recipe.tolerance,
            resume=state,
        )

    def temporal(self, level: Level) -> list[Term]:
        """Return the term that keeps a level near what was painted of an earlier frame, if there is one."""
        earlier = self.problem.earlier
        if earlier is None:
            return []
        picture, trust = (self._sized(image, level.height, level.width) for image in (earlier.picture, earlier.trust))
        union = self.over(self.problem.union, level)
        return [PictureTerm("temporal", earlier.weight, partial(squared_change, earlier=picture, trust=trust * union))]

    def _begun(self, earlier: Earlier) -> Tensor:
        """Return what was painted of an earlier frame, with the photo where that does not hold."""
        height, width = self.problem.content.shape[:2]
        picture, trust = (self._sized(image, height, width) for image in (earlier.picture, earlier.trust))
        return self._content + trust * (picture - self._content)

    def _sized(self, image: np.ndarray, height: int, width: int) -> Tensor:
        """Return the crop of an array (H, W) or (H, W, C) of the photo's size, resized, (1, C, height, width)."""
        found = resized(self.problem.crop.take(image), height, width)
        return self.tensor(found if found.ndim == 3 else found[..., None])

    def finishing_weights(self) -> Weights:
        """Return the weights for the photo's own size: shallow layers only, which see strokes but no shapes."""
        return replace(
            self.weights,
            style_layers=shallow(self.weights.style_layers),
            content_layer="relu2_2",
            variation=self.weights.variation * _FINISHING_VARIATION,
        )


def _content_hash(style: PreparedStyle) -> str:
    """Return what tells a style's picture and mask from others, in other problems too."""
    digest = hashlib.sha256()
    for array in (style.picture, style.mask):
        if array is not None:
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def shallow(layers: Mapping[str, float]) -> dict[str, float]:
    """Keep the layers of the first three blocks, or, if there are none, the shallowest."""
    found = {name: weight for name, weight in layers.items() if stride(name) <= 4}
    shallowest = min(layers, key=depth)
    return found or {shallowest: layers[shallowest]}
