"""Java and Maven of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from imagesearch_local.servers.errors import ToolMissing

OLDEST = 17
"""What the k-NN plugin and the runner are compiled for."""
_VERSION = re.compile(r'version "(\d+)(?:\.(\d+))?')
_INSTALL_JAVA = (
    "`apt-get install openjdk-17-jre-headless` (Debian, Ubuntu; newer ones have openjdk-21-jre-headless) or "
    "`brew install openjdk` (macOS)"
)
_INSTALL_MAVEN = "`apt-get install maven` (Debian, Ubuntu) or `brew install maven` (macOS)"


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that is new enough."""

    path: str
    major: int
    """17, 21, ..."""


def find_java() -> Java:
    """The Java of `$JAVA_HOME`, else the first one on the path. Raises ToolMissing, also where it is too old."""
    home = os.environ.get("JAVA_HOME")
    inside = str(Path(home) / "bin" / "java") if home else None
    path = inside if inside and Path(inside).is_file() else shutil.which("java")
    if not path:
        raise ToolMissing(f"Java is not installed: install Java {OLDEST} or newer, with {_INSTALL_JAVA}")
    # A program that only says where to get Java lies at this place on macOS, and fails.
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    major = major_version(said.stderr) if said.returncode == 0 else None
    if major is None:
        raise ToolMissing(f"{path} is no Java that runs: install Java {OLDEST} or newer, with {_INSTALL_JAVA}")
    if major < OLDEST:
        raise ToolMissing(f"Java {major} at {path} is too old: install Java {OLDEST} or newer, with {_INSTALL_JAVA}")
    return Java(path, major)


def find_maven() -> str:
    """The path of Maven, which knows where packages come from. Raises ToolMissing."""
    path = shutil.which("mvn")
    if not path:
        raise ToolMissing(f"Maven is not installed, which fetches OpenSearch: install it with {_INSTALL_MAVEN}")
    return path


def major_version(said: str) -> int | None:
    """17 for what `java -version` prints of 17.0.15, 8 for 1.8.0 as old ones count; None where it names no version."""
    found = _VERSION.search(said)
    if not found:
        return None
    first, second = int(found[1]), found[2]
    return int(second) if first == 1 and second else first
