"""Examples of the contract: real requests, and what the sample library answers."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import Example

# What the sample library answers (imagesearch_local.samples.fetching), with `explain` for the search; only links and
# cursors are shortened.
_FROG_ID = "kg3z3j2ktkev4acnlyklc4uzne"
_OTHER_FROG_ID = "z7do7g37fdi66coqyfgzusj7zu"
_TIGER_ID = "ttrmdrhnwsgp7djur5f2tlhl3e"
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
    "explanation": {
        "fusion": "weighted",
        "legs": [
            {
                "leg": "text",
                "weight": 1.0,
                "score": 1.0,
                "rank": 1,
                "counted": 0.333333,
                "terms": [
                    {"term": "frog", "word": "frog", "fields": ["caption", "name"], "share": 1.0, "counted": 1.0}
                ],
                "cosine": None,
                "l2": None,
                "box": None,
            },
            {
                "leg": "semantic",
                "weight": 2.0,
                "score": 0.8367,
                "rank": 1,
                "counted": 0.557774,
                "terms": [],
                "cosine": 0.891685,
                "l2": 0.465435,
                "box": None,
            },
        ],
    },
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
SUGGEST: dict[str, Any] = {
    "suggestions": [
        {"text": "from", "kind": "words", "count": 3},
        {"text": "frog", "kind": "words", "count": 2},
        {"text": "front", "kind": "words", "count": 1},
    ]
}
FACETS: dict[str, Any] = {
    "total": 11,
    "total_of": "text",
    "facets": {
        "orientation": [
            {"value": "square", "count": 6},
            {"value": "portrait", "count": 3},
            {"value": "landscape", "count": 2},
        ]
    },
}
REJECTED: dict[str, Any] = {
    "images": [
        {
            **dict.fromkeys(IMAGE),
            "id": "pymrmeplqzjj52dgr6y7zyeioi",
            "key": "uploads/2026/11/22/8a039e5d9ee04d0b-frog.png",
            "state": "rejected",
            "reason": "not-an-image: The file is not a picture of a supported format",
            "tags": [],
            "attributes": {},
            "suggested_tags": [],
            "size": 10,
            "content_type": "image/png",
            "uploaded": "2026-11-22T11:37:59Z",
            "url": "https://images.example/uploads/2026/11/22/8a039e5d9ee04d0b-frog.png?X-Amz-Signature=03b9...",
        }
    ],
    "cursor": None,
}
DUPLICATES: dict[str, Any] = {
    "pairs": [
        {
            "ids": ["2vprjt4osinv3l4cwh5v2yueay", "2w32gtefjtiwnwrezjs5esvxvq"],
            "cosine": 1.0,
            "distance": 0,
            "mirrored": False,
        }
    ],
    "scanned": 50,
    "total": 430,
    "cursor": ".eJwlyU...",
}
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
    "examples": Example(
        summary="Like two images of the library, unlike a third one",
        value={
            "like": [{"image_id": _FROG_ID}, {"image_id": _OTHER_FROG_ID, "weight": 2}],
            "unlike": [{"image_id": _TIGER_ID}],
        },
    ),
    "part": Example(
        summary="By a part of an image",
        value={"image_id": _FROG_ID, "crop": {"left": 0.25, "top": 0, "right": 0.75, "bottom": 0.5}},
    ),
    "ranked": Example(
        summary="Ranked by places, near-duplicates shown once, with variety and reasons",
        value={
            "text": "green",
            "image_id": _FROG_ID,
            "fusion": "rrf",
            "min_score": 0.1,
            "collapse_duplicates": True,
            "diversity": 0.3,
            "explain": True,
        },
    ),
    "expanded": Example(
        summary="By words, and what looks like the best hits", value={"text": "frog", "expand_visually": True}
    ),
    "sorted": Example(
        summary="Large pictures that lie, by capture, with counts",
        value={
            "filters": {"width": {"min": 200}, "orientation": ["landscape"], "format": ["PNG"], "tagged": True},
            "sort": "taken_newest",
            "facets": ["tags", "year"],
        },
    ),
    "attributes": Example(
        summary="By attributes", value={"filters": {"attributes": {"legs": {"min": 2, "max": 4}, "tame": True}}}
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
