"""Pixels to descriptors, through ONNX Runtime on the CPU."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnxruntime

from imagesearch.errors import ModelMissing
from imagesearch.manifest import METADATA_KEY, MODEL_FILE, Manifest, load_manifest
from imagesearch.records import Descriptor, Descriptors
from imagesearch.settings import cores

if TYPE_CHECKING:
    from imagesearch.records import Pixels

_INPUT: Final = "pixels"
_REMEDY: Final = "export it anew: `make model` (python -m model_export --force)"


class OnnxDescriber:
    """The Describer port. One may be called from several threads at once: ONNX Runtime's sessions allow it."""

    def __init__(self, session: Any, manifest: Manifest) -> None:
        self._session = session
        self._names = [spec.name for spec in manifest.descriptors]
        self.manifest: Final = manifest

    def describe(self, pixels: Sequence[Pixels]) -> list[Descriptors]:
        """The descriptors of each H x W x 3 uint8 array, in order.

        They run one by one: a batch of equal shapes is no faster on a CPU and takes as many times the memory.
        """
        return [self._describe(one) for one in pixels]

    def _describe(self, pixels: Pixels) -> Descriptors:
        outputs = self._session.run(self._names, {_INPUT: pixels[np.newaxis]})
        return {name: Descriptor(vectors) for name, vectors in zip(self._names, outputs, strict=True)}


def load_describer(model_dir: Path, threads: int = 0) -> OnnxDescriber:
    """The model in `model_dir`, checked against its manifest.

    `threads` work on one picture together; 0 is one for each core that this process may use. Raises ModelMissing where
    there is no model, or where file and manifest do not belong together.
    """
    try:
        manifest = load_manifest(model_dir)
        with (model_dir / MODEL_FILE).open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelMissing("There is no model: run `make model` (python -m model_export) first") from error
    except ValueError as error:
        raise ModelMissing(f"The model's manifest can't be read: {_REMEDY}") from error
    if sha256 != manifest.sha256:
        raise ModelMissing(f"The model is not the one that its manifest describes: {_REMEDY}")
    session = _open(model_dir / MODEL_FILE, threads or cores())
    if not _agrees(session.get_modelmeta().custom_metadata_map.get(METADATA_KEY), manifest):
        raise ModelMissing(f"The model's metadata and its manifest differ: {_REMEDY}")
    return OnnxDescriber(session, manifest)


def _open(path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Pictures come in many shapes, and a plan of memory would be kept for each. Without plans the arena stays small
    # (benchmarks/describing.py): smaller than with plans and with its memory given back after every run.
    options.enable_mem_pattern = False
    # Threads that wait for work must not burn the core that decodes the next picture (or, on Lambda, the bill).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _agrees(metadata: str | None, manifest: Manifest) -> bool:
    if metadata is None:
        return False
    return metadata == replace(manifest, build_id="", sha256="", details={}).to_json()
