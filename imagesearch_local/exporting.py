"""The library as lines of JSON."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from imagesearch_local.json_text import json_text

_OF_THE_SYSTEM = frozenset({"dev", "proc"})
"""Names in there stand for what is open already: another file in its place would leave that open and empty."""
FIELDS = ("key", "id", "caption", "tags", "attributes", "width", "height", "uploaded", "taken")


def line_of(hit: Mapping[str, Any], encoding: str | None = None) -> str:
    """One image: key, id, words, pixels, dates. `imagesearch add` takes it as a row of a table."""
    return json_text({name: hit.get(name) for name in FIELDS}, encoding=encoding) + "\n"


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """Write a file that takes its place when all is written: whatever happens before, the old one stays.

    Its mode stays as it was. Of a link the file that it leads to is replaced; what is no file (a pipe, a device) is
    written to. Raises OSError.
    """
    old = _status(path)
    if old and not (stat.S_ISREG(old.st_mode) and all(each.parts[1] not in _OF_THE_SYSTEM for each in _links(path))):
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    path = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent, text=True)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
        temporary.chmod(stat.S_IMODE(old.st_mode) if old else 0o644 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _links(path: Path) -> Iterator[Path]:
    """A path that leads to something, and all that it leads through."""
    yield (path := path.absolute())
    while path.is_symlink():
        yield (path := path.parent / path.readlink())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
