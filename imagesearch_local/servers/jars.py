"""The jars of OpenSearch: fetched by Maven, whose configuration knows where from, and checked against our own list.

`requirements/opensearch.xml` says what is wanted, `requirements/opensearch.sha256` is each file that this means. To
take another version, change both: `sha256sum` prints the lines of the second.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from imagesearch_local.paths import CHECKOUT
from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.java import find_maven

VERSION = "2.19.1.0"
PROJECT = CHECKOUT / "requirements" / "opensearch.xml"
PINS = CHECKOUT / "requirements" / "opensearch.sha256"
LIBRARIES, PLUGIN = "lib", "knn"
"""Folders of the jars."""
_POLL_SECONDS = 0.2

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""


class FilesDiffer(ServerError):
    """Files are not the ones that are pinned; the message names the first."""


def jars(cache: Path, progress: Progress) -> Path:
    """The folder with `lib` and `knn`, in the cache; fetched unless it is there, and checked each time.

    It appears whole or not at all. Raises ToolMissing, ServerError.
    """
    folder = cache / "opensearch" / VERSION
    pins = read_pins(PINS)
    if not folder.is_dir():
        _fetch(folder, pins, progress)
    _check(folder, pins)
    return folder


def read_pins(path: Path) -> dict[str, str]:
    """sha256 by file name, of lines as `sha256sum` writes them."""
    lines = (line.split() for line in path.read_text("utf-8").splitlines())
    return {name: digest for digest, name in lines}


def check_files(folder: Path, pins: Mapping[str, str]) -> None:
    """Compare all files of the folder with the pinned ones. Raises FilesDiffer."""
    found = {path.name: path for path in folder.iterdir()}
    if missing := sorted(pins.keys() - found.keys()):
        raise FilesDiffer(f"{missing[0]} is missing")
    if surplus := sorted(found.keys() - pins.keys()):
        raise FilesDiffer(f"{surplus[0]} is not expected")
    for name, path in found.items():
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != pins[name]:
            raise FilesDiffer(f"{name} has sha256 {digest}, not {pins[name]}")


def _check(folder: Path, pins: Mapping[str, str]) -> None:
    try:
        check_files(folder / LIBRARIES, pins)
    except (FilesDiffer, OSError) as error:
        raise ServerError(f"OpenSearch in {folder} is damaged ({error}): delete that folder and try again") from error
    # As in the archive that was just checked.
    with zipfile.ZipFile(next((folder / LIBRARIES).glob("*.zip"))) as archive:
        genuine = {name: archive.read(name) for name in archive.namelist() if name.endswith(".jar")}
    if genuine != {path.name: path.read_bytes() for path in (folder / PLUGIN).glob("*.jar")}:
        raise ServerError(f"The k-NN plugin in {folder} is damaged: delete that folder and try again")


def _fetch(folder: Path, pins: Mapping[str, str], progress: Progress) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as name:
        work = Path(name)
        ready = work / "ready"
        run_maven(PROJECT, work, ready / LIBRARIES, len(pins), progress)
        try:
            check_files(ready / LIBRARIES, pins)
        except FilesDiffer as error:
            raise ServerError(
                f"What Maven fetched is not the OpenSearch that is pinned ({error}): check which repository its "
                "settings name"
            ) from error
        with zipfile.ZipFile(next((ready / LIBRARIES).glob("*.zip"))) as archive:
            archive.extractall(ready / PLUGIN)
        if not folder.is_dir():  # another process may have been faster
            ready.rename(folder)


def run_maven(project: Path, work: Path, libraries: Path, files: int, progress: Progress) -> None:
    """Have Maven copy what a project depends on, so many files, to `libraries`. Raises ToolMissing, ServerError."""
    maven = find_maven()
    shutil.copy(project, work / "pom.xml")
    repository = work / "repository"  # not the user's: everything stays below the cache
    command = [maven, "--batch-mode", "--quiet", f"-Dmaven.repo.local={repository}", "dependency:copy-dependencies"]
    command.append(f"-DoutputDirectory={libraries}")
    log = work / "maven.log"
    with log.open("wb") as output:
        maven_run = subprocess.Popen(command, cwd=work, stdin=subprocess.DEVNULL, stdout=output, stderr=output)  # noqa: S603 - our own arguments
        try:
            while maven_run.poll() is None:
                # Maven's own plugins count, too: fewer than the jars that are missing by then.
                fetched = sum(1 for path in repository.rglob("*") if path.suffix in {".jar", ".zip"})
                progress("Fetching OpenSearch", min(fetched, files), files)
                time.sleep(_POLL_SECONDS)
        finally:
            maven_run.kill()
            maven_run.wait()
    if maven_run.returncode:
        raise ServerError(
            f"Maven could not fetch OpenSearch ({_reason(log)}). Check the network and Maven's settings, then try again"
        )


def _reason(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    errors = (re.sub(r"\x1b\[[0-9;]*m|\[ERROR\]", "", line).strip() for line in lines if "ERROR" in line)
    return next(filter(None, errors), "it said nothing")[:300]
