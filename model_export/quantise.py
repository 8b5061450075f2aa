"""fp32 to int8: static quantisation, calibrated on pictures in their real shapes."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from model_export.graph import INPUT

if TYPE_CHECKING:
    from imagesearch.records import Pixels

QUANTISED = ["Conv", "Relu", "MaxPool"]
"""Preprocessing, pooling over the picture and normalisation stay in float: they cost nothing and matter most."""


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime ships no types
    """Feeds the calibration one picture at a time."""

    def __init__(self, pixels: Sequence[Pixels], on_picture: Callable[[], None]) -> None:
        self._rest: Iterator[Pixels] = iter(pixels)
        self._on_picture = on_picture

    def get_next(self) -> Mapping[str, Any] | None:
        pixels = next(self._rest, None)
        if pixels is None:
            return None
        self._on_picture()
        return {INPUT: pixels[None]}


def quantise(
    model: onnx.ModelProto, pixels: Sequence[Pixels], on_picture: Callable[[], None] = lambda: None
) -> onnx.ModelProto:
    """The model with int8 weights (per output channel) and uint8 activations, as QDQ nodes.

    `reduce_range` keeps the weights to 7 bits: without it CPUs that have no VNNI add two products in 16 bits, which
    saturate, and descriptors become useless there
    (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    """
    with tempfile.TemporaryDirectory(prefix="quantise-") as folder, _quiet():
        # The library turns the model it is given into one with external data: it gets a copy.
        original = onnx.ModelProto()
        original.CopyFrom(model)
        target = Path(folder) / "int8.onnx"
        quantize_static(
            original,
            target,
            _Pictures(pixels, on_picture),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=QUANTISED,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(target)


@contextmanager
def _quiet() -> Iterator[None]:
    """The library logs advice through the root logger that does not apply to a graph without batch normalisation."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
