"""Patch matching: the most similar style patch for the patch around each content position.

Chen and Schmidt 2016 [1]_ swap patches by this measure; Luan et al. 2018 [2]_ select the part of a painting that a
pasted object should imitate. All pairs are compared, so that the result is exact.

.. [1] T. Q. Chen, M. Schmidt, "Fast Patch-based Style Transfer of Arbitrary Style", 2016, eq. 1.
.. [2] F. Luan, S. Paris, E. Shechtman, K. Bala, "Deep Painterly Harmonization", Computer Graphics Forum 37(4), 2018.
"""

from __future__ import annotations

from collections import deque

import torch
from torch import Tensor
from torch.nn import functional

from sfumato.errors import RecipeError, RegionError

__all__ = ["match_patches"]


@torch.no_grad()
def match_patches(
    content: Tensor,
    style: Tensor,
    *,
    content_mask: Tensor | None = None,
    style_mask: Tensor | None = None,
    size: int = 3,
    chunk: int = 2**21,
) -> Tensor:
    """Find the style position with the most similar patch for each content position.

    Similarity is the cosine between two patches over all channels; borders are replicated. A patch of zeros has a
    cosine of 0 with everything.

    Parameters
    ----------
    content : Tensor (1, C, h, w)
        Activations of one layer.
    style : Tensor (1, C, H, W)
        Activations of the same layer.
    content_mask : Tensor (h, w) of bool, optional
        The positions to find a match for; all by default.
    style_mask : Tensor (H, W) of bool, optional
        The positions that may be the center of a match; all by default. Their neighbors need not be in it.
    size : int
        Side of a patch, in positions; odd.
    chunk : int
        Number of pairs of positions to compare at once, at least one content row with `size` style rows. It takes
        about ``4 * (size + 4) * chunk`` bytes, in addition to a copy of the activations.

    Returns
    -------
    Tensor (n,) of int64
        Row-major index of the match in the style, for each wanted content position in row-major order. A tie is
        won by the lowest index; between nearly equal matches, rounding to float32 may decide.

    Raises
    ------
    RecipeError
        If `size` is not a positive odd number.
    RegionError
        If a mask does not have the size of its activations, or has no position in it.

    Notes
    -----
    The dot product of two patches is the sum, over the shifts within a patch, of dot products of single positions.
    These are computed once for each pair and added along their common diagonal, first across and then down, which
    takes ``size**2`` times fewer multiplications than comparing whole patches. The norm of the content patch is the
    same for all candidates, so it is left out.

    Examples
    --------
    >>> style = torch.eye(4).view(1, 4, 2, 2)
    >>> index = match_patches(style.flip(3), style, size=1); index
    tensor([1, 0, 3, 2])
    >>> swapped = style.flatten(2)[..., index].view_as(style)
    >>> bool((swapped == style.flip(3)).all())
    True
    """
    if size < 1 or size % 2 == 0:
        raise RecipeError(f"a patch of size {size} has no middle; give an odd size, such as 3")
    wanted = _positions("content", content, content_mask)
    allowed = _positions("style", style, style_mask)
    source, target = _box(wanted), _box(allowed)
    best = _search(_cut(content, source, size), _cut(style, target, size), allowed[target], size, chunk)
    row, column = best // allowed[target].shape[1], best % allowed[target].shape[1]
    index: Tensor = (row + target[0].start) * allowed.shape[1] + column + target[1].start
    return index[wanted[source]]


def _search(content: Tensor, style: Tensor, allowed: Tensor, size: int, chunk: int) -> Tensor:
    """Return the index of the match in a padded style (C, H, W) for each position of a padded content (C, h, w)."""
    more = size - 1
    width = content.shape[2] - more
    height, columns = allowed.shape
    norms = functional.avg_pool2d(style.square().sum(0, keepdim=True), size, stride=1, divisor_override=1)[0].sqrt()
    scale = torch.where(norms > 0, 1 / norms, 0)
    bar = torch.where(allowed, 0, -torch.inf)
    best = content.new_full((content.shape[1] - more, width), -torch.inf)
    index = torch.zeros_like(best, dtype=torch.int64)

    strip = max(1, chunk // (content.shape[2] * style.shape[2]) - more)
    for first in range(0, height, strip):
        last = min(first + strip, height)
        candidates = style[:, first : last + more].flatten(1)
        lines: deque[Tensor] = deque(maxlen=size)
        for row in range(content.shape[1]):
            pairs = (content[:, row].T @ candidates).view(content.shape[2], -1, style.shape[2])
            lines.append(_add([pairs[k : k + width, :, k : k + columns] for k in range(size)]))
            if len(lines) < size:
                continue
            dots = _add([line[:, k : k + last - first] for k, line in enumerate(lines)])
            cosine = torch.addcmul(bar[first:last], dots, scale[first:last])
            value, place = cosine.flatten(1).max(1)
            # Strictly better only, so that an earlier strip wins ties.
            better = value > best[row - more]
            best[row - more][better] = value[better]
            index[row - more][better] = place[better] + first * columns
    return index


def _add(terms: list[Tensor]) -> Tensor:
    if len(terms) == 1:
        return terms[0]
    total = terms[0] + terms[1]
    for term in terms[2:]:
        total += term
    return total


def _positions(name: str, activations: Tensor, mask: Tensor | None) -> Tensor:
    height, width = activations.shape[2:]
    if mask is None:
        return torch.ones(height, width, dtype=torch.bool, device=activations.device)
    if mask.shape != (height, width):
        raise RegionError(
            f"the {name} mask is {tuple(mask.shape)}, but the activations are {(height, width)};"
            " carry it to the same layer first"
        )
    if not mask.any():
        raise RegionError(f"the {name} mask has no position in it at {height}×{width}; give a larger region")
    return mask


def _box(mask: Tensor) -> tuple[slice, slice]:
    """Return the rows and columns of a mask's bounding box."""
    rows, columns = (mask.any(axis).nonzero() for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _cut(activations: Tensor, box: tuple[slice, slice], size: int) -> Tensor:
    """Return the activations (C, h, w) of a box, with a margin for the patches around its positions."""
    radius = size // 2
    padded = functional.pad(activations.float(), (radius,) * 4, mode="replicate")[0]
    rows, columns = box
    return padded[:, rows.start : rows.stop + size - 1, columns.start : columns.stop + size - 1].contiguous()
