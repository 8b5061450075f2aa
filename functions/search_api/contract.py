"""The API's contract: its OpenAPI document, with examples from the sample library."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import Example, HTTPBearer, Server
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

from search_api.models import Problem
from search_api.problems import CONTENT_TYPE

TITLE = "imagesearch"
VERSION = "1.0.0"
DESCRIPTION = "Search your own pictures by words, by picture, or both."

_PROBLEMS = {
    400: "The request can't be read, or its cursor is not valid.",
    403: "Only editors may do this.",
    404: "There is no such image.",
    409: "The image is not indexed.",
    412: "Somebody else changed the words in the meantime.",
    413: "The query picture is too large.",
    415: "The body is neither JSON nor, for a search, a picture.",
    422: "The request, or the picture in it, can't be understood.",
    428: "If-Match is missing.",
    503: "The service is not available right now: try again.",
}

_FROG_ID = "q3zv5bzyk2n6mhs4e7wd2xk4ty"
_FROG_HIT: dict[str, Any] = {
    "id": _FROG_ID,
    "key": "animals/amphibians/frog.png",
    "score": 0.9214,
    "scores": {"text": 1.0, "semantic": 0.8428},
    "ranks": {"text": 1, "semantic": 1},
    "url": "https://images.example/animals/amphibians/frog.png?X-Amz-Signature=...",
    "thumbnail_url": "https://derived.example/thumbnails/...",
    "width": 200,
    "height": 136,
    "caption": "A frog.",
    "tags": ["animals", "amphibians"],
    "highlights": {"caption": "A <em>frog</em>."},
    "uploaded": "2026-11-22T08:00:00Z",
    "taken": None,
}
SEARCH_EXAMPLE: dict[str, Any] = {
    "hits": [_FROG_HIT],
    "total": 1,
    "total_of": "text",
    "facets": {"tags": [{"value": "amphibians", "count": 1}, {"value": "animals", "count": 1}]},
    "cursor": None,
}
IMAGE_EXAMPLE: dict[str, Any] = {
    "id": _FROG_ID,
    "key": "animals/amphibians/frog.png",
    "state": "indexed",
    "reason": None,
    "caption": "A frog.",
    "tags": ["animals", "amphibians"],
    "attributes": {},
    "sidecar": "present",
    "sidecar_reason": None,
    "format": "PNG",
    "frames": 1,
    "width": 200,
    "height": 136,
    "size": 21_000,
    "content_type": "image/png",
    "uploaded": "2026-11-22T08:00:00Z",
    "taken": None,
    "url": _FROG_HIT["url"],
    "thumbnail_url": _FROG_HIT["thumbnail_url"],
}
EDIT_EXAMPLE = {"id": _FROG_ID, "state": "accepted", "etag": '"1b2cf535f27731c974343645a3985328"'}
REMOVE_EXAMPLE = {"id": _FROG_ID, "state": "accepted"}
UPLOAD_EXAMPLE = {
    "id": _FROG_ID,
    "key": "uploads/2026/11/22/5f2c9a1e0b7d4c38-frog.png",
    "url": "https://images.example/",
    "fields": {"key": "uploads/2026/11/22/5f2c9a1e0b7d4c38-frog.png", "Content-Type": "image/png", "policy": "..."},
    "max_bytes": 52_428_800,
    "expires": "2026-11-22T08:15:00Z",
}
HEALTH_EXAMPLE = {
    "status": "ok",
    "model": {"name": "vgg16-gem-longest320-int8", "space_id": "a777fd370e09", "precision": "int8"},
    "index": {"space_id": "a777fd370e09", "states": {"indexed": 430}},
}
SEARCH_REQUESTS = {
    "words": Example(summary="By words", value={"text": "green frog", "facets": ["tags"]}),
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
EDIT_REQUESTS = {"caption": Example(summary="Caption and tags", value={"caption": "A tree frog.", "tags": ["frog"]})}
UPLOAD_REQUESTS = {
    "frog": Example(
        summary="A PNG with a caption",
        value={"filename": "frog.png", "content_type": "image/png", "caption": "A frog.", "tags": ["animals"]},
    )
}


def configure(app: APIGatewayRestResolver) -> None:
    """Serve the document's human form at /docs."""
    app.configure_openapi(
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        servers=[Server(url="/api")],
        security_schemes={"token": HTTPBearer(bearerFormat="JWT", description="A Cognito token; none on loopback.")},
        security=[{"token": []}],
    )
    app.enable_swagger(path="/docs", title=TITLE, version=VERSION, description=DESCRIPTION)


def document(app: APIGatewayRestResolver) -> str:
    """The OpenAPI document, as `/openapi.json` serves it and `docs/openapi.json` keeps it."""
    return json.dumps(json.loads(app.get_openapi_json_schema()), indent=2, sort_keys=True) + "\n"


def answers(
    model: type[BaseModel], example: dict[str, Any], *problems: int, success: int = 200
) -> dict[int, OpenAPIResponse]:
    """The answers of a route: one good one, and the problems that it may have."""
    told: dict[int, OpenAPIResponse] = {
        success: {
            "description": (model.__doc__ or "").strip(),
            "content": {"application/json": {"model": model, "examples": {"example": Example(value=example)}}},
        }
    }
    for status in problems:
        told[status] = {"description": _PROBLEMS[status], "content": {CONTENT_TYPE: {"model": Problem}}}
    return told
