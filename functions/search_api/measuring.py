"""The metrics of searches and of errors."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

import orjson

from imagesearch.searches import Page, Query
from imagesearch.telemetry import tell

_SERVICE = "search_api"

Mode = Literal["text", "image", "both", "browse"]


def mode_of(query: Query) -> Mode:
    """What is compared: words, pictures, both, or nothing."""
    has_text = bool((query.text or "").strip())
    if query.like or query.unlike:
        return "both" if has_text else "image"
    return "text" if has_text else "browse"


def tell_search(query: Query, page: Page, *, seconds: float) -> None:
    """Of the first page of a search: how long it took, its query pictures included, and how many hits it has."""
    tell(_SERVICE, {"SearchMilliseconds": seconds * 1000, "Hits": len(page.hits)}, mode=mode_of(query))


def tell_error(answer: Mapping[str, Any]) -> None:
    """Of an answer that is a problem document: its code. No answer is lost for want of one."""
    if answer["statusCode"] < HTTPStatus.BAD_REQUEST:
        return
    try:
        code = str(orjson.loads(answer["body"])["code"])
    except (ValueError, KeyError, TypeError):
        code = "unknown"
    tell(_SERVICE, {"Errors": 1}, code=code)
