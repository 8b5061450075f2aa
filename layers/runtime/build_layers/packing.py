"""The same bytes from the same files: a layer's folder and its zip do not tell when or where they were made."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can tell."""
_EPOCH_SECONDS: Final = 315_532_800
_MODE: Final = 0o644
"""Lambda's user, who is not the owner, must read all; shared libraries need no more."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A layer that is ready."""

    folder: Path
    zip: Path
    unzipped_bytes: int
    zipped_bytes: int
    sha256: str
    """Of the zip, hexadecimal."""


def pack(folder: Path, archive: Path) -> Packed:
    """Give all files in a folder one time and mode, and zip them in the order of their names."""
    paths = files_in(folder)
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in paths:
            path.chmod(_MODE)
            os.utime(path, (_EPOCH_SECONDS, _EPOCH_SECONDS))
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.external_attr = (stat.S_IFREG | _MODE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whatever this machine is
            file.writestr(entry, path.read_bytes())
    return packed(folder, archive)


def packed(folder: Path, archive: Path) -> Packed:
    """What was packed before."""
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Packed(folder, archive, bytes_in(folder), archive.stat().st_size, digest)


def bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in files_in(folder))


def files_in(folder: Path) -> list[Path]:
    """All below a folder, sorted by their names within it, which do not depend on where it is."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())
