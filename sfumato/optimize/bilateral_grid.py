"""Photorealistic painting: colors change smoothly with position and lightness, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sfumato.optimize.parameterization import Parameterization, to_image

__all__ = ["BilateralGrid", "empty_grid"]

# Rec. 709, as in `sfumato.color`.
_LUMINANCE = (0.2126, 0.7152, 0.0722)

# Number of cells along the longer side, and from black to white. Fewer, larger cells cannot stain a sky.
_CELLS, _SHADES = 12, 8

# Floor of the photo's gradient, as a change over the longer side, which keeps the penalty finite in flat parts.
_STEEP = 7.0

# Weights of the penalties on differences between neighboring cells, and between neighboring pixels.
_BETWEEN_CELLS, _BETWEEN_PIXELS = 30.0, 1.0

# Weights of differences in hue between pixels and between cells, relative to those in lightness. Light varies with the
# place, hue hardly: a tint here and there has no cause in the scene.
_HUES, _CELL_HUES = 40.0, 10.0

# Unit of the unknowns of hue, relative to those of light: the penalties on hue are so steep that a step along the
# gradient would overshoot.
_HUE_UNIT = 10**-0.5

# Maximum number of pixels in a strip of rows that is painted at once, to limit memory.
_STRIP = 1_000_000


def empty_grid(height: int, width: int) -> Tensor:
    """Return a grid (1, 12, D, h, w) that changes nothing, for a picture of the given proportions.

    Examples
    --------
    >>> tuple(empty_grid(300, 400).shape)
    (1, 12, 8, 10, 13)
    """
    longer = max(height, width)
    rows, columns = (max(2, round(_CELLS * side / longer) + 1) for side in (height, width))
    return torch.zeros(1, 12, _SHADES, rows, columns)


class BilateralGrid(Parameterization):
    """A bilateral grid: affine changes of color by position and lightness.

    Pixels that are close together and similarly light change alike: edges stay where they are, texture is only
    strengthened or weakened, and no strokes can appear. A grid does not depend on the size of the photo.

    Parameters
    ----------
    values : Tensor (1, 12, D, h, w)
        Change of color, 3 × 4, for each of D lightnesses and h × w positions; zeros change nothing. What differs from
        the change of luminance is in smaller units, 0.32.
    base : Tensor (1, 3, H, W)
        Picture to change, RGB in [0, 1].
    photo : Tensor (1, 3, H, W)
        Photo whose lightness selects the cells.
    union : Tensor (1, 1, H, W)
        Above 0 where the picture is free; elsewhere it is the photo.
    evenness : float
        Weight of the penalties on uneven changes.
    finished : callable
        Returns base and photo, float32 (h, w, 3), at the size of `render`'s picture.
    limited : callable
        Returns `render`'s picture, float32 (h, w, 3), with its colors limited.

    Notes
    -----
    A pixel of color ``c`` becomes ``c + A (c - ½) + b``, with ``A`` and ``b`` interpolated between the cells around it.
    Grids that networks predict in one pass are described by Gharbi et al., "Deep bilateral learning for real-time image
    enhancement", SIGGRAPH 2017, and for styles by Xia et al., "Joint bilateral learning for real-time universal
    photorealistic style transfer", ECCV 2020. Here the grid is what is optimized.

    Two penalties keep changes even: the squared difference between neighboring cells, and the squared gradient of the
    change divided by that of the photo, so that a change may be as steep as what it changes. Changes of hue count
    ten times as much between cells, and forty times between pixels.
    """

    def __init__(
        self,
        values: Tensor,
        base: Tensor,
        photo: Tensor,
        union: Tensor,
        *,
        evenness: float = 1.0,
        finished: Callable[[], tuple[np.ndarray, np.ndarray]] | None = None,
        limited: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.values, self.base, self.photo = values.to(base), base, photo
        self.free = union > 0
        self.evenness, self.finished, self.limited = evenness, finished, limited
        self.places = _places(photo)
        longer = max(photo.shape[-2:])
        # The photo's gradient in each of the two directions, squared and summed over colors.
        self.gradients = [gradient.square().sum(1) + (_STEEP / longer) ** 2 for gradient in _gradients(photo)]

    def show(self, values: Tensor) -> Tensor:
        """Return the picture (1, 3, H, W), not clipped."""
        return torch.where(self.free, self.base + _change(values, self.places, self.base), self.photo)

    def length(self, change: Tensor) -> float:
        """Return the root mean square change of the free pixels for a change of the grid."""
        moved = _change(change, self.places, self.base) * self.free
        return float((moved.square().sum() / (3 * self.free.sum())).sqrt())

    def penalties(self, values: Tensor) -> dict[str, Tensor]:
        """Return how uneven the changes are, between cells and between pixels."""
        light, hues = _parts(values)
        cells = torch.stack(
            [
                weight * _mean(part.diff(dim=axis).square())
                for part, weight in ((light, 1.0), (hues, _CELL_HUES))
                for axis in (2, 3, 4)
            ]
        ).sum()
        change = _change(values, self.places, self.base) * self.free
        light = _luminance(change).expand_as(change)
        parts = light, _HUES**0.5 * (change - light)
        ratios = [
            _mean(gradient.square().sum(1) / own)
            for part in parts
            for gradient, own in zip(_gradients(part), self.gradients, strict=True)
        ]
        return {"unevenness": self.evenness * (_BETWEEN_CELLS * cells + _BETWEEN_PIXELS * sum(ratios))}

    def render(self, values: Tensor) -> np.ndarray:
        """Return the picture at the size of `finished`, or of the level without it."""
        if self.finished is None:
            return super().render(values)
        base, photo = self.finished()
        height, width = base.shape[:2]
        rows = max(1, _STRIP // width)
        painted = np.empty_like(base)
        with torch.no_grad():
            for top in range(0, height, rows):
                part = slice(top, min(top + rows, height))
                colors, own = (
                    torch.from_numpy(np.ascontiguousarray(image[part])).to(values.device).movedim(-1, 0)[None]
                    for image in (base, photo)
                )
                places = _places(own, top, height)
                painted[part] = to_image(colors + _change(values, places, colors))
        return painted if self.limited is None else self.limited(painted)


def _places(photo: Tensor, top: int = 0, height: int | None = None) -> Tensor:
    """Return the position in the grid of each pixel of a photo or of a strip, (1, 1, H, W, 3) in [-1, 1]."""
    rows, columns = photo.shape[-2:]
    shade = 2 * _luminance(photo)[0, 0] - 1
    down = (torch.arange(top, top + rows).to(photo) + 0.5) * (2 / (height or rows)) - 1
    across = (torch.arange(columns).to(photo) + 0.5) * (2 / columns) - 1
    found = [across.expand(rows, columns), down[:, None].expand(rows, columns), shade]
    return torch.stack(found, -1)[None, None]


def _change(values: Tensor, places: Tensor, colors: Tensor) -> Tensor:
    """Return what a grid adds to colors (1, 3, H, W) at their places."""
    light, hues = _parts(values)
    cells = (light + hues).view_as(values)
    found = functional.grid_sample(cells, places, mode="bilinear", padding_mode="border", align_corners=True)
    affine = found.view(1, 3, 4, *colors.shape[-2:])
    return (affine[:, :, :3] * (colors - 0.5)[:, None]).sum(2) + affine[:, :, 3]


def _parts(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the changes of luminance and of hue, (3, 4, D, h, w), that a grid's values stand for."""
    rows = values.view(3, 4, *values.shape[2:])
    light = torch.tensordot(rows.new_tensor(_LUMINANCE), rows, 1).expand_as(rows)
    return light, _HUE_UNIT * (rows - light)


def _luminance(picture: Tensor) -> Tensor:
    """Return the luminance (1, 1, H, W) of a picture (1, 3, H, W), or of a change."""
    weights = torch.tensor(_LUMINANCE, dtype=picture.dtype, device=picture.device)
    return (picture * weights[:, None, None]).sum(1, keepdim=True)


def _mean(values: Tensor) -> Tensor:
    """Return the mean, or 0 for no values, such as the differences along a single row."""
    return values.sum() / max(1, values.numel())


def _gradients(picture: Tensor) -> list[Tensor]:
    """Return the differences of neighbors, down and across."""
    return [picture.diff(dim=-2), picture.diff(dim=-1)]
