"""JSON to be read by people and programs alike, on terminals and in files."""

from __future__ import annotations

import json
import re
from typing import Any

_SPECIAL = re.compile(r"[^\n -~]")


def json_text(data: Any, *, indent: int | None = None, encoding: str | None = None) -> str:
    """The JSON of `data`, with what `encoding` (UTF-8 where it has none) lacks and what a terminal might obey escaped.

    That is the same JSON. Letters of all languages stay as they are; control characters beyond ASCII, those that turn
    the direction of writing, and halves of surrogate pairs do not.
    """

    def shown(match: re.Match[str]) -> str:
        char = match[0]
        return char if char.isprintable() and _has(encoding or "utf-8", char) else json.dumps(char)[1:-1]

    return _SPECIAL.sub(shown, json.dumps(data, indent=indent, ensure_ascii=False))


def _has(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
