"""The look of one photo on another, which stays a photo.

Each semantic label of the photo takes after the same label of the reference (Photo Style Transfer [1]_ eq. 6-7), shallow
features stay similar (eq. 8), and what is then no photo any more is mended: the change from the photo is smoothed
along its edges (eq. 9), or held to be locally affine in its colors (eq. 4-5, Luan et al. 2017 [2]_), or solved for with
the photo's own gradients (Mechrez et al. 2017 [3]_).

.. [1] L. Wang, Z. Wang, "Photo style transfer with deep learning".
.. [2] F. Luan, S. Paris, E. Shechtman, K. Bala, "Deep photo style transfer", CVPR 2017.
.. [3] R. Mechrez, E. Shechtman, L. Zelnik-Manor, "Photorealistic style transfer with screened Poisson equation", 2017.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
from torch import Tensor

from sfumato import blend, color
from sfumato.losses import PhotorealismLoss
from sfumato.methods.easel import Easel
from sfumato.methods.scene import Scene
from sfumato.optimize import Level, Objective, Step, StyledRegion, StyleTarget, resize, to_image
from sfumato.sparse import matting_laplacian

__all__ = ["Label", "PhotoScene", "paint"]

# Of the change from the photo, in pixels at the working size and in color, what the filter smooths away.
_FILTER_SPACE = 60.0

# How far the screened Poisson equation follows the result rather than the photo's gradients.
_SCREEN = 0.01

# Of the matting Laplacian's penalty.
_AFFINITY_WEIGHT = 1e4


@dataclass(frozen=True)
class Label:
    """Something that the photo and the reference both show: where, float32 (h, w) at the working size, and (H, W)."""

    name: str
    mask: np.ndarray = field(repr=False)
    reference: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class PhotoScene(Scene):
    """A scene whose one region takes the look of another photo, label by label; `found` says where labels are from."""

    labels: tuple[Label, ...] = ()
    found: str = ""

    def enlarged(self, styled: np.ndarray) -> np.ndarray:
        """Return the photo with what a styled crop changes, at the photo's own resolution."""
        own, realism = self.own(), self.recipe.realism
        if realism == "none":
            return super().enlarged(styled)
        height, width = own.shape[:2]
        change = cv2.resize(styled - self.content, (width, height), interpolation=cv2.INTER_LINEAR)
        if realism == "screened-poisson":
            return blend.screened_poisson(own, own + change, weight=_SCREEN)
        if realism == "filter":
            space = _FILTER_SPACE * height / self.content.shape[0]
            return blend.keep_detail(own, own + change, sigma_space=space)
        return np.asarray((own + change).clip(0, 1))


def paint(scene: PhotoScene, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Give a photo the look of its reference, coarse to fine."""
    easel = Easel(scene)
    recipe, (part,) = scene.recipe, scene.parts
    (style,) = part.styles
    first = easel.levels()
    toned = easel.tensor(_toned(scene))
    affine = recipe.realism == "laplacian"
    levels = first + (easel.levels(after=len(first))[-1:] if affine else [])

    def enter(level: Level, picture: Tensor) -> Tensor:
        if level is first[0]:
            return resize(toned, level.height, level.width)
        if picture.shape[-2:] == (level.height, level.width) or recipe.realism == "none":
            return easel.enter(level, picture)
        before = replace(level, height=picture.shape[-2], width=picture.shape[-1])
        change = to_image(picture) - to_image(easel.content(before))
        own = to_image(easel.content(level))
        change = cv2.resize(change, (level.width, level.height), interpolation=cv2.INTER_LINEAR)
        if recipe.realism == "filter":
            space = _FILTER_SPACE * level.scale
            return easel.tensor(blend.keep_detail(own, own + change, sigma_space=space))
        return easel.tensor((own + change).clip(0, 1))

    def objective_at(level: Level) -> Objective:
        content, mask = resize(toned, level.height, level.width), easel.mask(part, level)
        reference = resize(easel.tensor(style.picture), *style.size(level.scale))
        total, regions = float(mask.sum()), []
        for label in scene.labels:
            where = resize(easel.tensor(label.mask[..., None]), level.height, level.width) * mask
            theirs = resize(easel.tensor(label.reference[..., None]), *style.size(level.scale))
            share = float(where.sum()) / total
            if where.sum() < 256 * 1 or theirs.sum() < 256:
                continue
            regions.append(
                StyledRegion(
                    label.name,
                    where,
                    {style.name: StyleTarget(reference, mask=theirs)},
                    share * part.layer.style_weight,
                    share * part.layer.content_weight,
                )
            )
        weights = replace(easel.weights, similarity=recipe.similarity_weight)
        penalties = {}
        if affine and level not in first:
            own = to_image(easel.content(level))
            loss = PhotorealismLoss(matting_laplacian(own), own.shape[:2])
            penalties = {"photorealism": (_AFFINITY_WEIGHT, loss)}
        return Objective(easel.network, content, regions, weights, penalties=penalties)

    return easel.paint(levels, objective_at, state, enter)


def _toned(scene: PhotoScene) -> np.ndarray:
    """Return the content in the reference's tones, label by label: what details should be similar to."""
    (part,) = scene.parts
    (style,) = part.styles
    height, width = style.size(1)
    reference = cv2.resize(style.picture, (width, height), interpolation=cv2.INTER_AREA)
    ours, theirs = ({label.name: getattr(label, side) for label in scene.labels} for side in ("mask", "reference"))
    toned = color.transfer_per_label(scene.content, reference, ours, theirs, color.match_linear)
    return blend.keep_detail(scene.content, toned, sigma_space=_FILTER_SPACE)
