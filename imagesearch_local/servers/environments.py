"""Python environments of servers' own, made of pinned requirements: their libraries are not ours."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from imagesearch_local.servers.errors import ServerError


def environment(folder: Path, requirements: Path, python: str) -> Path:
    """The Python of the environment in `folder`, which is made unless it is there just as the requirements pin it.

    pip checks what it installs against the pinned hashes. Raises ServerError.
    """
    made = f"{_version_of(python)}\n{hashlib.sha256(requirements.read_bytes()).hexdigest()}\n"
    marker = folder / "made-of"
    inside = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may just be making it
        if not marker.is_file() or marker.read_text("utf-8") != made:
            _make(folder, inside, requirements, python)
            marker.write_text(made, "utf-8")  # last: an environment that was interrupted is made anew
    return inside


def preferred_python(*minors: int) -> str:
    """The first Python 3.x of these, in this order, that runs on this machine; else the one that runs this."""
    return next((path for minor in minors for path in _pythons(minor) if _version_of(path)), sys.executable)


def _pythons(minor: int) -> Iterator[str]:
    if sys.version_info[:2] == (3, minor):
        yield sys.executable
    if found := shutil.which(f"python3.{minor}"):
        yield found
    # What pyenv has, but shows on the path only where a folder asks for it.
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from (str(path) for path in sorted(versions.glob(f"3.{minor}.*/bin/python"), reverse=True))


def _version_of(python: str) -> str | None:
    """As `3.13.0 (main, ...)`; None where it does not run."""
    command = [python, "-I", "-c", "import sys, venv; print(sys.version)"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    return done.stdout.strip() if done.returncode == 0 else None


def _make(folder: Path, inside: Path, requirements: Path, python: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _run([python, "-m", "venv", "--without-pip", str(folder)], requirements)
    pip = [sys.executable, "-m", "pip", "--python", str(inside), "install", "--quiet", "--no-input"]
    pip += ["--disable-pip-version-check", "--no-deps", "--require-hashes", "--requirement", str(requirements)]
    _run(pip, requirements)


def _run(command: list[str], requirements: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own fixed arguments
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise ServerError(
            f"Could not install what {requirements.name} pins ({last[0]}). Check the network and pip's index "
            "(`pip config list`), then try again"
        )
