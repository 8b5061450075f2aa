"""The library as lines of JSON."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

FIELDS = ("key", "id", "caption", "tags", "attributes", "width", "height", "uploaded", "taken")


def line_of(hit: Mapping[str, Any]) -> str:
    """One image: key, id, words, pixels, dates. `imagesearch add` takes it as a row of a table."""
    return json.dumps({name: hit.get(name) for name in FIELDS}, ensure_ascii=False) + "\n"


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """Write a file that takes its place when all is written: whatever happens before, the old one stays."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent, text=True)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file
        temporary.chmod(0o644 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
