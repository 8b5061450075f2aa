"""The way to a running `imagesearch up`: a small HTTP server on loopback, with a token.

Address and token stand in a file of the data folder that its owner alone can read: whoever can is who started it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from imagesearch_local.generations.errors import ActionFailed, GenerationError
from imagesearch_local.paths import write_atomically

Json = dict[str, Any]
_FILE = "control.json"


class NotRunning(Exception):
    """No `imagesearch up` runs on the data folder."""


@dataclass(frozen=True, slots=True)
class Control:
    """The way to a running `up`."""

    url: str
    token: str

    def __call__(self, action: str, **arguments: Any) -> Json:
        """Have it done, however long it takes. Raises GenerationError or ActionFailed, which say why; NotRunning."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = httpx.post(
                f"{self.url}/{action}",
                json=arguments,
                headers=headers,
                timeout=httpx.Timeout(5, read=None),
                trust_env=False,
            )
        except httpx.HTTPError as error:
            raise NotRunning from error
        found = _object(answer)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise NotRunning
        if answer.is_error:
            refused = answer.status_code == httpx.codes.CONFLICT
            raise (GenerationError if refused else ActionFailed)(found["error"])
        return found


def _object(answer: httpx.Response) -> Json:
    """Raises NotRunning for what only another program answers, which took the port."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or (answer.is_error and "error" not in found):
        raise NotRunning
    return found


def control_of(data: Path) -> Control:
    """Raises NotRunning where nothing runs on the folder, as far as can be told without asking it."""
    try:
        return Control(**json.loads((data / _FILE).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise NotRunning from error


@contextmanager
def announced(data: Path, control: Control) -> Iterator[None]:
    """Let those who can read the folder's private files find it while the block runs."""
    write_atomically(data / _FILE, json.dumps(asdict(control)).encode(), mode=0o600)
    try:
        yield
    finally:
        (data / _FILE).unlink(missing_ok=True)
