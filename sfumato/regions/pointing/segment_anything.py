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
from sfumato.regions.segmenters.hub import key_of
from sfumato.regions.segmenters.loading import folder_of, network, quiet

if TYPE_CHECKING:
    import torch

__all__ = ["SegmentAnything", "segment_anything"]

_KINDS = {"sam": "SamModel", "sam2": "Sam2Model"}
_SIDE = 1024  # side of what the network sees, unless its files say otherwise
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class SegmentAnything:
    """The clickers "hf:ORG/NAME", and those in a folder: SAM and SAM 2.

    Photos are prepared here: the library's own preparation for SAM 2 needs torchvision. SAM sees a photo with its
    longer side at 1024 pixels, in the corner of a square; SAM 2 sees it squeezed into the square. What the encoder
    makes of the last photo is kept, so that a next click takes the small decoder only.

    Parameters
    ----------
    name : str
        "hf:ORG/NAME", or the path of a folder.

    Raises
    ------
    ModelError
        If transformers is not installed; if the model is missing, incomplete, damaged or of another kind, or cannot be
        downloaded.

    References
    ----------
    Kirillov et al., "Segment anything", ICCV 2023; Ravi et al., "SAM 2: Segment anything in images and videos", 2024.
    """

    def __init__(self, name: str) -> None:
        folder = folder_of(name)
        self.name = name
        with quiet():
            self._model = network(name, folder, _KINDS, "SAM or SAM 2")
        self.key = key_of(folder)
        self._fills = self._model.config.model_type == "sam2"
        settings = _settings(name, folder)
        self._side = int(getattr(self._model.config.vision_config, "image_size", 0) or _SIDE)
        if self._fills:
            sides = settings.get("size") or {}
            self._side = int(sides.get("height", _SIDE)) if isinstance(sides, dict) else _SIDE
        self._mean = np.asarray(settings.get("image_mean") or _MEAN, np.float32)
        self._std = np.asarray(settings.get("image_std") or _STD, np.float32)
        self._kept: tuple[str, Any] = "", None

    @checked("photo")
    def __call__(
        self,
        photo: NDArray[np.float32],
        points: Sequence[tuple[float, float]],
        drop: Sequence[tuple[float, float]] = (),
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Find what clicks may mean.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            sRGB in [0, 1].
        points, drop : sequence of (x, y)
            Clicks on the thing, and on what does not belong to it, in pixels from the left and the top.

        Returns
        -------
        masks : ndarray of float32, shape (k, h, w)
            Probabilities, on a grid that covers exactly the photo. A single click may mean a part, a thing or several,
            so there are three; of several clicks, there is one, which the model gives for that case.
        scores : ndarray of float32, shape (k,)
            What the network expects their intersection over union to be.
        """
        import torch

        height, width = photo.shape[:2]
        factors = (self._side / width, self._side / height) if self._fills else (self._side / max(height, width),) * 2
        places = [[x * factors[0], y * factors[1]] for x, y in (*points, *drop)]
        kinds = [1] * len(points) + [0] * len(drop)
        with quiet(), torch.inference_mode():
            answer = self._model(
                image_embeddings=self._embedding(photo),
                input_points=torch.tensor([[places]], dtype=torch.float32),
                input_labels=torch.tensor([[kinds]]),
                multimask_output=len(places) == 1,
            )
            maps: NDArray[np.float32] = answer.pred_masks[0, 0].sigmoid().numpy()
            scores: NDArray[np.float32] = answer.iou_scores[0, 0].numpy()
        if not self._fills:
            rows, columns = (side * factors[0] * maps.shape[1] / self._side for side in (height, width))
            maps = maps[:, : max(1, round(rows)), : max(1, round(columns))]
        return maps, scores

    def _embedding(self, photo: NDArray[np.float32]) -> Any:
        """Return what the encoder makes of a photo, or made of it before."""
        digest = hashlib.sha256(np.ascontiguousarray(photo).data).hexdigest() + str(photo.shape)
        if self._kept[0] != digest:
            self._kept = digest, self._model.get_image_embeddings(self._prepared(photo))
        return self._kept[1]

    def _prepared(self, photo: NDArray[np.float32]) -> torch.Tensor:
        """Return a photo as the encoder takes it, (1, 3, side, side)."""
        import torch

        height, width = photo.shape[:2]
        scale = self._side / max(height, width)
        size = (self._side,) * 2 if self._fills else (round(width * scale), round(height * scale))
        method = cv2.INTER_AREA if size[0] < width and size[1] < height else cv2.INTER_LINEAR
        seen = (cv2.resize(photo.clip(0, 1), size, interpolation=method) - self._mean) / self._std
        whole = np.zeros((self._side, self._side, 3), np.float32)
        whole[: size[1], : size[0]] = seen
        return torch.from_numpy(whole.transpose(2, 0, 1)[None].copy())


def segment_anything(name: str) -> SegmentAnything:
    """Load a Segment Anything model, unless it was the last that was loaded.

    Parameters
    ----------
    name : str
        "hf:ORG/NAME", or the path of a folder.

    Raises
    ------
    ModelError
        If it cannot be used.

    Examples
    --------
    >>> segment_anything("no-such-folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sfumato.errors.ModelError: no clicker is called "no-such-folder", ...
    """
    if not name.startswith("hf:") and not (name and Path(name).is_dir()):
        raise ModelError(
            f'no clicker is called "{name}", and no folder either; use "auto", "hf:ORG/NAME", or the path of a folder '
            "with a Segment Anything model"
        )
    return _load(name if name.startswith("hf:") else str(Path(name).resolve()))


@lru_cache(maxsize=1)
def _load(name: str) -> SegmentAnything:
    return SegmentAnything(name)


def _settings(name: str, folder: Path) -> dict[str, Any]:
    """Read how photos are prepared."""
    for file in ("preprocessor_config.json", "processor_config.json"):
        try:
            found = json.loads((folder / file).read_text("utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise ModelError(f'"{name}" cannot be loaded: {file} is damaged; fetch its files again') from error
        if isinstance(found, dict):
            inner = found.get("image_processor", found)
            return inner if isinstance(inner, dict) else {}
    return {}
