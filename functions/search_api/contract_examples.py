"""Examples of the contract: real requests, and what the sample library answers."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import Example

# What the sample library answers (imagesearch_local.samples.fetching); only links and cursor are shortened.
_FROG_ID = "kg3z3j2ktkev4acnlyklc4uzne"
_FROG_KEY = "animals/amphibians/frog.png"
_FROG_LINKS = {
    "url": f"https://images.example/{_FROG_KEY}?X-Amz-Signature=9295...",
    "thumbnail_url": f"https://derived.example/thumbnails/{_FROG_ID}/01a20280ebb90000000a-3136e0e0fc9b.webp?X-Amz-Signature=eeec...",
}
_FROG_HIT: dict[str, Any] = {
    "id": _FROG_ID,
    "key": _FROG_KEY,
    "score": 0.8911,
    "scores": {"text": 1.0, "semantic": 0.8367},
    "ranks": {"text": 1, "semantic": 1},
    **_FROG_LINKS,
    "width": 200,
    "height": 136,
    "caption": "A frog.",
    "tags": ["animals", "amphibians"],
    "attributes": {},
    "highlights": {"caption": "A <em>frog</em>."},
    "uploaded": "2026-11-22T09:05:33Z",
    "taken": None,
    "duplicates": [],
    "expanded_from": None,
    "explanation": None,
}
SEARCH: dict[str, Any] = {
    "hits": [_FROG_HIT],
    "total": 2,
    "total_of": "text",
    "facets": {"tags": [{"value": "amphibians", "count": 2}, {"value": "animals", "count": 2}]},
    "cursor": ".eJw92Om...",
}
IMAGE: dict[str, Any] = {
    "id": _FROG_ID,
    "key": _FROG_KEY,
    "state": "indexed",
    "reason": None,
    "caption": "A frog.",
    "tags": ["animals", "amphibians"],
    "attributes": {},
    "suggested_tags": [],
    "sidecar": "present",
    "sidecar_reason": None,
    "format": "PNG",
    "frames": 1,
    "width": 200,
    "height": 136,
    "orientation": "landscape",
    "camera": None,
    "position": None,
    "size": 47401,
    "content_type": "image/png",
    "uploaded": "2026-11-22T09:05:33Z",
    "taken": None,
    **_FROG_LINKS,
}
SUGGEST: dict[str, Any] = {"suggestions": [{"text": "frog", "kind": "words", "count": 2}]}
FACETS: dict[str, Any] = {
    "total": 2,
    "total_of": "text",
    "facets": {"tags": [{"value": "amphibians", "count": 2}, {"value": "animals", "count": 2}]},
}
REJECTED: dict[str, Any] = {"images": [], "cursor": None}
DUPLICATES: dict[str, Any] = {"pairs": [], "scanned": 20, "total": 430, "cursor": ".eJw..."}
EDIT: dict[str, Any] = {"id": _FROG_ID, "state": "accepted", "etag": '"c668b29224d5a3c73b2eac3b880d9fb3"'}
REMOVE: dict[str, Any] = {"id": _FROG_ID, "state": "accepted"}
UPLOAD: dict[str, Any] = {
    "id": "pymrmeplqzjj52dgr6y7zyeioi",
    "key": "uploads/2026/11/22/8a039e5d9ee04d0b-frog.png",
    "url": "https://images.example/",
    "fields": {"key": "uploads/2026/11/22/8a039e5d9ee04d0b-frog.png", "Content-Type": "image/png", "policy": "..."},
    "max_bytes": 52_428_800,
    "expires": "2026-11-22T09:22:13Z",
}
HEALTH: dict[str, Any] = {
    "status": "ok",
    "model": {
        "name": "vgg16-gem-longest256-int8",
        "space_id": "3cef8df9b257",
        "build_id": "3cef8df9b257-int8-b1f80916",
        "precision": "int8",
    },
    "index": {"space_id": "3cef8df9b257", "states": {"indexed": 430}},
}
SEARCH_REQUESTS: dict[str, Example] = {
    "words": Example(summary="By words", value={"text": "frog", "facets": ["tags"]}),
    "picture": Example(summary="By picture", value={"image": "<the picture in base64>", "limit": 10}),
    "both": Example(
        summary="Both, the picture counting twice",
        value={"text": "frog", "image_id": _FROG_ID, "weights": {"text": 1, "semantic": 2}},
    ),
    "filtered": Example(
        summary="Filtered",
        value={
            "text": "frog",
            "filters": {
                "tags": {"all": ["animals"], "none": ["birds"]},
                "prefix": "animals/",
                "uploaded": {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"},
            },
        },
    ),
    "page": Example(summary="The next page", value={"cursor": "<the cursor of the page before>"}),
}
EDIT_REQUESTS: dict[str, Example] = {
    "caption": Example(summary="Caption and tags", value={"caption": "A tree frog.", "tags": ["frog"]})
}
UPLOAD_REQUESTS: dict[str, Example] = {
    "frog": Example(
        summary="A PNG with a caption",
        value={"filename": "frog.png", "content_type": "image/png", "caption": "A frog.", "tags": ["animals"]},
    )
}
