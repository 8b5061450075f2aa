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
FIELDS = ("key", "id", "caption", "tags", "attributes", "width", "height", "uploaded", "taken")


def line_of(hit: Mapping[str, Any], encoding: str = "utf-8") -> str:
    """One image: key, id, words, pixels, dates. `imagesearch add` takes it as a row of a table."""
    return json_text({name: hit.get(name) for name in FIELDS}, encoding=encoding) + "\n"


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """Write a file that takes its place when all is written: whatever happens before, the old one stays.

    A link stays and what it leads to is replaced; permissions stay as they are. What is no file that could be replaced,
    such as a pipe or /dev/stdout, is written to. Raises OSError.
    """
    if _only_written_to(path):
        with path.open("w", encoding="utf-8") as file:
            yield file
        return
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644 & ~_umask()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent, text=True)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _only_written_to(path: Path) -> bool:
    # Names there stand for what is open already: replacing the file behind one would leave that open and empty.
    return path.exists() and not (path.is_file() and path.absolute().parts[1] not in _OF_THE_SYSTEM)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
