"""Thumbnails of an answer, for a contact sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

import httpx

from imagesearch_local.commands.common import bar
from imagesearch_local.parallel import in_parallel

_WORKERS = 8
_MAX_BYTES = 4 * 1024 * 1024


def fetched_thumbnails(images: Iterable[Mapping[str, Any]]) -> dict[str, bytes]:
    """Thumbnails by image id, with a progress bar. Those that can't be had are left out."""
    links = {str(image["id"]): str(image["thumbnail_url"]) for image in images if image.get("thumbnail_url")}
    found: dict[str, bytes] = {}
    # The environment's proxies are for elsewhere, not for this machine's own bucket.
    mounts = {"all://127.0.0.1": None, "all://localhost": None}
    with httpx.Client(timeout=30, mounts=mounts) as http, bar("Fetching thumbnails") as progress:
        task = progress.add_task("Fetching thumbnails", total=len(links))

        def fetch(item: tuple[str, str]) -> tuple[str, bytes | None]:
            name, link = item
            try:
                response = http.get(link)
            except (httpx.HTTPError, httpx.InvalidURL):
                return name, None
            return name, response.content if response.is_success and len(response.content) <= _MAX_BYTES else None

        with closing(in_parallel(fetch, links.items(), _WORKERS)) as fetched:
            for name, thumbnail in fetched:
                progress.advance(task)
                if thumbnail:
                    found[name] = thumbnail
    return found
