"""Pinned wheels from the package index into the cache, checked by their hashes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


class FetchError(RuntimeError):
    """A download that did not work; the message says what to do."""


def cache_dir() -> Path:
    """Where downloads are kept: `$IMAGESEARCH_CACHE`, or `.cache` in the repository."""
    return Path(os.environ.get("IMAGESEARCH_CACHE") or REPOSITORY / ".cache").expanduser().resolve()


def fetch_wheel(requirements: str, pattern: str) -> Path:
    """The one wheel that `requirements/<requirements>` pins, downloaded unless the cache has a match for `pattern`.

    pip checks what it downloads against the pinned hashes. Raises FetchError.
    """
    folder = cache_dir() / "wheels"
    folder.mkdir(parents=True, exist_ok=True)
    if cached := sorted(folder.glob(pattern)):
        return cached[-1]
    # Into a folder beside, then moved: an interrupted download never looks like a finished one.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".download-") as partial:
        _pip_download(REPOSITORY / "requirements" / requirements, Path(partial))
        found = sorted(Path(partial).glob(pattern))
        if not found:
            raise FetchError(f"requirements/{requirements} pins no {pattern} for this machine")
        return found[-1].replace(folder / found[-1].name)


def _pip_download(requirements: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(requirements), "-d", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own fixed arguments
    if done.returncode == 0:
        return
    last = done.stderr.strip().splitlines()[-1:] or ["pip said nothing"]
    raise FetchError(
        f"could not download what {requirements.name} pins ({last[0]}). Check the network and pip's index "
        "(`pip config list`), then try again."
    )
