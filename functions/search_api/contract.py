"""The API's contract: its OpenAPI document, with examples from the sample library."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import Example, HTTPBearer, Server
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

from search_api.models.answers import Problem
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


def parameters(model: type[BaseModel]) -> dict[str, list[dict[str, Any]]]:
    """A route's query parameters, as members of its operation. The route reads them by `parameters_of`.

    Powertools would tell only the bare type of each of a model's fields.
    """
    schema = model.model_json_schema()
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": name in schema.get("required", ()),
                "description": field["description"],
                "schema": _without_null({key: value for key, value in field.items() if key != "description"}),
            }
            for name, field in schema["properties"].items()
        ]
    }


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is no null."""
    if "anyOf" not in schema:
        return schema
    [given] = [each for each in schema["anyOf"] if each != {"type": "null"}]
    return {**{key: value for key, value in schema.items() if key not in {"anyOf", "default"}}, **given}
