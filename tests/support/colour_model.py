"""A small real model: a picture is its colours, averaged over a grid. Quick, and of any dimension (3 x rows x rows)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from imagesearch.manifest import MANIFEST_FILE, METADATA_KEY, MODEL_FILE, DescriptorSpec, Manifest
from imagesearch.records import SEMANTIC, Sizing


def export_colours(folder: Path, rows: int) -> Manifest:
    """Write `model.onnx` and `model.json` into the folder, as `model_export` does."""
    dimension = 3 * rows * rows
    space = f"colours{dimension}"
    identity = Manifest(
        name=f"colours-{rows}x{rows}",
        space_id=space,
        build_id="",
        sizing=Sizing(32, "squeeze", "bilinear"),
        descriptors=(DescriptorSpec(SEMANTIC, dimension, 0.0),),
        precision="fp32",
        sha256="",
        details={},
    )
    model = helper.make_model(
        _graph(rows, dimension), opset_imports=[helper.make_opsetid("", 18)], ir_version=10, producer_name="tests"
    )
    helper.set_model_props(model, {METADATA_KEY: identity.to_json()})
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    sha256 = hashlib.sha256(data).hexdigest()
    manifest = replace(identity, build_id=f"{space}-{sha256[:8]}", sha256=sha256)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_FILE).write_bytes(data)
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    return manifest


def _graph(rows: int, dimension: int) -> onnx.GraphProto:
    kernel = 32 // rows
    nodes = [
        helper.make_node("Cast", ["pixels"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["numbers", "grey"], ["centred"]),
        helper.make_node("Transpose", ["centred"], ["channels"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["channels"], ["means"], kernel_shape=[kernel] * 2, strides=[kernel] * 2),
        helper.make_node("Reshape", ["means", "flat"], ["vector"]),
        helper.make_node("LpNormalization", ["vector"], [SEMANTIC], axis=1, p=2),
    ]
    return helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", "h", "w", 3])],
        [helper.make_tensor_value_info(SEMANTIC, TensorProto.FLOAT, ["n", dimension])],
        [
            # Beside the middle, so that no picture of one colour has a vector of nothing but zeros.
            helper.make_tensor("grey", TensorProto.FLOAT, [], [127.3]),
            helper.make_tensor("flat", TensorProto.INT64, [2], [-1, dimension]),
        ],
    )
