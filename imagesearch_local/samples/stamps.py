"""Tux Paint's stamps, out of a Debian package, without root (https://packages.debian.org/tuxpaint-stamps-default)."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PACKAGE = "tuxpaint-stamps-default"
VERSION = "2022.06.04-1"
SHA256 = "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34"
SIZE = 160_880_444
"""Bytes of the package."""

QUERIES = {
    "animals/amphibians/frog.png": "frog",
    "animals/mammals/cats/lion-2.png": "lion",
    "animals/mammals/rodents/rabbit-2.png": "rabbit",
    "food/fruit/apple_red.png": "apple",
    "hobbies/music/string/guitar2.png": "guitar",
    "household/tools/wrench.png": "wrench",
    "plants/flowers/flower5.png": "flower",
    "plants/mushrooms/cep-2.png": "mushroom",
}
"""Of these a picture to search by is made, under that name."""

_ADVICE = f"For these, run `sudo apt-get update`, see that `apt-get download {PACKAGE}` works, and try again."


class StampsUnavailable(RuntimeError):
    """The package can't be had here; the message says why and what to do."""


def can_fetch() -> bool:
    """Whether this system has Debian's tools."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def fetch(cache: Path, work: Path, progress: Callable[[str, int, int], None]) -> Path:
    """The unpacked folder of stamps, below `work`; the package is kept in `cache`. Raises StampsUnavailable."""
    package = cache / "packages" / f"{PACKAGE}_{VERSION}_all.deb"
    if not (package.is_file() and _sha256(package) == SHA256):
        _download(package, progress)
    progress("Unpacking the samples", 0, 1)
    unpacked = work / "stamps"
    done = _run("dpkg", "-x", str(package), str(unpacked))
    if done.returncode:
        raise StampsUnavailable(f"The package of samples could not be unpacked ({_reason(done)}).")
    progress("Unpacking the samples", 1, 1)
    return unpacked / "usr/share/tuxpaint/stamps"


def _download(package: Path, progress: Callable[[str, int, int], None]) -> None:
    package.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=package.parent, prefix=".download-") as name:
        folder = Path(name)
        failure = _apt_download(folder, progress)
        if failure and _is_root() and _run("apt-get", "-q", "update").returncode == 0:
            # A fresh container has no package lists; making them needs root.
            failure = _apt_download(folder, progress)
        found = next(folder.glob("*.deb"), None)
        if failure or found is None:
            raise StampsUnavailable(f"apt-get could not download the samples ({failure or 'no file'}). {_ADVICE}")
        if _sha256(found) != SHA256:
            raise StampsUnavailable(f"{PACKAGE} {VERSION} of this system is not the one known here (sha256 differs).")
        found.replace(package)


def _apt_download(folder: Path, progress: Callable[[str, int, int], None]) -> str | None:
    """Why it failed, or None."""
    command = ["apt-get", "-q", "download", f"{PACKAGE}={VERSION}"]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 - fixed arguments
        try:
            while process.poll() is None:
                progress("Downloading the samples", min(sum(f.stat().st_size for f in folder.iterdir()), SIZE), SIZE)
                time.sleep(0.2)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    if process.returncode == 0:
        progress("Downloading the samples", SIZE, SIZE)
        return None
    return (log.read_text("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1]


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or ["no reason given"])[-1]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
