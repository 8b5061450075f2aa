"""Which libraries on which servers are a data folder's own: two folders that fill the same one would empty each other.

A library is made by one data folder, which notes that before it makes it. What is there already without such a note is
somebody else's. A server is known by its cluster's id, since its URL may change.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.paths import write_atomically

if TYPE_CHECKING:
    from imagesearch.adapters.opensearch.client import Connection

FILE = "libraries.json"
"""In the data folder."""
_ID_BYTES = 4


def own_library(data: Path) -> str:
    """The library of a folder that was told no other: `images-<id>`, with an id that is made once.

    Raises GenerationError, OSError.
    """
    noted = _read(data)
    if "own" not in noted:
        noted["own"] = f"images-{secrets.token_hex(_ID_BYTES)}"
        _write(data, noted)
    return str(noted["own"])


def claim(data: Path, connection: Connection, library: str) -> None:
    """Note that a library is this folder's. Raises GenerationError where it is somebody else's; IndexUnavailable."""
    from imagesearch.adapters.opensearch import administration  # noqa: PLC0415 - only who uses it pays for it

    noted = _read(data)
    claim = f"{connection.request('GET', '/')['cluster_uuid']}/{library}"
    others = [other for other in noted["claimed"] if other != claim]
    if others == noted["claimed"] and administration.exists(connection, library=library):
        raise GenerationError(
            f"The library {library} is on that server already, and not this data folder's: filled from here it would "
            "lose all that is not in this folder. Name another one at the end of the URL, or delete its indexes first "
            f"({library}-*)."
        )
    _write(data, {**noted, "claimed": [*others, claim]})


def last_library(data: Path) -> str | None:
    """The one that was claimed last: which the folder's generations are in. Raises GenerationError."""
    claims = _read(data)["claimed"]
    return claims[-1].partition("/")[2] if claims else None


def _read(data: Path) -> dict[str, Any]:
    path = data / FILE
    try:
        noted = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {"claimed": []}
    except ValueError as error:
        raise GenerationError(f"{path} is damaged ({error}): restore it, or take another --data.") from error
    if not isinstance(noted, dict) or not isinstance(noted.get("claimed"), list):
        raise GenerationError(f"{path} is damaged: restore it, or take another --data.")
    return noted


def _write(data: Path, noted: dict[str, Any]) -> None:
    write_atomically(data / FILE, json.dumps(noted, indent=2).encode() + b"\n")
