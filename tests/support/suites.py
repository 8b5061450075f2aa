"""Rare and hostile pictures, of the test suites of Pillow and pillow-heif: fetched, never part of the repository.

Their licences are their own. Fetch them (55 MB) into the cache with `make hostile`, or

    python tests/support/suites.py
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CACHE: Final = Path(os.environ.get("IMAGESEARCH_CACHE") or REPOSITORY / ".cache") / "hostile"
"""As it is when this is loaded: tests run functions in other environments."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The source distribution of a package, of which only the pictures are used: nothing of it is installed."""

    package: str
    version: str
    sha256: str
    images: str
    """The folder of the pictures in it."""
    files: int
    """How many there are."""

    @property
    def name(self) -> str:
        return f"{self.package}-{self.version}"

    @property
    def archive(self) -> Path:
        return CACHE / f"{self.package.replace('-', '_')}-{self.version}.tar.gz"

    @property
    def folder(self) -> Path:
        """Where the pictures lie once `fetch` has been here."""
        return CACHE / self.name


PILLOW: Final = Suite(
    "pillow", "11.3.0", "3828ee7586cd0b2091b6209e5ad53e20d0649bbe87164a459d0676e035e8f523", "Tests/images", 1_068
)
PILLOW_HEIF: Final = Suite(
    "pillow-heif", "1.8.1", "521ebffb8a181d56c3904e5a61f20903edee0d9d3275967b8fb345f866215c06", "tests/images", 75
)


class NotFetched(RuntimeError):
    """The suite is not in the cache; the message says what to do."""


def picture(suite: Suite, name: str) -> bytes:
    """One picture of a suite that has been fetched. Raises NotFetched."""
    if not suite.folder.is_dir():
        raise NotFetched(f"{suite.name} is not in {CACHE}: run `make hostile`")
    return (suite.folder / name).read_bytes()


def fetch(suite: Suite) -> list[Path]:
    """The suite's pictures, fetched unless they are there. The download is checked before anything is done with it."""
    if not suite.folder.is_dir():
        _unpack(_downloaded(suite), suite)
    found = sorted(path for path in suite.folder.rglob("*") if path.is_file())
    if len(found) != suite.files:
        sys.exit(f"{suite.folder} has {len(found)} files, not {suite.files}: delete it and try again.")
    return found


def _downloaded(suite: Suite) -> Path:
    if not suite.archive.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--no-build-isolation", "--no-binary", ":all:", "--require-hashes", "--dest", str(CACHE)]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
            requirements.write(f"{suite.package}=={suite.version} --hash=sha256:{suite.sha256}\n")
            requirements.flush()
            subprocess.run([*command, "--requirement", requirements.name], check=True)
    if hashlib.sha256(suite.archive.read_bytes()).hexdigest() != suite.sha256:
        sys.exit(f"{suite.archive} is not the file that was published: delete it and try again.")
    return suite.archive


def _unpack(archive: Path, suite: Suite) -> None:
    """The pictures alone; the folder appears whole or not at all."""
    prefix = f"{archive.name.removesuffix('.tar.gz')}/{suite.images}/"
    with tempfile.TemporaryDirectory(dir=CACHE) as folder, tarfile.open(archive) as tar:
        members = [member for member in tar if member.isfile() and member.name.startswith(prefix)]
        tar.extractall(folder, members, filter="data")
        (Path(folder) / prefix).rename(suite.folder)


if __name__ == "__main__":
    for each in (PILLOW, PILLOW_HEIF):
        print(f"{each.name}: {len(fetch(each))} pictures at {each.folder}")
