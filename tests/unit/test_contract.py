"""The OpenAPI document is valid, true, and the same as the copy that the repository keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.openapi.models import OpenAPI
from pydantic import BaseModel

from imagesearch.errors import ImageSearchError
from imagesearch.records import image_id
from imagesearch_local.cloud.resources import IMAGES
from imagesearch_local.paths import CHECKOUT
from search_api import contract, contract_examples
from search_api.app import app
from search_api.models import answers, editing, search, search_answers
from search_api.models.parameters import FilterParameters
from search_api.problems import CONTENT_TYPE

COPY = CHECKOUT / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(contract.document(app))
OPERATIONS = [
    pytest.param(path, method, operation, id=f"{method.upper()} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def test_the_copy_in_docs_is_the_document() -> None:
    assert COPY.read_text() == contract.document(app), (
        "docs/openapi.json is not what the code says. Renew it: make openapi"
    )


def test_it_is_an_openapi_document() -> None:
    assert DOCUMENT["openapi"].startswith("3.1.")
    OpenAPI.model_validate(DOCUMENT)


def test_every_reference_leads_somewhere() -> None:
    references = list(_references(DOCUMENT))

    assert references
    for reference in references:
        node: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]


def test_it_has_exactly_the_routes_of_the_application() -> None:
    served = {
        (re.sub(r"<(\w+)>", r"{\1}", str(route.openapi_path)), route.method.lower())
        for route in app._static_routes + app._dynamic_routes
    }
    told = {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}

    assert told == served - {("/docs", "get"), ("/openapi.json", "get")}
    assert len(told) == 12


def test_names_of_operations_are_unique() -> None:
    names = [operation["operationId"] for operations in DOCUMENT["paths"].values() for operation in operations.values()]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_route_says_what_it_does_and_shows_an_answer(path: str, method: str, operation: dict[str, Any]) -> None:
    [success] = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    [example] = success["content"]["application/json"]["examples"].values()

    assert operation["summary"]
    assert success["description"]
    model = _model_of(success["content"]["application/json"]["schema"])
    model.model_validate(example["value"])
    assert set(example["value"]) == set(model.model_fields)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_body_shows_examples_that_the_models_accept(path: str, method: str, operation: dict[str, Any]) -> None:
    if "requestBody" not in operation:
        assert method in {"get", "delete"}
        return
    content = operation["requestBody"]["content"]["application/json"]

    assert content["examples"]
    for example in content["examples"].values():
        _model_of(content["schema"]).model_validate(example["value"])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_problem_is_a_problem_document(path: str, method: str, operation: dict[str, Any]) -> None:
    problems = {status: answer for status, answer in operation["responses"].items() if int(status) >= 400}

    assert "503" in problems
    for status, answer in problems.items():
        assert answer["content"] == {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}, status
        assert answer["description"]


def test_every_status_that_our_errors_have_is_told_somewhere() -> None:
    told = {int(status) for _, _, operation in _operations() for status in operation["responses"]}
    ours = {error.status for error in _subclasses(ImageSearchError)}

    assert ours <= told


def test_the_guide_explains_every_code_and_every_route() -> None:
    guide = (CHECKOUT / "docs" / "api.md").read_text()

    assert [error.code for error in _subclasses(ImageSearchError) if f"`{error.code}`" not in guide] == []
    assert [path for path in DOCUMENT["paths"] if path.replace("image_id", "id") not in guide] == []


def test_every_option_of_a_request_is_described_in_a_sentence() -> None:
    bodies = ("SearchRequest", "SearchFilters", "TagFilter", "TimeRange", "PixelRange", "NumberRange", "NearFilter")
    models = {name: DOCUMENT["components"]["schemas"][name] for name in (*bodies, "Crop", "ExamplePicture")}
    options = [(name, option, told) for name, model in models.items() for option, told in model["properties"].items()]
    parameters = [
        (path, parameter["name"], parameter)
        for path, _, operation in _operations()
        for parameter in operation.get("parameters", ())
    ]

    assert [(place, name) for place, name, told in options + parameters if not told.get("description")] == []


def test_the_routes_that_search_share_their_filters() -> None:
    def parameters(path: str) -> dict[str, Any]:
        return {each["name"]: each["schema"] for each in DOCUMENT["paths"][path]["get"]["parameters"]}

    shared = set(FilterParameters.model_fields)

    assert shared
    assert {name: parameters("/search")[name] for name in shared} == {
        name: parameters("/facets")[name] for name in shared
    }


def test_only_health_needs_no_token() -> None:
    open_ones = [path for path, _, operation in _operations() if operation.get("security") == [{}]]

    assert open_ones == ["/health"]
    assert DOCUMENT["security"] == [{"token": []}]


def test_the_examples_name_the_frog_of_the_samples() -> None:
    assert contract_examples.IMAGE["id"] == image_id(IMAGES, contract_examples.IMAGE["key"])
    [hit] = contract_examples.SEARCH["hits"]
    assert hit["id"] == contract_examples.IMAGE["id"]


def _operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _model_of(schema: dict[str, str]) -> type[BaseModel]:
    name = schema["$ref"].rpartition("/")[2]
    modules = (answers, editing, search, search_answers)
    found: set[type[BaseModel]] = {vars(each)[name] for each in modules if name in vars(each)}
    [model] = found
    return model


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _subclasses(error: type[ImageSearchError]) -> Iterator[type[ImageSearchError]]:
    for each in error.__subclasses__():
        yield each
        yield from _subclasses(each)
