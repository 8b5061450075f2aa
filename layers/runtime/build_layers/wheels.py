"""Third-party wheels for another machine: exactly what requirements/runtime.txt pins, checked by its hashes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from build_layers.errors import LayerError
from build_layers.targets import Target

REPOSITORY: Final = Path(__file__).resolve().parents[3]
REQUIREMENTS: Final = REPOSITORY / "requirements" / "runtime.txt"


def install(folder: Path, target: Target, requirements: Path = REQUIREMENTS) -> None:
    """Install what is pinned for the target into `folder`, whatever machine and Python this is. Raises LayerError.

    uv rather than pip, which reads the markers (numpy's version depends on Python's) for the Python that it runs on.
    """
    command = [_uv(), "pip", "install", "--quiet", "--target", str(folder)]
    command += ["--python-platform", target.uv_platform, "--python-version", target.python, "--no-python-downloads"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(requirements)]
    # By default its files are links into uv's cache: what we change here would change there.
    command += ["--link-mode", "copy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own fixed arguments
    if done.returncode:
        said = done.stderr.strip() or "uv said nothing"
        raise LayerError(
            f"Could not install what {requirements.name} pins for {target.architecture}: {said}\n"
            "Check the network and the package index (UV_INDEX_URL), then try again."
        )


def _uv() -> str:
    """The uv that `make setup` brings, else the one on the path. Raises LayerError."""
    ours = REPOSITORY / ".cache" / "uv" / "bin" / "uv"
    if found := str(ours) if ours.is_file() else shutil.which("uv"):
        return found
    raise LayerError("uv, which installs wheels for Lambda's machines, is not here: run `make setup`.")
