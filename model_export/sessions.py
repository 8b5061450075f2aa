"""ONNX Runtime sessions for the exporter: on the CPU, or on a GPU that is really there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from model_export.graph import INPUT

if TYPE_CHECKING:
    from imagesearch.records import Pixels

Device = Literal["cpu", "cuda"]
_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


class DeviceMissing(RuntimeError):
    """The device asked for can't be used; the message says what to do."""


def check_device(device: Device) -> None:
    """Raises DeviceMissing where this ONNX Runtime was built without the device's provider."""
    if _PROVIDERS[device] not in onnxruntime.get_available_providers():
        raise DeviceMissing(
            "--device cuda needs ONNX Runtime's CUDA provider, which is not installed: `pip install onnxruntime-gpu` "
            "on a machine with an NVIDIA GPU, or use --device cpu. The exported model is the same."
        )


def open_session(model: onnx.ModelProto, device: Device = "cpu") -> Any:
    """An InferenceSession. Raises DeviceMissing where the GPU does not answer."""
    check_device(device)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # As in imagesearch.describer: threads that wait do not spin. Several sessions would slow each other down.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=[_PROVIDERS[device]])
    # ONNX Runtime falls back to the CPU without an error where the driver or a library is missing.
    if _PROVIDERS[device] not in session.get_providers():
        raise DeviceMissing("ONNX Runtime has a CUDA provider but no GPU answers (see `nvidia-smi`): use --device cpu.")
    return session


def describe(session: Any, pixels: Sequence[Pixels], output: str) -> NDArray[np.float32]:
    """One descriptor a picture, one run a picture: R x D float32."""
    return np.concatenate([session.run([output], {INPUT: one[None]})[0] for one in pixels])
