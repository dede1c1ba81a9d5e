"""Find what a text describes, by CLIPSeg."""

from __future__ import annotations

import importlib.util
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sfumato.arrays import checked
from sfumato.errors import ModelError
from sfumato.images.resizing import at_most
from sfumato.regions.segmenters.hub import brief, demand, key_of, silent
from sfumato.regions.segmenters.loading import LOCAL, folder_of, network, placed, quiet

__all__ = ["DEFAULT", "TextSegmenter", "text_segmenter"]

#: The network that "auto" stands for; 600 MB.
DEFAULT = "hf:CIDAS/clipseg-rd64-refined"

_KINDS = {"CLIPSegForImageSegmentation": "CLIPSegForImageSegmentation"}
_SEEN = 1024  # longer side of what is handed to the network's own preparation, to bound its memory


class TextSegmenter:
    """The text segmenters "hf:ORG/NAME", and those in a folder.

    Parameters
    ----------
    name : str
        "hf:ORG/NAME", or the path of a folder with a CLIPSeg model and its tokenizer.

    Raises
    ------
    ModelError
        If transformers is not installed; if the model is missing, incomplete, damaged or of another kind, or cannot be
        downloaded.

    References
    ----------
    Lüddecke and Ecker, "Image segmentation using text and image prompts", CVPR 2022.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        folder = folder_of(name)
        demand(name, folder, "tokenizer.json", "vocab.json")  # without them, an empty tokenizer is made up
        with quiet():
            self._model = network(name, folder, _KINDS, "CLIPSeg")
            transformers = silent("transformers")
            try:
                self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **LOCAL)
                self._processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil", **LOCAL)
            except Exception as error:  # damaged files raise errors of many kinds
                raise ModelError(
                    f'"{name}" cannot be loaded: {brief(error)}; use another, or fetch its files again'
                ) from error
        self.key = key_of(folder)

    @checked("photo")
    def __call__(self, photo: NDArray[np.float32], words: str) -> NDArray[np.float32]:
        """Find what is described in a photo.

        Parameters
        ----------
        photo : ndarray of float32, shape (H, W, 3)
            sRGB in [0, 1].
        words : str
            The description, such as "the red car". What is beyond the length that the network can read is left out.

        Returns
        -------
        ndarray of float32, shape (h, w)
            Probabilities, of the network's own size, that cover exactly the photo.
        """
        import torch

        seen = np.rint(255 * np.clip(at_most(photo, _SEEN), 0, 1)).astype(np.uint8)
        longest = self._model.config.text_config.max_position_embeddings
        with quiet(), torch.inference_mode():
            tokens = self._tokenizer([words], truncation=True, max_length=longest, return_tensors="pt")
            # The whole photo is squeezed into the network's square.
            pixels = self._processor(images=seen, return_tensors="pt", input_data_format="channels_last")
            answer = self._model(
                input_ids=tokens["input_ids"],
                attention_mask=tokens["attention_mask"],
                pixel_values=pixels["pixel_values"],
                interpolate_pos_encoding=True,
            )
            maps: NDArray[np.float32] = answer.logits.reshape(answer.logits.shape[-2:]).sigmoid().numpy()
        return maps


def text_segmenter(name: str = "auto") -> TextSegmenter:
    """Load a text segmenter, unless it was the last that was loaded.

    Parameters
    ----------
    name : str
        "auto" for CLIPSeg, "hf:ORG/NAME", or the path of a folder.

    Raises
    ------
    ModelError
        If it cannot be used.

    Examples
    --------
    >>> text_segmenter("no-such-folder")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    sfumato.errors.ModelError: no text segmenter is called "no-such-folder", ...
    """
    if name == "auto" and not importlib.util.find_spec("transformers"):
        raise ModelError(
            'text() needs transformers; run: pip install "sfumato[huggingface]"; the network, CLIPSeg, is then '
            "fetched once, 600 MB"
        )
    return _load(placed(DEFAULT if name == "auto" else name, "text segmenter", "CLIPSeg"))


@lru_cache(maxsize=1)
def _load(name: str) -> TextSegmenter:
    return TextSegmenter(name)
