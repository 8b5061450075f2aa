"""Make, verify and write one model."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from onnx import helper
from rich.progress import Progress

from imagesearch.manifest import MANIFEST_FILE, METADATA_KEY, MODEL_FILE, DescriptorSpec, Manifest, load_manifest
from imagesearch.records import SEMANTIC
from model_export import pictures, verify, weights
from model_export.graph import build_graph
from model_export.quantise import quantise
from model_export.sessions import Device, describe, open_session
from model_export.variant import Variant, build_id

if TYPE_CHECKING:
    from imagesearch.records import Pixels

SOURCE_PICTURES = 6
"""How many pictures are compared with the source's own convolutions: slow, and one would tell."""
BATCH_PICTURES = 4


@dataclass(frozen=True, slots=True)
class Export:
    """What was made."""

    manifest: Manifest
    milliseconds: float
    """Median of one picture of the verification set, on this machine as busy as it was."""


def current(variant: Variant, output: Path, calibration: Path | None) -> Manifest | None:
    """The manifest of the model in `output` if it is intact and just what would be exported, else None."""
    try:
        manifest = load_manifest(output)
        intact = _sha256(output / MODEL_FILE) == manifest.sha256
    except (OSError, ValueError):
        return None
    same = (manifest.space_id, manifest.precision) == (variant.space_id, variant.precision)
    if not (intact and same):
        return None
    if calibration is not None and manifest.details.get("pictures_sha256") != _digest(calibration):
        return None
    return manifest


def export(variant: Variant, output: Path, calibration: Path | None, device: Device, progress: Progress) -> Export:
    """Write model.onnx and model.json into `output`.

    Raises FetchError, WeightsError, NoPictures, DeviceMissing or VerificationError; then nothing is written.
    """
    with _step(progress, "Fetching the weights (61 MB, once)", "The 13 layers are the published ones"):
        source = weights.read_source(weights.fetch_weights())
        layers = weights.read_layers(source)
        weights.check_layers(layers)
    with _step(progress, "Reading pictures", "Read pictures to calibrate and verify with"):
        chosen = _choose(variant, pictures.pictures_dir(calibration))
    fp32 = build_graph(layers, {SEMANTIC: variant.pooling})
    model = fp32
    if variant.precision == "int8":
        pixels = [one.pixels for one in chosen.calibration]
        with _step(progress, "Calibrating int8", "Calibrated int8", total=len(pixels)) as advance:
            model = quantise(fp32, pixels, advance)
    with _step(progress, "Verifying", "Verified"):
        found = _verify(variant, (model, fp32, source), [one.pixels for one in chosen.verification], device)
    with _step(progress, "Measuring", "Measured"):
        session = open_session(model, device)
        milliseconds = _milliseconds(session, [one.pixels for one in chosen.verification])
        unrelated = _unrelated_cosine(session, [*chosen.verification, *chosen.calibration])

    identity = Manifest(
        name=variant.name,
        space_id=variant.space_id,
        build_id="",
        sizing=variant.sizing,
        descriptors=(DescriptorSpec(SEMANTIC, len(layers[-1].bias), round(unrelated, 4)),),
        precision=variant.precision,
        sha256="",
        details={},
    )
    details = {
        "space": variant.space,
        "weights_licence": "CC BY 4.0, Visual Geometry Group, University of Oxford",
        "pictures_sha256": chosen.sha256,
        "calibration_pictures": len(chosen.calibration) if variant.precision == "int8" else 0,
        "verification": found,
    }
    return Export(write_model(identity, details, model, output), milliseconds)


def write_model(identity: Manifest, details: dict[str, Any], model: onnx.ModelProto, output: Path) -> Manifest:
    """Both files, each whole or not at all; the manifest last, since it vouches for the model.

    `identity` is a manifest without what only the file decides; it goes into the file's metadata too.
    """
    helper.set_model_props(model, {METADATA_KEY: identity.to_json()})
    data = model.SerializeToString(deterministic=True)
    sha256 = hashlib.sha256(data).hexdigest()
    build = build_id(identity.space_id, identity.precision, sha256)
    manifest = replace(identity, sha256=sha256, build_id=build, details=details)
    output.mkdir(parents=True, exist_ok=True)
    _replace(output / MODEL_FILE, data)
    _replace(output / MANIFEST_FILE, manifest.to_json().encode())
    return manifest


@dataclass(frozen=True, slots=True, eq=False)
class _Chosen:
    """The pictures of one export, sized for its model."""

    calibration: list[pictures.LabelledPicture]
    verification: list[pictures.LabelledPicture]
    sha256: str


def _choose(variant: Variant, folder: Path) -> _Chosen:
    for_calibration, for_verification = pictures.choose(folder)
    chosen = _Chosen(
        pictures.load(for_calibration, folder, variant.sizing),
        pictures.load(for_verification, folder, variant.sizing),
        pictures.digest([*for_calibration, *for_verification]),
    )
    if not chosen.calibration or not chosen.verification:
        raise pictures.NoPictures(f"the pictures in {folder} can't be read; choose others with --calibration")
    return chosen


def _verify(
    variant: Variant,
    models: tuple[onnx.ModelProto, onnx.ModelProto, onnx.ModelProto],
    pixels: Sequence[Pixels],
    device: Device,
) -> dict[str, Any]:
    model, fp32, source = models
    against_source = verify.check_against_source(fp32, source, variant.pooling, pixels[:SOURCE_PICTURES], device)
    found = {"fp32_to_source": against_source.as_json}
    if model is not fp32:
        found["int8_to_fp32"] = verify.check_against_fp32(model, fp32, pixels, device).as_json
    found["batch_to_single"] = verify.check_batch(model, pixels[:BATCH_PICTURES], device).as_json
    return found


def _unrelated_cosine(session: Any, chosen: Sequence[pictures.LabelledPicture]) -> float:
    descriptors = describe(session, [one.pixels for one in chosen], SEMANTIC)
    return verify.unrelated_cosine(descriptors, [one.label for one in chosen])


def _milliseconds(session: Any, pixels: Sequence[Pixels]) -> float:
    times = []
    for one in pixels:
        start = time.perf_counter()
        describe(session, [one], SEMANTIC)
        times.append(1000 * (time.perf_counter() - start))
    return sorted(times)[len(times) // 2]


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(folder: Path) -> str:
    for_calibration, for_verification = pictures.choose(folder)
    return pictures.digest([*for_calibration, *for_verification])


@contextmanager
def _step(progress: Progress, doing: str, done: str, *, total: int | None = None) -> Iterator[Callable[[], None]]:
    """One line of progress; what it yields counts one of `total`."""
    task = progress.add_task(doing, total=total)
    yield lambda: progress.advance(task)
    progress.update(task, description=done, total=1, completed=1)
