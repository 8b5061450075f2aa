"""Is the exported model right? Its descriptors against the source file's own convolutions, and against fp32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from imagesearch.records import SEMANTIC
from model_export.graph import INPUT, MINIMUM_SIDE
from model_export.sessions import Device, describe, open_session
from model_export.variant import Pooling

if TYPE_CHECKING:
    from imagesearch.records import Pixels

MINIMUM_COSINE = {"fp32": 0.9999, "int8": 0.997}
MINIMUM_BATCH_COSINE = 0.99999
LAST_RELU = "functional_1/block5_conv3_1/Relu:0"
LAST_POOL = "functional_1/block5_pool_1/MaxPool2d:0"
MEAN_BGR = np.array([103.939, 116.779, 123.68], np.float32)


class VerificationError(RuntimeError):
    """The model does not do what it must: nothing is exported."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Cosines between two ways to describe the same pictures."""

    pictures: int
    minimum: float
    mean: float

    @property
    def as_json(self) -> dict[str, float | int]:
        return {"pictures": self.pictures, "minimum": round(self.minimum, 6), "mean": round(self.mean, 6)}


def source_stack(source: onnx.ModelProto) -> onnx.ModelProto:
    """The source file's own nodes from its input to block5_pool, with free sides, and nothing of ours."""
    nodes = []
    for node in source.graph.node:
        nodes.append(node)
        if LAST_POOL in node.output:
            break
    used = {name for node in nodes for name in node.input}
    return helper.make_model(
        helper.make_graph(
            nodes,
            "source",
            [helper.make_tensor_value_info(source.graph.input[0].name, TensorProto.FLOAT, ["n", "h", "w", 3])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in (LAST_RELU, LAST_POOL)],
            [tensor for tensor in source.graph.initializer if tensor.name in used],
        ),
        opset_imports=[entry for entry in source.opset_import if entry.domain == ""],
        ir_version=source.ir_version,
    )


def source_descriptor(session: Any, pixels: Pixels, pooling: Pooling) -> NDArray[np.float32]:
    """What the source's convolutions say of a picture, with preprocessing, pooling and length in NumPy: D float32."""
    missing = [(0, max(0, MINIMUM_SIDE - side)) for side in pixels.shape[:2]]
    extended = np.pad(pixels, [*missing, (0, 0)], mode="edge")
    prepared = extended[None, :, :, ::-1].astype(np.float32) - MEAN_BGR
    relu, pool = (planes[0].reshape(512, -1) for planes in session.run(None, {session.get_inputs()[0].name: prepared}))
    pooled = {
        "avg": lambda: pool.mean(axis=1),
        "max": lambda: relu.max(axis=1),
        "gem": lambda: np.cbrt((relu.astype(np.float64) ** 3).mean(axis=1)),
    }[pooling]()
    unit: NDArray[np.float32] = (pooled / np.linalg.norm(pooled)).astype(np.float32)
    return unit


def agreement(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> Agreement:
    """Row by row, of R x D unit vectors."""
    cosines = np.einsum("rd,rd->r", ours.astype(np.float64), theirs.astype(np.float64))
    return Agreement(len(cosines), float(cosines.min()), float(cosines.mean()))


def require(what: str, found: Agreement, minimum: float) -> Agreement:
    """Raises VerificationError where a picture is below; a NaN is below everything."""
    if not found.minimum >= minimum:
        raise VerificationError(
            f"{what}: the least cosine over {found.pictures} pictures is {found.minimum:.5f}, {minimum} is required"
        )
    return found


def check_against_source(
    fp32: onnx.ModelProto, source: onnx.ModelProto, pooling: Pooling, pixels: Sequence[Pixels], device: Device
) -> Agreement:
    """Our fp32 graph against the source file's convolutions. Raises VerificationError."""
    ours = describe(open_session(fp32, device), pixels, SEMANTIC)
    stack = open_session(source_stack(source))
    theirs = np.stack([source_descriptor(stack, one, pooling) for one in pixels])
    return require("our graph against the source's convolutions", agreement(ours, theirs), MINIMUM_COSINE["fp32"])


def check_against_fp32(
    model: onnx.ModelProto, fp32: onnx.ModelProto, pixels: Sequence[Pixels], device: Device
) -> Agreement:
    """An int8 build against fp32: only builds that agree share a space. Raises VerificationError."""
    ours = describe(open_session(model, device), pixels, SEMANTIC)
    theirs = describe(open_session(fp32, device), pixels, SEMANTIC)
    return require("int8 against fp32", agreement(ours, theirs), MINIMUM_COSINE["int8"])


def check_batch(model: onnx.ModelProto, pixels: Sequence[Pixels], device: Device) -> Agreement:
    """A batch against one by one, on the pictures cut to the shape they have in common. Raises VerificationError."""
    height, width = (min(one.shape[axis] for one in pixels) for axis in (0, 1))
    batch = np.stack([one[:height, :width] for one in pixels])
    session = open_session(model, device)
    together = session.run([SEMANTIC], {INPUT: batch})[0]
    return require(
        "a batch against one by one",
        agreement(together, describe(session, list(batch), SEMANTIC)),
        MINIMUM_BATCH_COSINE,
    )


def unrelated_cosine(descriptors: NDArray[np.float32], labels: Sequence[str]) -> float:
    """The median cosine of pairs of different classes, or of all pairs where there is one class only."""
    cosines = descriptors @ descriptors.T
    first, second = np.triu_indices(len(labels), k=1)
    classes = np.array(labels)
    different = classes[first] != classes[second]
    pairs = cosines[first, second]
    return float(np.median(pairs[different] if different.any() else pairs))
