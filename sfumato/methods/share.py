"""The share of its styles that a region takes: the parts that it would get if the whole photo were restyled.

A masked style loss makes a region reproduce all of its style: sky, trees and moon have to fit into a face. In a whole
photo that is restyled, the style is spread over everything, and a region only gets what suits it. That is estimated
here for each size, before anything is optimized, at the cost of about one step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from sfumato.features import depth
from sfumato.images import Box
from sfumato.images.resizing import resized
from sfumato.losses import Moments, moments, style_share
from sfumato.methods.optimization import Optimization
from sfumato.methods.problem import PreparedLayer
from sfumato.optimize import Content, Level, region_moments

__all__ = ["Share"]

# Maximum number of windows through which the photo is seen, and their side in pixels of the level.
_WINDOWS, _SIDE = 8, 256

# Layer at which the content is held to the photo mapped to the style, and the weight of the photo's own at the content
# layer beside it. With 0.3, eyes, lamps and plates dissolve more often.
_MAPPED, _OWN_CONTENT = "relu3_1", 0.9

# Minimum side of what the network is shown, in pixels: one position of its deepest layer.
_LEAST = 16


class Share:
    """What layers take of the moments of their styles at one level, and what their content is to be near.

    Parameters
    ----------
    optimization : Optimization
        Network and tensors of the problem.
    level : Level
        Size of the crop.
    holds : bool
        Whether the content is held to the photo, mapped as the share is.
    content_layer : str, optional
        Layer at which it is held to the photo itself as well.
    """

    def __init__(
        self, optimization: Optimization, level: Level, *, holds: bool = False, content_layer: str | None = None
    ) -> None:
        self._optimization, self._level = optimization, level
        self._holds, self._content_layer = holds, content_layer
        self._photo: dict[str, Moments] = {}
        self._regions: dict[tuple[int, tuple[str, ...]], tuple[Mapping[str, Moments], Mapping[str, Tensor]]] = {}

    def layers(self, style_layers: Iterable[str]) -> list[str]:
        """Return the layers at which the moments of a style are needed: its own, and that of the mapped content."""
        found = list(style_layers)
        # At a deeper layer than those, a small region or a small part of a style may have no position.
        if self._holds and _MAPPED not in found and depth(_MAPPED) < max(map(depth, found)):
            found.append(_MAPPED)
        return found

    def of(
        self, part: PreparedLayer, styles: Sequence[Mapping[str, Moments]]
    ) -> tuple[list[Mapping[str, Moments]], list[Content]]:
        """Return what a layer takes of each of its styles, as moments by network layer, and what to stay near.

        That is the photo mapped as the share is and, at the content layer, the photo itself. At shallower layers, the
        photo's own features would hold the region to the photo's colors and contrasts while the style pulls away from
        them, and eyes and letters fall apart in between; the mapped ones agree with the style. The plainer a region,
        the more it gets of the style's own variance, and the less it is held: otherwise a clear sky stays pale.
        """
        taken: list[Mapping[str, Moments]] = []
        mapped = []
        kept: Mapping[str, Tensor] = {}
        for style in styles:
            region, kept = self._region(part, tuple(style))
            # A style in the photo's colors has those of the region already: all of it is taken.
            matched = part.layer.color == "none"
            asked = [name for name in region if matched or name == _MAPPED]
            photo = self._seen(asked) if matched else region
            shares = {name: style_share(style[name], photo[name], region[name]) for name in asked}
            taken.append({**style, **{name: share.moments for name, share in shares.items()}} if matched else style)
            if _MAPPED in shares and _MAPPED in kept:
                share = shares[_MAPPED]
                mapped.append((share.transport.features(kept[_MAPPED]), share.detail))
        if not self._holds or not mapped or len(mapped) < len(styles):
            return taken, []
        weights = [style.weight / sum(each.weight for each in part.styles) for style in part.styles]
        mean = torch.stack([weight * each for weight, (each, _) in zip(weights, mapped, strict=True)]).sum(0)
        held = sum(weight * detail for weight, (_, detail) in zip(weights, mapped, strict=True))
        contents = [Content(_MAPPED, mean, held)]
        if self._content_layer:
            contents.append(Content(self._content_layer, kept[self._content_layer], held * _OWN_CONTENT))
        return taken, contents

    def _region(
        self, part: PreparedLayer, layers: tuple[str, ...]
    ) -> tuple[Mapping[str, Moments], Mapping[str, Tensor]]:
        """Return moments and activations of a layer's region; several styles of a layer see the same."""
        key = (id(part), layers)
        if key not in self._regions:
            optimization, level = self._optimization, self._level
            content, mask = optimization.content(level), optimization.mask(part, level)
            mode = optimization.weights.mask_mode
            keep = [_MAPPED] if self._holds and _MAPPED in layers else []
            if keep and self._content_layer:
                keep.append(self._content_layer)
            self._regions[key] = region_moments(optimization.network, content, layers, mask, mode=mode, keep=keep)
        return self._regions[key]

    @torch.no_grad()
    def _seen(self, layers: list[str]) -> Mapping[str, Moments]:
        """Return the moments of the whole photo at the level's scale."""
        missing = [layer for layer in layers if layer not in self._photo]
        if missing:
            optimization, photo = self._optimization, self._optimization.problem.photo
            scale = self._level.height / optimization.problem.crop.shape[0]
            found = []
            for box in _windows(photo.shape, math.ceil(_SIDE / scale)):
                shown = photo.rgb(box)
                height, width = (max(_LEAST, round(side * scale)) for side in shown.shape[:2])
                activations = optimization.network(
                    optimization.tensor(resized(shown, height, width, cubic=True)), missing
                )
                found.append([moments(activations[layer]) for layer in missing])
            for layer, parts in zip(missing, zip(*found, strict=True), strict=True):
                mean, gram = (torch.stack(each).mean(0) for each in zip(*parts, strict=True))
                self._photo[layer] = Moments(mean, gram)
        return self._photo


def _windows(shape: tuple[int, int], side: int) -> Iterator[Box]:
    """Yield boxes of a photo (H, W): all of it if it is no larger than they are together, else boxes spread evenly."""
    height, width = shape
    if height * width <= _WINDOWS * side**2:
        yield 0, 0, height, width
        return
    rows = min(_WINDOWS, max(1, round(math.sqrt(_WINDOWS * height / width))))
    for top in _starts(height, side, rows):
        for left in _starts(width, side, _WINDOWS // rows):
            yield top, left, min(top + side, height), min(left + side, width)


def _starts(length: int, side: int, count: int) -> list[int]:
    """Return where `count` pieces of a length begin that are spread evenly."""
    room = max(0, length - side)
    return [round(float(start)) for start in (np.arange(count) + 0.5) * room / count]
