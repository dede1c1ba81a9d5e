"""The loss that a network is trained with: content, style and total variation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sfumato.features import VGG19, carry
from sfumato.feedforward.settings import Settings
from sfumato.losses import ContentLoss, GramLoss, moments, total_variation

__all__ = ["CONTENT_LAYER", "STYLE_LAYERS", "PerceptualLoss"]

CONTENT_LAYER = "relu3_3"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

# Weight of the squared difference from the photo outside a mask, where nothing should change.
_OUTSIDE_WEIGHT = 20.0


class PerceptualLoss:
    """The loss of a batch of painted photos.

    Parameters
    ----------
    network : VGG19
        Loss network for content and style.
    styles : sequence of Tensor (1, 3 or 4, h, w)
        Style pictures, RGB in [0, 1]; a fourth channel is their opacity, by which pixels are weighted.
    settings : Settings
        The weights of the terms.

    Notes
    -----
    Exploring Style Transfer §3.2 and 3.3, with distances relative to the target's own (see `sfumato.losses`). Each
    photo of a batch is compared on its own.
    """

    def __init__(self, network: VGG19, styles: Sequence[Tensor], settings: Settings) -> None:
        self.network, self.settings = network, settings
        with torch.no_grad():
            seen = [network(style[:, :3], STYLE_LAYERS) for style in styles]
        shown = [carry(style[:, 3:], STYLE_LAYERS) if style.shape[1] > 3 else {} for style in styles]
        self.styles = [
            {layer: GramLoss(moments(found[layer], where.get(layer))) for layer in STYLE_LAYERS}
            for found, where in zip(seen, shown, strict=True)
        ]

    def __call__(
        self, painted: Tensor, photos: Tensor, chosen: Sequence[int], masks: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the terms of the loss, averaged over a batch.

        Parameters
        ----------
        painted, photos : Tensor (N, 3, H, W)
            RGB in [0, 1].
        chosen : sequence of int
            Index of each photo's style.
        masks : Tensor (N, 1, H, W), optional
            Where to paint, in [0, 1]; the photo should stay unchanged outside. Everywhere by default.

        Returns
        -------
        dict of str to Tensor
            Scalars by name: "content", "style", "variation", and if used "pixel" and "outside".
        """
        weights, count = self.settings, len(photos)
        with torch.no_grad():
            content = self.network(photos, [CONTENT_LAYER])[CONTENT_LAYER]
        seen = self.network(painted, {CONTENT_LAYER, *STYLE_LAYERS})
        totals = dict.fromkeys(("content", "style", "variation"), painted.new_zeros(()))
        for number, style in enumerate(chosen):
            one = slice(number, number + 1)
            mask = None if masks is None else masks[one]
            carried = {} if mask is None else carry(mask, {CONTENT_LAYER, *STYLE_LAYERS})
            hold = ContentLoss(content[one], carried.get(CONTENT_LAYER))
            totals["content"] = totals["content"] + hold(seen[CONTENT_LAYER][one])
            for layer, loss in self.styles[style].items():
                distance = loss(moments(seen[layer][one], carried.get(layer)))
                totals["style"] = totals["style"] + distance / len(STYLE_LAYERS)
            totals["variation"] = totals["variation"] + total_variation(painted[one], mask)
        factors = (weights.content_weight, weights.style_weight, weights.variation_weight)
        terms = {name: factor / count * total for (name, total), factor in zip(totals.items(), factors, strict=True)}
        changed = (painted - photos).square()
        if weights.pixel_weight:
            terms["pixel"] = weights.pixel_weight * changed.mean()
        if masks is not None:
            terms["outside"] = _OUTSIDE_WEIGHT * (changed * (1 - masks)).mean()
        return terms
