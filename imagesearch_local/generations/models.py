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


def build_in(model: Path) -> str | None:
    """The build_id of the model in a folder; None where there is none, or a part of one."""
    try:
        return manifest_of(model).build_id if (model / MODEL_FILE).is_file() else None
    except ModelMissing:
        return None


def keep(model: Path, kept: Path) -> Manifest:
    """Copy a model, in place of the one that may be there. A copy that is cut short is seen by nobody.

    Raises ModelMissing, OSError.
    """
    manifest = manifest_of(model)
    if not (model / MODEL_FILE).is_file():
        raise ModelMissing(f"There is no {MODEL_FILE} in {model}: run `make model` (python -m model_export) first")
    new, old = kept.with_name(f"{kept.name}.new"), kept.with_name(f"{kept.name}.old")
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    new.mkdir(parents=True)
    shutil.copyfile(model / MODEL_FILE, new / MODEL_FILE)
    shutil.copyfile(model / MANIFEST_FILE, new / MANIFEST_FILE)
    if kept.exists():
        kept.rename(old)
    new.rename(kept)
    shutil.rmtree(old, ignore_errors=True)
    return manifest


def forget(home: Path, number: int) -> None:
    """Remove a generation's model, if it is there."""
    shutil.rmtree(folder(home, number), ignore_errors=True)
