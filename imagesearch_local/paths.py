"""Where things lie on this machine."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
"""The repository: the package is always installed from it, editable, since it serves the very functions in there."""

LOCK = "lock"
"""In a data folder: held by who works in it."""


def model_dir() -> Path:
    """Where the model lies: `$IMAGESEARCH_MODEL_DIR`, else where `make model` puts it."""
    return Path(os.environ.get("IMAGESEARCH_MODEL_DIR") or CHECKOUT / "layers" / "model")


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace the file: readers see the old content or the new one, never a part, also after a crash of ours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
