"""AWS SAM's command line in an environment of its own, for two things that need no Docker.

`sam local generate-event` says what AWS services send; and the wheel carries the runtime interface emulator, which runs
a function's process as Lambda does. Pinned by hash in requirements/sam.txt. Prepare it (210 MB in the cache) with

    python tests/support/sam.py
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
REQUIREMENTS: Final = REPOSITORY / "requirements" / "sam.txt"
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class NotPrepared(RuntimeError):
    """The environment could not be made; the message says what to do."""


def generated_event(*arguments: str) -> dict[str, Any]:
    """What `sam local generate-event` prints: the event that a service sends. Raises NotPrepared."""
    # Another home folder: the real one may have settings, and gets a file of telemetry.
    environment = {"PATH": os.environ["PATH"], "HOME": str(prepared()), "SAM_CLI_TELEMETRY": "0"}
    command = [_python(prepared()), "-m", "samcli", "local", "generate-event", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    event: dict[str, Any] = json.loads(done.stdout)
    return event


def emulator() -> Path:
    """The runtime interface emulator for this machine: a program for Linux. Raises NotPrepared."""
    architecture = _ARCHITECTURES.get(platform.machine().lower())
    found = list(prepared().glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{architecture}"))
    if not found or sys.platform != "linux":
        raise NotPrepared(f"there is no Lambda emulator for {platform.system()} on {platform.machine()}")
    return found[0]


def prepared() -> Path:
    """The environment's folder, made unless it is there. Raises NotPrepared."""
    folder = Path(os.environ.get("IMAGESEARCH_CACHE") or REPOSITORY / ".cache").resolve() / "sam"
    pinned = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    marker = folder / "pinned"
    if not marker.is_file() or marker.read_text() != pinned:
        _prepare(folder)
        # Written last: an environment that was interrupted is made anew.
        marker.write_text(pinned)
    return folder


def _prepare(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    pip = [sys.executable, "-m", "pip", "--python", _python(folder), "install", "--quiet", "--no-input"]
    pip += ["--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"]
    _run(*pip, "--require-hashes", "--requirement", str(REQUIREMENTS))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise NotPrepared(
            f"could not install what {REQUIREMENTS.name} pins ({last[0]}): check the network and pip's index "
            "(`pip config list`), then try again"
        )


def _python(folder: Path) -> str:
    return str(folder / "bin" / "python")


if __name__ == "__main__":
    print(f"AWS SAM's command line: {prepared()}\nLambda's emulator: {emulator()}")
