"""Correspondence between the positions of a painting and of a picture, made consistent between neighbors.

Matches found for each position on its own are erratic, and paint made from them flickers. Here neighbors vote: each
proposes its own match, shifted by the offset between the two, and the proposal that most others agree with wins (Luan
et al. 2018 [1]_, algorithm 2).

.. [1] F. Luan, S. Paris, E. Shechtman, K. Bala, "Deep Painterly Harmonization", Computer Graphics Forum 37(4), 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["agree", "spread"]


def agree(matches: Tensor, mask: Tensor, colors: Tensor, *, radius: int = 2) -> Tensor:
    """Let the matches of neighbors vote on the match of each position.

    Parameters
    ----------
    matches : Tensor (n,) of int64
        Row-major index into the style's grid, for each position of the mask in row-major order, as `match_patches`
        gives them.
    mask : Tensor (h, w) of bool
        The positions that have matches.
    colors : Tensor (C, H, W)
        Colors at the style's grid, by which proposals are compared.
    radius : int
        Neighbors lie within a square of side ``2 * radius + 1``.

    Returns
    -------
    Tensor (n,) of int64
        The candidate with the smallest mean squared distance in color to all candidates. Candidates are the matches
        of the neighbors inside the mask, shifted back by their offset; those outside the style's grid do not count. A
        tie is won by the position's own match, if it is among them.

    Examples
    --------
    >>> colors = torch.arange(16.0).view(1, 4, 4)  # a stray match among those of a shift by one row
    >>> mask = torch.ones(3, 3, dtype=torch.bool)
    >>> agree(torch.tensor([4, 5, 6, 8, 3, 10, 12, 13, 14]), mask, colors, radius=1)
    tensor([ 4,  5,  6,  8,  9, 10, 12, 13, 14])
    """
    height, width = colors.shape[1:]
    rows, columns = (torch.full(mask.shape, -1, dtype=torch.int64, device=mask.device) for _ in range(2))
    rows[mask], columns[mask] = matches // width, matches % width
    size = 2 * radius + 1

    def around(grid: Tensor) -> Tensor:
        """Return the values of each masked position's neighbors, (size², n); -1 outside the mask."""
        padded = functional.pad(grid, (radius,) * 4, value=-1)
        shifted = padded.unfold(0, size, 1).unfold(1, size, 1)
        return shifted[mask].flatten(1).T

    shift = torch.arange(size, device=mask.device) - radius
    down, right = (part.reshape(-1, 1) for part in torch.meshgrid(shift, shift, indexing="ij"))
    row, column = around(rows), around(columns)
    known = row >= 0
    row, column = row - down, column - right
    known &= (row >= 0) & (row < height) & (column >= 0) & (column < width)
    # The position's own match comes first, so that it wins ties.
    order = torch.roll(torch.arange(size * size, device=mask.device), -(size * size // 2))
    row, column, known = row[order], column[order], known[order]
    candidates = torch.where(known, row * width + column, 0)
    shown = colors.flatten(1)[:, candidates]
    # The mean squared distance to all equals the squared distance to their mean, plus a constant.
    count = known.sum(0).clamp_min(1)
    middle = (shown * known).sum(1) / count
    distance = (shown - middle[:, None]).square().sum(0).masked_fill(~known, torch.inf)
    # Two candidates are equally far from their mean, except for rounding.
    distance[0] *= 1 - 1e-4
    best = distance.argmin(0)
    found: Tensor = candidates.gather(0, best[None])[0]
    return found


def spread(matches: Tensor, size: tuple[int, int], finer: tuple[int, int], step: int) -> Tensor:
    """Return the positions of a shallower layer that lie under the matched positions of a deeper one, each once.

    Parameters
    ----------
    matches : Tensor (n,) of int64
        Row-major index into the deeper layer's grid.
    size, finer : tuple of int
        Height and width of the deeper and of the shallower layer.
    step : int
        Number of the shallower layer's positions under one of the deeper, in each direction.

    Returns
    -------
    Tensor (m,) of int64
        Row-major index into the shallower layer's grid, ascending.

    Examples
    --------
    >>> spread(torch.tensor([1, 1]), (2, 2), (4, 4), 2)  # top right
    tensor([2, 3, 6, 7])
    """
    chosen = torch.zeros(size, dtype=torch.bool, device=matches.device)
    chosen.view(-1)[matches] = True
    # Poolings round sizes up, so a deep position may reach beyond the shallow grid; it is cut off there.
    enlarged = chosen.repeat_interleave(step, 0).repeat_interleave(step, 1)
    return enlarged[: finer[0], : finer[1]].reshape(-1).nonzero()[:, 0]
