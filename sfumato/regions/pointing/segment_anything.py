"""Find the thing at clicks by a Segment Anything model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import ModelError
from sfumato.regions.segmenters.hub import brief, key_of
from sfumato.regions.segmenters.loading import folder_of, network, placed, quiet

if TYPE_CHECKING:
    import torch

__all__ = ["SegmentAnything", "segment_anything"]

# The hub's SAM 2 models are written by the class for videos; that for images reads the part that it needs.
_KINDS = {"SamModel": "SamModel", "Sam2Model": "Sam2Model", "Sam2VideoModel": "Sam2Model"}
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # those of ImageNet, for files without their own


class SegmentAnything:
    """The clickers "hf:ORG/NAME", and those in a folder: SAM and SAM 2.

    The network sees a square of 1024 x 1024 pixels. SAM sees the photo in the square's upper left corner, with a longer
    side of 1024 pixels; SAM 2 sees it squeezed into the square. Photos are prepared here, because the library's own
    preparation for SAM 2 needs torchvision.

    What the encoder makes of the last photo is kept, so that a further click takes the small decoder only.

    Parameters
    ----------
    name : str
        "hf:ORG/NAME", or the path of a folder with config.json, preprocessor_config.json, and model.safetensors or
        pytorch_model.bin.

    Raises
    ------
    ModelError
        If transformers is not installed; if the model is missing, incomplete, damaged or of another kind; or if it
        cannot be downloaded.

    References
    ----------
    Kirillov et al., "Segment anything", ICCV 2023; Ravi et al., "SAM 2: Segment anything in images and videos",
    arXiv:2408.00714, 2024.
    """

    def __init__(self, name: str) -> None:
        folder = folder_of(name)
        self.name = name
        with quiet():
            self._model = network(name, folder, _KINDS, "SAM or SAM 2")
        self.key = key_of(folder)
        self._mean, self._std = _normalization(name, folder)
        self._side = int(self._model.config.prompt_encoder_config.image_size)
        self._squeezed = self._model.config.model_type != "sam"
        self._kept: tuple[str, Any] = "", None

    @checked("photo")
    def __call__(
        self,
        photo: NDArray[np.float32],
        points: Sequence[tuple[float, float]] | NDArray[np.floating],
        drop: Sequence[tuple[float, float]] | NDArray[np.floating] = (),
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Find what clicks may mean.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            sRGB in [0, 1].
        points, drop : sequence of (x, y), or ndarray of shape (n, 2)
            Clicks on the thing, and on what does not belong to it, in pixels; (0, 0) is the top left corner of the
            photo. There must be at least one click.

        Returns
        -------
        masks : ndarray of float32, shape (k, h, w)
            Probabilities, on a grid that covers exactly the photo. A single click may mean a whole thing, a part or a
            part of a part, so there is a mask of each, and k is 3. Several clicks mean one thing, and k is 1: the
            models are trained to give a mask of its own for this case.
        scores : ndarray of float32, shape (k,)
            Intersection over union of each mask with what is meant, as the network predicts it.
        """
        import torch

        width, height = self._size(photo)
        scale = width / photo.shape[1], height / photo.shape[0]
        # The network counts from the center of the first pixel.
        places = [[float(x) * scale[0] - 0.5, float(y) * scale[1] - 0.5] for x, y in (*points, *drop)]
        kinds = [1] * len(points) + [0] * len(drop)
        with quiet(), torch.inference_mode():
            answer = self._model(
                image_embeddings=self._embedding(photo),
                input_points=torch.tensor([[places]], dtype=torch.float32),
                input_labels=torch.tensor([[kinds]]),
                multimask_output=len(places) == 1,
            )
            logits = _corner(answer.pred_masks[0], width / self._side, height / self._side)
        return logits.sigmoid().numpy(), answer.iou_scores[0, 0].numpy()

    def _size(self, photo: NDArray[np.float32]) -> tuple[int, int]:
        """Return the width and height at which the network sees a photo."""
        if self._squeezed:
            return self._side, self._side
        height, width = photo.shape[:2]
        scale = self._side / max(height, width)
        return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))

    def _embedding(self, photo: NDArray[np.float32]) -> Any:
        """Return what the encoder makes of a photo, or made of it before."""
        digest = hashlib.sha256(f"{photo.shape} {photo.dtype}\n".encode())
        digest.update(np.ascontiguousarray(photo).data)
        key, kept = self._kept  # read once: another thread may click in another photo
        if key != digest.hexdigest():
            key, kept = digest.hexdigest(), self._model.get_image_embeddings(self._prepared(photo))
            self._kept = key, kept
        return kept

    def _prepared(self, photo: NDArray[np.float32]) -> torch.Tensor:
        """Return a photo as the encoder takes it, (1, 3, side, side)."""
        import torch

        width, height = self._size(photo)
        # INTER_AREA averages only where both sides shrink, hence the two steps.
        least = min(width, photo.shape[1]), min(height, photo.shape[0])
        small = cv2.resize(photo.clip(0, 1), least, interpolation=cv2.INTER_AREA)
        seen = np.zeros((self._side, self._side, 3), np.float32)
        seen[:height, :width] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        seen[:height, :width] -= self._mean
        seen[:height, :width] /= self._std
        return torch.from_numpy(np.ascontiguousarray(seen.transpose(2, 0, 1)[None]))


def segment_anything(name: str) -> SegmentAnything:
    """Load a Segment Anything model, unless it was the last that was loaded.

    Parameters
    ----------
    name : str
        "hf:ORG/NAME", or the path of a folder.

    Raises
    ------
    ModelError
        If there is no such model, or it cannot be loaded; see `SegmentAnything`.

    Examples
    --------
    >>> segment_anything("no-such-folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sfumato.errors.ModelError: no clicker is called "no-such-folder", ...
    """
    return _load(placed(name, "clicker", "Segment Anything"))


@lru_cache(maxsize=1)
def _load(name: str) -> SegmentAnything:
    """Load a model; they are large, so only the last is kept."""
    return SegmentAnything(name)


def _corner(maps: torch.Tensor, width: float, height: float) -> torch.Tensor:
    """Cut the upper left corner out of maps (1, k, h, w), by the share of each side; the rest is padding.

    The edge of the photo may be within a cell, so the maps are interpolated on a grid that ends there.
    """
    import torch

    sides = [max(1, round(share * side)) for share, side in zip((height, width), maps.shape[2:], strict=True)]
    corner = torch.tensor([[[width, 0, width - 1], [0, height, height - 1]]])
    grid = torch.nn.functional.affine_grid(corner, [1, maps.shape[1], *sides], align_corners=False)
    return torch.nn.functional.grid_sample(maps, grid, padding_mode="border", align_corners=False)[0]


def _normalization(name: str, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Read the mean and the standard deviation of the colors that the network was trained with."""
    file = next(file for file in ("preprocessor_config.json", "processor_config.json") if (folder / file).is_file())
    try:
        settings = json.loads((folder / file).read_text("utf-8"))
        settings = settings.get("image_processor", settings)
        pairs = ((settings.get("image_mean") or _MEAN), (settings.get("image_std") or _STD))
        mean, std = (np.asarray(values, np.float32).reshape(3) for values in pairs)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f'"{name}" cannot be loaded: {file} is damaged ({brief(error)}); use another, or fetch its files again'
        ) from error
    return mean, std
