"""Bytecode made beforehand: /opt is read-only in Lambda, so Python would compile every module at each cold start."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from build_layers.errors import LayerError
from build_layers.targets import Target
from imagesearch_local.servers.environments import preferred_python


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python of the target's minor version, on this machine."""

    path: str
    version: str
    """As `3.13.0 (main, ...)`."""


def interpreter_for(target: Target, path: str | None = None) -> Interpreter | None:
    """`path`, else one that is found here; None where there is none. Raises LayerError where `path` is another."""
    asked = path or preferred_python(target.minor)
    try:
        command = [asked, "-I", "-c", "import sys; print(sys.version)"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a Python
        version = done.stdout.strip()
    except OSError:
        version = ""
    if version.startswith(f"{target.python}."):
        return Interpreter(asked, version)
    if path:
        raise LayerError(f"{path} is {version or 'no Python that runs'}: layers for Python {target.python} need that.")
    return None


def compile_all(folder: Path, interpreter: Interpreter, shipped_at: str) -> None:
    """Put `.pyc` files beside all sources below `folder`; tracebacks name them below `shipped_at`. Raises LayerError.

    Unchecked hashes (PEP 552): they hold no time of a file, and Python reads no source to see whether they are current.
    """
    command = [interpreter.path, "-S", "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", shipped_at, str(folder)]
    # One process and one seed: the same bytes every time.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**inherited, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - as above
    if done.returncode:
        raise LayerError(f"{interpreter.path} could not compile {folder}: {done.stdout.strip() or done.stderr.strip()}")
