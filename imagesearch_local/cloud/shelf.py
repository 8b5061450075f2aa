"""Objects of the local bucket on disk: contents as files, all else in a SQLite catalogue.

A content is written to its own new file before the catalogue names it, and files that the catalogue does not name are
swept at the next start. So a process killed at any point leaves each object as it was before or as it is after. File
names are hashes: keys have up to 1,024 bytes, `..`, or a slash at the end.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key TEXT NOT NULL, file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    modified TEXT NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (bucket, key)
) WITHOUT ROWID
"""
_SELECT = "SELECT bucket, key, file, size, etag, modified, attributes FROM objects"


@dataclass(frozen=True, slots=True)
class Shelved:
    """What the catalogue says of one object."""

    bucket: str
    key: str
    file: str
    """Of the content, relative to the shelf."""
    size: int
    etag: str
    """Without quotes."""
    modified: str
    """ISO 8601, UTC."""
    attributes: Mapping[str, Any]
    """Headers, user metadata, checksums: whatever the bucket needs to show the object unchanged."""


class Shelf:
    """The objects in one folder. Its methods may be called from several threads."""

    def __init__(self, folder: Path) -> None:
        self._contents = folder / "contents"
        self._contents.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._catalogue = sqlite3.connect(folder / "catalogue.sqlite", check_same_thread=False, isolation_level=None)
        # Survives the end of the process at any point; a power cut may cost the last moments (no fsync a picture).
        self._catalogue.execute("PRAGMA journal_mode=WAL")
        self._catalogue.execute("PRAGMA synchronous=NORMAL")
        self._catalogue.execute(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._catalogue.close()

    def path(self, file: str) -> Path:
        return self._contents / file

    def store(self, bucket: str, key: str, content: IO[bytes]) -> str:
        """Write a content to a new file and return its name. It counts only once `record` names it."""
        digest = hashlib.blake2b(f"{bucket}\0{key}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        file = f"{digest[:2]}/{digest[2:]}-{secrets.token_hex(6)}"
        path = self.path(file)
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as target:
            shutil.copyfileobj(content, target, 1 << 20)
        return file

    def record(self, shelved: Shelved) -> None:
        """This is the object now. The content it had before, if another, is removed."""
        with self._lock:
            before = self._file(shelved.bucket, shelved.key)
            self._catalogue.execute(
                "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    shelved.bucket,
                    shelved.key,
                    shelved.file,
                    shelved.size,
                    shelved.etag,
                    shelved.modified,
                    json.dumps(dict(shelved.attributes)),
                ),
            )
            if before not in (None, shelved.file):
                self.path(before).unlink(missing_ok=True)

    def forget(self, bucket: str, key: str) -> None:
        """There is no such object any more."""
        with self._lock:
            before = self._file(bucket, key)
            self._catalogue.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
            if before is not None:
                self.path(before).unlink(missing_ok=True)

    def get(self, bucket: str, key: str) -> Shelved | None:
        """The object as the catalogue has it."""
        with self._lock:
            row = self._catalogue.execute(f"{_SELECT} WHERE bucket = ? AND key = ?", (bucket, key)).fetchone()
        return _shelved(row) if row else None

    def all(self) -> list[Shelved]:
        """Every object whose content is there, in no order."""
        with self._lock:
            rows = self._catalogue.execute(_SELECT).fetchall()
        return [shelved for shelved in map(_shelved, rows) if self._is_whole(shelved)]

    def sweep(self) -> int:
        """Remove contents that no object has: left by a process that was killed. Returns how many."""
        with self._lock:
            named = {file for (file,) in self._catalogue.execute("SELECT file FROM objects")}
            orphans = [path for path in self._files() if path.relative_to(self._contents).as_posix() not in named]
            for path in orphans:
                path.unlink()
        return len(orphans)

    def _is_whole(self, shelved: Shelved) -> bool:
        path = self.path(shelved.file)
        return path.is_file() and path.stat().st_size == shelved.size

    def _file(self, bucket: str, key: str) -> Any:
        row = self._catalogue.execute("SELECT file FROM objects WHERE bucket = ? AND key = ?", (bucket, key)).fetchone()
        return row[0] if row else None

    def _files(self) -> Iterator[Path]:
        return (path for path in self._contents.glob("*/*") if path.is_file())


def _shelved(row: Sequence[Any]) -> Shelved:
    bucket, key, file, size, etag, modified, attributes = row
    return Shelved(bucket, key, file, size, etag, modified, json.loads(attributes))
