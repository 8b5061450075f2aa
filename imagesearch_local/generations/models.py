"""Models, kept in the data folder: what a generation runs with must not change or vanish under it."""

from __future__ import annotations

import shutil
from pathlib import Path

from imagesearch.errors import ModelMissing
from imagesearch.manifest import MANIFEST_FILE, MODEL_FILE, Manifest, load_manifest


def folder(home: Path, number: int) -> Path:
    """Where the model of a generation lies."""
    return home / "models" / str(number)


def manifest_of(model: Path) -> Manifest:
    """Raises ModelMissing, which says what to do."""
    try:
        return load_manifest(model)
    except (OSError, ValueError) as error:
        raise ModelMissing(str(error)) from error


def keep(model: Path, kept: Path) -> Manifest:
    """Copy a model. A copy that was cut short is none: it has no manifest. Raises ModelMissing, OSError."""
    manifest = manifest_of(model)
    if not (model / MODEL_FILE).is_file():
        raise ModelMissing(f"There is no {MODEL_FILE} in {model}: run `make model` (python -m model_export) first")
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    shutil.copyfile(model / MODEL_FILE, kept / MODEL_FILE)
    shutil.copyfile(model / MANIFEST_FILE, kept / MANIFEST_FILE)
    return manifest


def forget(home: Path, number: int) -> None:
    """Remove a generation's model, if it is there."""
    shutil.rmtree(folder(home, number), ignore_errors=True)
