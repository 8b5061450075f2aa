"""Docker of this machine, for those who have it."""

from __future__ import annotations

import shutil
import subprocess

_ANSWER_SECONDS = 5


def docker_version() -> str | None:
    """Of the Docker that runs and may be used; None where there is none, or only its command."""
    path = shutil.which("docker")
    if not path:
        return None
    command = [path, "version", "--format", "{{.Server.Version}}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_ANSWER_SECONDS)  # noqa: S603 - found above
    except (OSError, subprocess.TimeoutExpired):
        return None
    return asked.stdout.strip() or None if asked.returncode == 0 else None
