"""Semantic labels of a photo and of its reference, under the same names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from sfumato import features, images
from sfumato.errors import ModelError, warn
from sfumato.images.resizing import resized, scaled_size
from sfumato.labels import paired_clusters
from sfumato.labels.groups import merge
from sfumato.labels.masks import cutoff, hard, limit
from sfumato.labels.matching import match
from sfumato.methods.photoreal.problem import MIN_LABEL, Label
from sfumato.methods.problem import PreparedStyle, Problem
from sfumato.recipe import Photoreal
from sfumato.regions import segmenters
from sfumato.regions.colormap import read_label_pair
from sfumato.regions.segmenters import Segmenter, enlarge
from sfumato.regions.semantic import listed, look

__all__ = ["find_labels"]

Labels = dict[str, np.ndarray]

# Longer side in pixels of the copies that a segmenter's maps are fitted to and clusters are found in, and of the copies
# from which the network computes features for the clusters.
_COPY, _SEEN = 1024, 400

# Layers whose features the clusters are found by.
_LAYERS = ("relu4_1", "relu5_1")

# Minimum share of the photo that a segmenter's labels have to cover, and the minimum number of these labels.
_MIN_COVERAGE, _MIN_COUNT = 0.5, 2

# Minimum cosine between what the last of these layers sees on average in two photos of the same kind of scene. For
# sixteen pairs that someone chose it is 0.66 to 0.91; for sixteen at random 0.45 to 0.84, with two above the minimum.
_SAME_KIND = 0.75

# Labels of whatever is left, which is not the same thing in two photos; "all" are those of no label.
_ANYTHING = ("background", "all")

# Minimum probability, anywhere in a picture, of a label that the picture contains.
_MIN_PROBABILITY = 0.5

# Minimum share of the region of a label that a warning mentions.
_MIN_MENTIONED = 0.001


def find_labels(
    problem: Problem, reference: Path, maps: tuple[Path, Path] | None = None
) -> tuple[tuple[Label, ...], str]:
    """Label a photo and its reference.

    Parameters
    ----------
    problem : Problem
        The photo, with one part and one style; its recipe says how.
    reference : Path
        The file of that style.
    maps : (Path, Path), optional
        Label maps of the photo and of the reference. Without them, a segmenter finds the labels; if there is none, or
        it finds too few labels that both pictures share, the pictures are divided by color and features if they show
        the same kind of scene.

    Returns
    -------
    labels : tuple of Label
        Masks of the crop at the working size, which sum to 1, and of the style's picture, which sum to at most 1.
    found : str
        Where they come from, for the user.

    Raises
    ------
    RegionError
        If a map is not a label map, or does not fit its picture.
    ImageError
        If a map cannot be read.
    ModelError
        If a network file cannot be fetched.

    Warns
    -----
    SfumatoWarning
        If a label is in one of the pictures only, or too small in one.
    """
    assert isinstance(problem.recipe, Photoreal)
    semantic, (style,) = problem.recipe.semantic, problem.parts[0].styles
    shape = style.picture.shape[:2]
    allowed = np.ones(shape, np.float32) if style.mask is None else style.mask
    if semantic == "none":
        return (Label("all", np.ones(problem.content.shape[:2], np.float32), allowed, same=False),), "no labels"
    picture = images.load(reference)
    if maps is not None:
        pair, source = read_label_pair(maps, (problem.photo.shape, picture.shape)), "from files"
    else:
        pair, source = _from_pictures(problem, images.visible(picture)[0], style)
    ours = {name: _cut(mask, problem) for name, mask in pair[0].items()}
    theirs = {name: resized(mask, *shape) * allowed for name, mask in pair[1].items()}
    region = resized(problem.parts[0].mask, *problem.content.shape[:2])
    # There may be none in the crop, or in the part of the reference that counts.
    there = not source or all(any(mask.max() > _MIN_PROBABILITY for mask in side.values()) for side in (ours, theirs))
    if source and there:
        groups: dict[str, list[str]] | None = {} if maps is not None else None
        found = match(ours, theirs, groups=groups)
        ours, theirs, before = found.content, found.style, (merge(ours, groups), merge(theirs, groups))
    kept, others = _enough(ours, theirs, region, certain=semantic == "hard") if there else ({}, {})
    if not kept or "all" in kept:
        kept, others = {"all": np.ones_like(region)}, {"all": allowed}
    if source and "all" not in kept:
        _warn_of_unused(*before, list(kept), region)
    labels = tuple(
        Label(name, mask, others[name], same=bool(source) and name not in _ANYTHING) for name, mask in kept.items()
    )
    if source and "all" not in kept:
        return labels, f"labels {source}: {listed(kept)}"
    return labels, f"{len(kept)} labels found by color and features" if len(kept) > 1 else "no labels"


def _from_pictures(problem: Problem, reference: np.ndarray, style: PreparedStyle) -> tuple[list[Labels], str]:
    """Label both pictures by a segmenter and return its name as well, or divide them into clusters, without a name."""
    recipe, photo, shape = problem.recipe, problem.photo.rgb(), style.picture.shape[:2]
    assert isinstance(recipe, Photoreal)
    scale = min(problem.scale, _COPY / max(photo.shape[:2]))
    copies = [resized(photo, *scaled_size(photo, scale)), resized(reference, *shape)]
    network = _segmenter(recipe.segmenter)
    if network is not None:
        pair = [
            {name: enlarge(small, copy) for name, small in look(picture, network).labels.items()}
            for picture, copy in zip((photo, reference), copies, strict=True)
        ]
        if style.opacity is not None:
            pair[1] = {name: mask * style.opacity for name, mask in pair[1].items()}
        if _covers_much(*pair):
            return pair, f"by {network.name}"
        if recipe.segmenter != "auto":
            warn(f"{network.name} finds too little that both pictures have; labels are found by color and features")
    device = problem.machine.device
    vgg = features.load(recipe.pooling, device, problem.machine.precision)
    seen = []
    for copy in copies:
        small = resized(copy, *scaled_size(copy, min(1.0, _SEEN / max(copy.shape[:2]))))
        with torch.no_grad():
            activations = vgg(torch.from_numpy(small).to(device).movedim(-1, 0)[None], _LAYERS)
        seen.append([activations[layer][0].float().cpu().numpy() for layer in _LAYERS])
    if _cosine(seen[0][-1], seen[1][-1], style.opacity) < _SAME_KIND:
        return [{"all": np.ones(copy.shape[:2], np.float32)} for copy in copies], ""
    return list(paired_clusters(copies[0], copies[1], *seen, opacity_reference=style.opacity)), ""


def _cosine(photo: np.ndarray, reference: np.ndarray, opacity: np.ndarray | None) -> float:
    """Return the cosine between the mean directions of two activations, (channels, rows, columns), where they show."""
    means = []
    for activation, shown in ((photo, None), (reference, opacity)):
        features = activation.reshape(len(activation), -1)
        weights = np.ones(features.shape[1]) if shown is None else resized(shown, *activation.shape[1:]).ravel()
        means.append((features / np.maximum(np.linalg.norm(features, axis=0), 1e-6)) @ weights)
    return float(means[0] @ means[1] / max(float(np.linalg.norm(means[0]) * np.linalg.norm(means[1])), 1e-6))


def _segmenter(name: str) -> Segmenter | None:
    """Return the segmenter; None if none was asked for and none is available."""
    if name != "auto":
        return segmenters.choose(name)
    if not segmenters.model_of(name):
        return None
    try:
        return segmenters.choose(name)
    except ModelError as error:
        reason = str(error).partition(":")[0]
        warn(f"{reason}; labels are found by color and features")
        return None


def _covers_much(photo: Labels, reference: Labels) -> bool:
    """Tell whether the labels that both pictures share are many enough, and cover enough of the photo."""
    ours, theirs = (cutoff(merge(labels)) for labels in (photo, reference))
    shared = [mask for name, mask in ours.items() if name in theirs]
    return len(shared) >= _MIN_COUNT and sum(float(mask.mean()) for mask in shared) > _MIN_COVERAGE


def _enough(ours: Labels, theirs: Labels, region: np.ndarray, *, certain: bool) -> tuple[Labels, Labels]:
    """Keep labels that cover enough of the region and of the reference; others go to the most probable of them."""
    others = theirs
    if certain:
        rest = np.clip(1 - np.sum(list(theirs.values()), axis=0), 0, 1)
        others = hard({**theirs, "": rest})
    counted = hard(ours) if certain else ours
    kept = [name for name in ours if (counted[name] * region).sum() >= MIN_LABEL <= others[name].sum()]
    if not kept:
        return {}, {}
    limited = limit(ours, kept)
    return hard(limited) if certain else limited, {name: others[name] for name in kept}


def _warn_of_unused(
    photo: Mapping[str, np.ndarray], reference: Mapping[str, np.ndarray], kept: Sequence[str], region: np.ndarray
) -> None:
    """Warn of labels that are not used, in a line for each picture."""
    area = region.sum()
    shares = {name: float((mask * region).sum() / area) for name, mask in photo.items() if name not in kept}
    named = [f"{name} ({share:.1%})" for name, share in shares.items() if share > _MIN_MENTIONED]
    if named:
        why = "take the look of others, since the reference or the photo has too little of them"
        warn(f"labels of the photo that {why}: {listed(named)}")
    left = [name for name, mask in reference.items() if name not in kept and mask.any()]
    if left:
        why = "are left out, since the photo or the reference has too little of them"
        warn(f"labels of the reference that {why}: {listed(left)}")


def _cut(mask: np.ndarray, problem: Problem) -> np.ndarray:
    """Cut the crop out of a mask of the whole photo, of any size, at the working size."""
    return resized(problem.crop.take(mask), *problem.content.shape[:2])
