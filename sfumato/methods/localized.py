"""Masked style transfer: the reference flow, and its naive baseline.

photo → regions → recipe → optimize → blend → picture. Style and content are measured in the region only
(Localized Style Transfer §3.3); the naive method restyles the whole picture and cuts the region out of that (§3.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfumato.methods.easel import FINISHING_HOLD, Easel, shallow
from sfumato.methods.scene import Scene
from sfumato.optimize import Level, Objective, Step, StyledRegion, StyleTarget, resize

__all__ = ["paint"]


def paint(scene: Scene, state: dict[str, Any] | None = None) -> Iterator[Step]:
    """Restyle the regions of a scene, coarse to fine and then at the photo's own size.

    Parameters
    ----------
    scene : Scene
        What is worked on.
    state : dict, optional
        ``Step.state()`` of an earlier run on the same scene; goes on after that step.

    Yields
    ------
    Step
        One for each evaluation.
    """
    easel = Easel(scene)
    levels = easel.levels()
    levels += easel.finishing(len(levels))

    def objective_at(level: Level) -> Objective:
        finishing = level.scale > 1
        found = []
        for part in scene.parts:
            styles: dict[str, StyleTarget] = {}
            for style in part.styles:
                size = style.size(level.scale)
                picture = resize(easel.tensor(style.picture), *size)
                where = None if style.mask is None else resize(easel.tensor(style.mask[..., None]), *size)
                layers = shallow(style.layers) if finishing and style.layers else style.layers
                styles[_unused(style.name, styles)] = StyleTarget(picture, style.weight, where, layers)
            layer = part.layer
            hold = layer.content_weight * (FINISHING_HOLD if finishing else 1)
            found.append(StyledRegion(layer.region, easel.mask(part, level), styles, layer.style_weight, hold))
        weights = easel.finishing_weights() if finishing else easel.weights
        return Objective(easel.network, easel.content(level), found, weights)

    return easel.paint(levels, objective_at, state)


def _unused(name: str, taken: dict[str, Any]) -> str:
    """Tell two styles of the same file name apart."""
    count = 2
    while name in taken:
        name, count = f"{name.partition(' #')[0]} #{count}", count + 1
    return name
