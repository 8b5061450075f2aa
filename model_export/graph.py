"""The ONNX graph: pixels in, unit-length descriptors out. Built with onnx.helper: no framework needed.

Keras' 'caffe' preprocessing (blue, green, red; minus the training set's mean; no scaling) is inside: the mean as a
node, the channel order by turning the first kernel's input channels round, which costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from model_export.variant import Pooling
from model_export.weights import BLOCKS, Layer

INPUT = "pixels"
MEAN_RGB = (123.68, 116.779, 103.939)
MINIMUM_SIDE = 32
"""Five halvings: a smaller picture is extended by repeating its last row and column."""
GEM_POWER = 3.0
EPSILON = 1e-6
OPSET = 17
IR_VERSION = 8


class _Graph:
    """Nodes and constants as they are added; every node is named after its one output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, operator: str, inputs: Sequence[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(operator, list(inputs), [output], name=output, **attributes))
        return output


def build_graph(layers: Sequence[Layer], outputs: Mapping[str, Pooling]) -> onnx.ModelProto:
    """A model with input `pixels` (N x H x W x 3 uint8, RGB) and for each output name an N x 512 float32.

    The network runs once, whatever the number of poolings. N, H and W are free, from 1.
    """
    graph = _Graph()
    features, pooled = _network(graph, layers, _preprocessing(graph))
    for name, pooling in outputs.items():
        _descriptor(graph, name, pooling, features, pooled)
    dimension = len(layers[-1].bias)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "vgg16",
            [helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", "h", "w", 3])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", dimension]) for name in outputs],
            graph.constants,
        ),
        producer_name="imagesearch",
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def _preprocessing(graph: _Graph) -> str:
    """N x 3 x H x W float32, mean removed, no side under the minimum."""
    shape = graph.add("Shape", [INPUT], "shape")
    missing = graph.add(
        "Sub", [graph.constant("minimum_shape", np.array([0, MINIMUM_SIDE, MINIMUM_SIDE, 0])), shape], "shape_missing"
    )
    zeros = graph.constant("no_padding", np.zeros(4, np.int64))
    after = graph.add("Max", [missing, zeros], "padding_after")
    padding = graph.add("Concat", [zeros, after], "padding", axis=0)
    padded = graph.add("Pad", [INPUT, padding], "padded", mode="edge")
    floats = graph.add("Cast", [padded], "floats", to=TensorProto.FLOAT)
    centred = graph.add("Sub", [floats, graph.constant("mean_rgb", np.array(MEAN_RGB, np.float32))], "centred")
    return graph.add("Transpose", [centred], "planes", perm=[0, 3, 1, 2])


def _network(graph: _Graph, layers: Sequence[Layer], planes: str) -> tuple[str, str]:
    """The last ReLU's output (1/16 of the sides) and, pooled once more, block5_pool's (1/32)."""
    remaining = iter(layers)
    features = planes
    for block, count in enumerate(BLOCKS, 1):
        for _ in range(count):
            layer = next(remaining)
            features = _convolution(graph, layer, planes=features)
        pooled = graph.add("MaxPool", [features], f"block{block}_pool", kernel_shape=[2, 2], strides=[2, 2])
        if block < len(BLOCKS):
            features = pooled
    return features, pooled


def _convolution(graph: _Graph, layer: Layer, *, planes: str) -> str:
    kernel = layer.kernel[:, ::-1] if layer.kernel.shape[1] == 3 else layer.kernel
    weights = graph.constant(f"{layer.name}_kernel", np.ascontiguousarray(kernel))
    bias = graph.constant(f"{layer.name}_bias", layer.bias)
    sums = graph.add("Conv", [planes, weights, bias], layer.name, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    return graph.add("Relu", [sums], f"{layer.name}_relu")


def _descriptor(graph: _Graph, name: str, pooling: Pooling, features: str, pooled: str) -> None:
    """Pooling over the whole picture, then division by the length."""
    summary = graph.add("Flatten", [_pooling(graph, name, pooling, features, pooled)], f"{name}_summary")
    # A picture without any activation gets a valid descriptor too, not a division by zero.
    floor = graph.constant(f"{name}_epsilon", np.array(EPSILON, np.float32))
    positive = graph.add("Max", [summary, floor], f"{name}_positive")
    length = graph.add("ReduceL2", [positive], f"{name}_length", axes=[1], keepdims=1)
    graph.add("Div", [positive, length], name)


def _pooling(graph: _Graph, name: str, pooling: Pooling, features: str, pooled: str) -> str:
    """N x 512 x 1 x 1.

    avg is what Keras calls so: the mean of block5_pool. max is the maximum of the last ReLU. gem is the generalised
    mean with power 3 of the last ReLU (Radenović, Tolias and Chum, https://arxiv.org/abs/1711.02512).
    """
    if pooling == "avg":
        return graph.add("GlobalAveragePool", [pooled], f"{name}_average")
    if pooling == "max":
        return graph.add("GlobalMaxPool", [features], f"{name}_maximum")
    squares = graph.add("Mul", [features, features], f"{name}_squares")
    cubes = graph.add("Mul", [squares, features], f"{name}_cubes")
    mean = graph.add("GlobalAveragePool", [cubes], f"{name}_mean")
    return graph.add("Pow", [mean, graph.constant(f"{name}_root", np.array(1 / GEM_POWER, np.float32))], f"{name}_gem")
