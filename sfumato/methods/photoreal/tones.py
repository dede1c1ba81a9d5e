"""The photo in the tones of its reference, label by label."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato import blend
from sfumato.color import Grade, ToneMap, oklab_to_rgb, rgb_to_oklab
from sfumato.images.resizing import resized
from sfumato.methods.photoreal.problem import Label, PhotorealProblem
from sfumato.regions.refine import guided

__all__ = ["Toned", "Tones", "limited"]

# Filters along the photo's edges: standard deviation as a fraction of the longer side, and the step that stops them.
# One takes noise out of hues, the other moves the borders of labels onto edges.
_HUES, _BORDERS = (1 / 90, 0.1), (1 / 40, 0.15)

# Minimum of a mask where its label counts.
_LEAST = 1e-3

# Maximum number of pixels that tones are looked up for at once, to limit memory.
_STRIP = 1_000_000

# Half width of the band along a border in which pixels may mix both sides: in pixels, and as a fraction of the longer
# side.
_BAND, _BAND_PART = 2, 1 / 700

# Minimum share of sure pixels around a mixed one.
_NEAR = 0.02

# Distances of RGB: of two sides from which they are told apart, half and wholly; of a pixel from their mixtures up to
# which it is one, wholly and half.
_APART, _OFF = 0.2, 0.08

# Radius of the windows in which the change is affine in the photo's colors, as a fraction of the longer side.
_AFFINE = 1 / 175

# The reference's quantile of chroma that a label does not exceed; the chroma up to which a reference counts as gray;
# and more than any color has.
_VIVID, _NEARLY_GRAY, _ANY = 0.999, 0.01, 1.0

# Floor of a label's chroma, whose noise is not to be stretched.
_GRAY = 1e-3


class Toned(NamedTuple):
    """A photo (H, W, 3) in the tones of its reference, and the most chroma that it may have at each place, (H, W)."""

    picture: NDArray[np.float32]
    most: NDArray[np.float32]


class Tones:
    """What becomes of a photo's colors, by label, at any size of the photo.

    Parameters
    ----------
    problem : PhotorealProblem
        The photo at its working size, its reference and their labels.
    """

    def __init__(self, problem: PhotorealProblem) -> None:
        (style,) = problem.parts[0].styles
        self._labels = problem.labels
        calm, _ = _calmed(problem.content)
        photo = np.clip(oklab_to_rgb(calm), 0, 1).astype(np.float32)
        self._maps = [
            (ToneMap if label.same else Grade)(photo, style.picture, label.mask, label.reference)
            for label in self._labels
        ]
        # Noise of hues is as strong as hues are.
        self._noise = [
            min(1.0, _chroma(style.picture, label.reference) / max(_chroma(photo, label.mask), _GRAY))
            for label in self._labels
        ]
        self._most = [_most_chroma(style.picture, label) for label in self._labels]

    def of(self, photo: np.ndarray) -> Toned:
        """Return a photo (H, W, 3), RGB in [0, 1], in the tones of the reference, and the limits of its chroma."""
        calm, noise = _calmed(photo)
        masks = _along_edges([label.mask for label in self._labels], photo)
        found, most = np.zeros(calm.shape, np.float32), np.zeros(calm.shape[:2], np.float32)
        rows = max(1, _STRIP // photo.shape[1])
        for mask, tones, strength, limit in zip(masks, self._maps, self._noise, self._most, strict=True):
            most += mask * np.float32(limit)
            for top in range(0, len(mask), rows):
                strip = slice(top, top + rows)
                there = mask[strip] > _LEAST
                changed = tones(calm[strip][there])
                changed[:, 1:] += strength * noise[strip][there]
                found[strip][there] += (mask[strip][there, None] * changed).astype(np.float32)
        del calm, noise
        toned = np.clip(oklab_to_rgb(found), 0, 1).astype(np.float32)
        del found
        if len(masks) > 1:
            toned = self._mixed(photo, masks, toned)
        radius = max(1, round(_AFFINE * max(photo.shape[:2])))
        change = guided(photo, toned - photo, radius)
        return Toned(limited((photo + change).clip(0, 1), most), most)

    def _mixed(
        self, photo: np.ndarray, masks: list[NDArray[np.float32]], toned: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Mix the changed colors of both sides of a border as the photo mixes their own.

        A pixel on the edge of a dark tower before a bright sky is neither: what a label makes of its gray is a rim.
        """
        band = _BAND + round(_BAND_PART * max(photo.shape[:2]))
        labels = np.argmax(masks, axis=0)
        core = np.ones((2 * band + 1, 2 * band + 1), np.uint8)
        sure = [cv2.erode((labels == number).astype(np.uint8), core) for number in range(len(masks))]
        at = np.nonzero(np.sum(sure, axis=0) == 0)
        near = np.array([cv2.GaussianBlur(inside.astype(np.float32), (0, 0), band)[at] for inside in sure])
        order = np.argsort(near, axis=0)[:-3:-1]
        both = np.take_along_axis(near, order[1:], 0)[0] > _NEAR
        if not both.any():
            return toned
        at, near, order = (at[0][both], at[1][both]), near[:, both], order[:, both]
        own = photo[at]
        sides, changed = np.zeros((2, len(own), 3)), np.zeros((2, len(own), 3))
        for number, (inside, weight) in enumerate(zip(sure, near, strict=True)):
            around = cv2.GaussianBlur(photo * inside[..., None], (0, 0), band)[at] / np.maximum(weight[:, None], 1e-6)
            toned_around = np.clip(oklab_to_rgb(self._maps[number](rgb_to_oklab(around))), 0, 1)
            for side, chosen in enumerate(order == number):
                sides[side, chosen], changed[side, chosen] = around[chosen], toned_around[chosen]
        across = sides[0] - sides[1]
        apart = np.linalg.norm(across, axis=1)
        share = np.clip(((own - sides[1]) * across).sum(1) / np.maximum(apart, 1e-6) ** 2, 0, 1)[:, None]
        off = np.linalg.norm(share * sides[0] + (1 - share) * sides[1] - own, axis=1)
        certain = np.clip(apart / _APART - 0.5, 0, 1) * np.clip(1.5 - off / _OFF, 0, 1)
        mixed = share * changed[0] + (1 - share) * changed[1]
        toned[at] += (certain[:, None] * (mixed - toned[at])).astype(np.float32)
        return toned


def limited(picture: NDArray[np.float32], most: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a picture (H, W, 3), RGB in [0, 1], whose chroma in Oklab is at most as given, (H, W)."""
    found = picture.copy()
    rows = max(1, _STRIP // picture.shape[1])
    for top in range(0, len(picture), rows):
        strip = slice(top, top + rows)
        lab = rgb_to_oklab(picture[strip])
        chroma = np.linalg.norm(lab[..., 1:], axis=-1)
        over = chroma > most[strip]
        if not over.any():
            continue
        colors = lab[over]
        colors[:, 1:] *= (most[strip][over] / np.maximum(chroma[over], _GRAY))[:, None]
        found[strip][over] = np.clip(oklab_to_rgb(colors), 0, 1)
    return found


def _most_chroma(reference: np.ndarray, label: Label) -> float:
    """Return the chroma that a label may have: the reference's; where labels are guessed, only if that is gray."""
    chroma = np.linalg.norm(rgb_to_oklab(reference[label.reference > _LEAST])[:, 1:], axis=1)
    most = float(np.quantile(chroma, _VIVID))
    return most if label.same or most < _NEARLY_GRAY else _ANY


def _along_edges(masks: list[np.ndarray], photo: np.ndarray) -> list[NDArray[np.float32]]:
    """Return masks (h, w) at the photo's size, (H, W), with borders on its edges; they sum to 1."""
    part, step = _BORDERS
    space = part * max(photo.shape[:2])
    found = []
    for mask in masks:
        soft = blend.recursive_filter(resized(mask, *photo.shape[:2]), photo, sigma_space=space, sigma_range=step)
        soft = soft.clip(0, 1)
        found.append(soft**2 * (3 - 2 * soft))
    total = np.maximum(np.sum(found, axis=0), 1e-6)
    return [mask / total for mask in found]


def _calmed(photo: np.ndarray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return Oklab of a photo (H, W, 3) with its hues smoothed along edges, and what that took away, (H, W, 2)."""
    lab = rgb_to_oklab(photo).astype(np.float32)
    part, step = _HUES
    space = part * max(photo.shape[:2])
    hues = [blend.recursive_filter(lab[..., axis], photo, sigma_space=space, sigma_range=step) for axis in (1, 2)]
    calm = np.stack([lab[..., 0], *hues], -1)
    return calm, lab[..., 1:] - calm[..., 1:]


def _chroma(picture: np.ndarray, mask: np.ndarray) -> float:
    """Return the root mean square chroma inside a mask."""
    squares = rgb_to_oklab(picture)[..., 1:].astype(np.float64) ** 2
    return float(np.sqrt((squares.sum(-1) * mask).sum() / max(mask.sum(), 1e-6)))
