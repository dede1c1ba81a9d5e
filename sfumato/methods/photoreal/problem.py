"""The problem of photorealistic transfer: labels that both pictures share, and how changes are put back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np

from sfumato import blend
from sfumato.images.resizing import resized
from sfumato.methods.problem import Problem
from sfumato.recipe import Photoreal

__all__ = ["FILTER_SPACE", "MIN_LABEL", "Label", "PhotorealProblem"]

#: Minimum area of a label, in pixels at the working size: one that covers less has no style of its own.
MIN_LABEL = 256

#: Standard deviation of the filter that smooths the change from the photo, in pixels at the working size.
FILTER_SPACE = 60.0

# Weight of the result relative to the photo's gradients in the screened Poisson equation.
_SCREEN = 0.01


@dataclass(frozen=True)
class Label:
    """A label that both pictures share.

    Attributes
    ----------
    name : str
        Its name.
    mask : ndarray (h, w)
        Where it is in the crop at the working size, float32 in [0, 1].
    reference : ndarray (H, W)
        Where it is in the reference, float32 in [0, 1].
    same : bool
        Whether it is known to cover the same thing in both, such as sky.
    """

    name: str
    mask: np.ndarray = field(repr=False)
    reference: np.ndarray = field(repr=False)
    same: bool = True


@dataclass(frozen=True)
class PhotorealProblem(Problem):
    """A photo that takes the look of another, label by label; `found` says where the labels come from."""

    labels: tuple[Label, ...] = ()

    # Changes of color apply to a mixture as they do to its parts.
    unmixes: ClassVar[bool] = False

    def enlarged(self, styled: np.ndarray) -> np.ndarray:
        """Apply the changes in a styled crop to the photo, at the photo's own resolution."""
        assert isinstance(self.recipe, Photoreal)
        own, realism = self.own(), self.recipe.realism
        if realism in ("grid", "none") or self.recipe.transfer != "network":
            return super().enlarged(styled)
        changed = self._changed(styled, own)
        if realism == "filter":
            space = FILTER_SPACE * own.shape[0] / self.content.shape[0]
            return blend.keep_detail(own, changed, sigma_space=space)
        if realism == "screened-poisson":
            return blend.screened_poisson(own, changed, weight=_SCREEN)
        return np.asarray(changed.clip(0, 1))

    def _changed(self, styled: np.ndarray, own: np.ndarray) -> np.ndarray:
        change: np.ndarray = styled - resized(self.content, *styled.shape[:2])
        enlarged: np.ndarray = cv2.resize(change, own.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        changed: np.ndarray = own + enlarged
        return changed

    def fingerprint(self) -> str:
        """Return a hash of everything that determines the run."""
        digest = hashlib.sha256(super().fingerprint().encode())
        for label in self.labels:
            digest.update(f"{label.name} {label.same}".encode())
            for mask in (label.mask, label.reference):
                digest.update(np.ascontiguousarray(mask).data)
        return digest.hexdigest()
