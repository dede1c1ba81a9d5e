"""The problem of a run: a photo with its layers, cropped and scaled, and how the result is put back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from sfumato import blend
from sfumato.color import keep_colors, strengthen
from sfumato.compute.device import Machine
from sfumato.feedforward import Painter
from sfumato.images import Picture
from sfumato.methods.crop import Crop
from sfumato.recipe import Layer, Recipe
from sfumato.regions import Face

__all__ = ["Earlier", "PreparedLayer", "PreparedStyle", "Problem"]

# Changes with what a checkpoint holds, so that one of an earlier version is refused rather than misread.
_STATE = b"L-BFGS, pairs with their products\n"


@dataclass(frozen=True)
class PreparedStyle:
    """A style picture, float32 (H, W, 3), its weight, and the longer side it should have at the working size.

    `mask` (H, W) is the part of it to use, if not all; `opacity` (H, W) is its alpha, if it is not opaque, and is part
    of the mask; `layers` are its own style layers with weights, if it has any.
    """

    name: str
    picture: np.ndarray = field(repr=False)
    weight: float
    side: float
    mask: np.ndarray | None = field(repr=False, default=None)
    layers: dict[str, float] | None = None
    opacity: np.ndarray | None = field(repr=False, default=None)

    def size(self, scale: float) -> tuple[int, int]:
        """Return height and width at a level of this scale, at most the picture's own: enlarging would only blur it."""
        height, width = self.picture.shape[:2]
        factor = min(1.0, self.side * scale / max(height, width))
        return max(32, round(height * factor)), max(32, round(width * factor))


@dataclass(frozen=True)
class PreparedLayer:
    """A layer of the recipe on this photo, over the crop at the photo's resolution.

    `region` (h, w) is where the layer is; `mask` also includes the band over which its edge is blended; `feather` is
    the width of its edge in pixels. A layer with a `network` has no `styles`. `strength` is the strength of the style
    that is still to be applied to what the method paints.
    """

    layer: Layer
    region: np.ndarray = field(repr=False)
    mask: np.ndarray = field(repr=False)
    feather: float
    styles: tuple[PreparedStyle, ...] = field(repr=False)
    network: Painter | None = field(repr=False, default=None)
    strength: float = 1.0


@dataclass(frozen=True)
class Earlier:
    """What was painted of an earlier frame of a video, as it should look in this one.

    Attributes
    ----------
    picture : ndarray of float32, shape (H, W, 3)
        RGB in [0, 1], of the photo's size.
    trust : ndarray of float32, shape (H, W)
        How much of it holds in this frame, in [0, 1].
    weight : float
        Weight of the distance to it.
    """

    picture: np.ndarray = field(repr=False)
    trust: np.ndarray = field(repr=False)
    weight: float


@dataclass(frozen=True)
class Problem:
    """Everything that a method needs to paint, and to put the result back.

    Attributes
    ----------
    photo : Picture
        Picture that the result is put into.
    recipe : Recipe
        What to do.
    machine : Machine
        Device and precision.
    crop : Crop
        The part of the photo that is worked on: the regions with a halo around them.
    content : ndarray (h, w, 3)
        The crop at the working size, which is `scale` times its own, float32 RGB in [0, 1].
    parts : tuple of PreparedLayer
        The layers.
    scale : float
        See `content`.
    finest : float
        How much larger than `content` the last level is; 1 if there is nothing to finish.
    pasted : Picture, optional
        Picture to restyle, if that is not the photo; of the photo's size. It is visible even where it is not restyled.
    found : str
        A note for the user on what was found in the photo.
    faces : tuple of Face
        Faces that are held to the photo, in pixels of `content`, the largest first.
    earlier : Earlier, optional
        What was painted of an earlier frame: the run starts from it, at the working size, and stays near it.
    """

    photo: Picture = field(repr=False)
    recipe: Recipe
    machine: Machine
    crop: Crop
    content: np.ndarray = field(repr=False)
    parts: tuple[PreparedLayer, ...]
    scale: float = 1.0
    finest: float = 1.0
    pasted: Picture | None = field(repr=False, default=None)
    found: str = ""
    faces: tuple[Face, ...] = field(repr=False, default=())
    earlier: Earlier | None = field(repr=False, default=None)

    #: Whether the pixels of an edge, mixtures of what is painted and what is kept, are told apart as they are put back.
    unmixes: ClassVar[bool] = True

    @property
    def union(self) -> np.ndarray:
        """Union of all layers, float32 (h, w) over the crop. Masks of neighbors add up, so that no gap is left."""
        total: np.ndarray = np.sum(np.stack([part.region for part in self.parts]), axis=0)
        return total.clip(max=1)

    @property
    def alpha(self) -> np.ndarray:
        """Alpha of a styled picture if all edges were feathered, float32 (h, w) over the crop."""
        union = self.union
        found = [
            share * blend.soft_edge(union, part.feather, part.layer.edge)
            for part, share in zip(self.parts, self.shares(), strict=True)
        ]
        total: np.ndarray = np.sum(found, axis=0)
        return total.clip(max=1)

    def finished_size(self) -> tuple[int, int]:
        """Return height and width of the crop at the last level."""
        height, width = self.crop.shape
        share = self.scale * self.finest
        return max(1, round(height * share)), max(1, round(width * share))

    def own(self) -> np.ndarray:
        """Return the picture to restyle at its own resolution, float32 (h, w, 3) over the crop."""
        return self.crop.rgb(self.photo if self.pasted is None else self.pasted)

    def aim(self) -> np.ndarray:
        """Return what the result is to be near, at its own resolution, float32 (h, w, 3) over the crop."""
        return self.own()

    def beneath(self) -> np.ndarray:
        """Return the picture beneath the layers, float32 (h, w, 3) over the crop."""
        return self.crop.rgb(self.photo)

    def enlarged(self, styled: np.ndarray) -> np.ndarray:
        """Return a styled crop, of any size, at the photo's own resolution, float32 (h, w, 3)."""
        return blend.enlarge(styled, self.aim(), detail=self.recipe.detail)

    def compose(self, styled: np.ndarray) -> Picture:
        """Put a styled crop, of any size, back into the photo."""
        return self.blended(styled)[0]

    def blended(self, styled: np.ndarray) -> tuple[Picture, np.ndarray]:
        """Put a styled crop, of any size, back into the photo; return also the alpha over the crop's box."""
        shown, alpha = self.crop.lay(*self.shown(styled), self.parts[0].feather)
        if not self.unmixes:
            return blend.compose(self.photo, shown, alpha, self.crop.box), alpha
        found = blend.sides(self.photo.rgb(self.crop.box), alpha)
        return blend.compose(self.photo, shown, found.alpha, self.crop.box, found.kept), found.alpha

    def shown(self, styled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the visible colors of a styled crop, float32 (h, w, 3), and their alpha, (h, w)."""
        own, full = self.own(), self.enlarged(styled)
        shown, alpha = self._seamed(full, own, own if self.pasted is None else self.beneath())
        if self.unmixes and any(
            part.strength < 1 or part.layer.color == "luminance" or part.layer.blend == "poisson" for part in self.parts
        ):
            # What the style takes from the photo must not hold what is kept, which shows beside it.
            own = blend.sides(own, alpha).painted
            shown = self._seamed(full, own, own)[0]
        return shown, alpha

    def _seamed(self, full: np.ndarray, own: np.ndarray, beneath: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lay the seams of a styled crop; return the visible colors and their alpha."""
        union = self.union
        alpha, shown = np.zeros_like(union), np.zeros_like(full)
        for part, share in zip(self.parts, self.shares(), strict=True):
            layer = part.layer
            # Colors and strength come before the seam, which depends on the colors that will be visible.
            own_look = keep_colors(full, own) if layer.color == "luminance" else full
            if part.strength < 1:
                own_look = strengthen(own, own_look, part.strength)
            seamed, part_alpha = blend.seam(layer.blend, beneath, own_look, union, part.feather, layer.edge)
            weight = share * part_alpha * (layer.strength > 0 or self.pasted is not None)
            alpha += weight
            shown += weight[..., None] * seamed
        # Colors are an average over layers; a layer without weight must not thin out its neighbor.
        shown = np.divide(shown, alpha[..., None], out=np.zeros_like(shown), where=alpha[..., None] > 0)
        return shown, alpha.clip(max=1)

    def shares(self) -> list[np.ndarray]:
        """Return each layer's share of the result, float32 (h, w): they sum to 1, or 0 far from all layers."""
        if len(self.parts) == 1:
            return [np.ones_like(self.parts[0].region)]
        soft = [blend.soft_edge(part.region, part.feather) for part in self.parts]
        total = np.sum(soft, axis=0)
        # Beyond their masks, the band of the edges is shared by proximity.
        near = [mask + 1e-6 * part.mask for mask, part in zip(soft, self.parts, strict=True)]
        whole = np.sum(near, axis=0)
        return [np.divide(one, whole, out=np.zeros_like(total), where=whole > 0) for one in near]

    def fingerprint(self) -> str:
        """Return a hash of everything that determines the run."""
        digest = hashlib.sha256(_STATE + self.recipe.to_toml().encode())
        arrays = [self.photo.pixels, self.content]
        for part in self.parts:
            arrays += [part.mask, *(style.picture for style in part.styles)]
            arrays += [style.mask for style in part.styles if style.mask is not None]
        # Faces are found or not: a machine may lack the networks.
        arrays += [face.points for face in self.faces]
        if self.earlier:
            arrays += [self.earlier.picture, self.earlier.trust, np.array(self.earlier.weight)]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
