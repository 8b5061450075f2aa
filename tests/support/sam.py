"""AWS SAM's command line in an environment of its own, for two things that need no Docker.

`sam local generate-event` says what AWS services send; and the wheel carries the runtime interface emulator, which runs
a function's process as Lambda does. Pinned by hash in requirements/sam.txt. Prepare it (210 MB in the cache) with

    python tests/support/sam.py
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from imagesearch_local.paths import CHECKOUT
from imagesearch_local.servers.environments import environment
from imagesearch_local.servers.errors import ServerError
from model_export.fetch import cache_dir

REQUIREMENTS: Final = CHECKOUT / "requirements" / "sam.txt"
_ARCHITECTURES: Final = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@cache
def generated_event(*arguments: str) -> dict[str, Any]:
    """What `sam local generate-event` prints: the event that a service sends. Not to be changed. Raises ServerError."""
    python = prepared()
    # Another home folder: the real one may have settings, and would get a file of telemetry.
    alone = {"PATH": os.environ["PATH"], "HOME": str(cache_dir() / "sam"), "SAM_CLI_TELEMETRY": "0"}
    command = [str(python), "-m", "samcli", "local", "generate-event", *arguments]
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=True)
    event: dict[str, Any] = json.loads(done.stdout)
    return event


def emulator() -> Path:
    """The runtime interface emulator for this machine: a program for Linux. Raises ServerError."""
    architecture = _ARCHITECTURES.get(platform.machine().lower())
    packages = prepared().parents[1].glob("lib/python*/site-packages")
    found = [path for each in packages for path in each.glob(f"samcli/local/rapid/aws-lambda-rie-{architecture}")]
    if not found or sys.platform != "linux":
        raise ServerError(f"There is no Lambda emulator for {platform.system()} on {platform.machine()}")
    return found[0]


def prepared() -> Path:
    """The environment's Python, installed unless it is there. Raises ServerError."""
    return environment(cache_dir() / "sam", REQUIREMENTS, sys.executable)


if __name__ == "__main__":
    print(f"AWS SAM's command line: {prepared()}\nLambda's emulator: {emulator()}")
