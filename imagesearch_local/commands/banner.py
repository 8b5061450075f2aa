"""What to try once everything runs: lines that work when pasted into a shell."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imagesearch_local import running


def banner(status: Mapping[str, Any], port: int, query: Path | None, log: Path, fate: str) -> Iterator[str]:
    """Lines for the terminal; `query` is a picture that is not indexed, where there is one; `fate` is the data's."""
    yield f"Ready: {status['images']:,} images. The page: {status['page']}"
    yield f"Index: {running.index_place(dict(status))}"
    if not status["images"]:
        yield "There are no pictures yet. Add some (from another terminal):"
    else:
        yield "Try, in another terminal:"
    for what, command in _commands(status, port, query):
        yield ""
        yield f"  # {what}"
        yield f"  {command}"
    yield ""
    yield f"Ctrl-C stops it; {fate}. What the functions log is in {_short(log)}."


def _commands(status: Mapping[str, Any], port: int, query: Path | None) -> Iterator[tuple[str, str]]:
    program, api, s3 = _program(), status["api"], status["s3"]
    here = "" if port == running.DEFAULT_PORT else f" --port {port}"
    keys = f"AWS_ACCESS_KEY_ID={s3['access_key']} AWS_SECRET_ACCESS_KEY={shlex.quote(s3['secret_key'])}"
    aws = f"{keys} AWS_DEFAULT_REGION=us-east-1 aws --endpoint-url {s3['endpoint']} s3"
    if status["images"]:
        yield "by words", f"curl '{api}/search?q=frog'"
        yield "by words, as a table", f"{program} search frog{here}"
    if query:
        picture = shlex.quote(_short(query))
        content_type = "image/jpeg" if query.suffix in {".jpg", ".jpeg"} else "image/png"
        yield (
            "by a picture that is not indexed",
            f"curl -H 'Content-Type: {content_type}' --data-binary @{picture} '{api}/search'",
        )
        yield "the same, as a table", f"{program} search --image {picture}{here}"
        yield "by both", f"{program} search 'a green frog' --image {picture}{here}"
    if shutil.which("aws"):
        picture = shlex.quote(_short(query)) if query else "PICTURE"
        yield "any S3 client puts pictures in", f"{aws} cp {picture} s3://{s3['bucket']}/"
    yield "your own pictures, with their words", f"{program} add ~/Pictures{here}"


def _program() -> str:
    """This program as it can be called from here."""
    called = Path(sys.argv[0]).absolute()
    found = shutil.which(called.name)
    return called.name if found and Path(found).absolute() == called else shlex.quote(_short(called))


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
