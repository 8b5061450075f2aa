"""Whatever is asked, the answer keeps the contract: no server error, no undocumented status, code or member, no leak.

Requests come from schemathesis, which reads the OpenAPI document, and from strategies of our own for what a schema
can't say. `make test` sends some 500, always the same; `make fuzz` sends FUZZ_CASES with the seed FUZZ_SEED, goes on
past findings, and writes FUZZ_REPORT.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from fuzzing import Contract, Watch, codes_of_guide, report
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from itsdangerous import TimestampSigner
from odd_requests import (
    OddRequest,
    bodies_that_are_hardly_json,
    edits,
    gets,
    paged,
    raw_searches,
    routes_that_are_none,
    searches,
    sensible_searches,
)
from odd_values import Known, small_pictures
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from imagesearch import bootstrap
from imagesearch.cursors import BrowseCursor, Cursors, RejectedCursor
from imagesearch.retrieval import Filters
from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.gateway.proxy_event import STAGE
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.samples.photographs import PHOTOGRAPHS

if TYPE_CHECKING:
    from tests.integration.conftest import Library

CASES = int(os.environ.get("FUZZ_CASES", "500"))
SEED = int(os.environ["FUZZ_SEED"]) if "FUZZ_SEED" in os.environ else None
REPORT = os.environ.get("FUZZ_REPORT")

# Powertools leaves the parts of its page at /docs open for the garbage collector to close.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

OURS: dict[Callable[[Known], st.SearchStrategy[OddRequest]], float] = {
    searches: 0.16,
    sensible_searches: 0.12,
    raw_searches: 0.06,
    gets: 0.15,
    paged: 0.08,
    edits: 0.08,
    bodies_that_are_hardly_json: 0.06,
    routes_that_are_none: 0.02,
}
"""Requests of our own, with their share of all; the rest is schemathesis's."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def library(library: Library, photographs: Path) -> Library:
    """The photographs, pictures of every odd mode, and one that can't be read."""
    for number, picture in enumerate(small_pictures()):
        library.put(f"odd/{number}", picture)
    library.put("odd/broken.png", (photographs / "horse.png").read_bytes()[:500])
    library.put("odd/empty.png", b"")
    library.index()
    return library


@pytest.fixture(scope="module")
def watch(library: Library) -> Iterator[Watch]:
    """The API behind its gateway, and what became of all requests."""
    from search_api.handler import handler

    gateway = Gateway(
        handler=handler,
        context=lambda: LambdaContext("search_api", 30),
        web=CHECKOUT / "web",
        status=dict,
        s3_endpoint="http://127.0.0.1",
    )
    document = json.loads((CHECKOUT / "docs" / "openapi.json").read_text())
    codes = codes_of_guide((CHECKOUT / "docs" / "api.md").read_text())
    watch = Watch(gateway, Contract(document, codes), STAGE, collect=REPORT is not None)
    began = time.monotonic()
    yield watch
    if REPORT:
        Path(REPORT).write_text(report(watch, seed=SEED, seconds=time.monotonic() - began))


@pytest.fixture(scope="module")
def known(library: Library) -> Known:
    """What callers may know, and good cursors of every kind."""
    hits = library.api.search(limit=100)["hits"]
    asked: list[dict[str, Any]] = [
        {},
        {"text": "cat moon wall grass", "explain": True},
        {"image_id": hits[0]["id"]},
        {"text": "moon", "expand_visually": True},
        {"text": "red", "sort": "oldest", "filters": {"prefix": "space/"}},
    ]
    cursors = [cursor for query in asked if (cursor := library.api.search(**query, limit=1)["cursor"])]
    cursors += [library.api.get(path, params={"limit": 1}).json()["cursor"] for path in ("/rejected", "/duplicates")]
    rejected = library.api.get("/rejected").json()["images"]
    return Known(
        ids=tuple(each["id"] for each in (*hits, *rejected)),
        doomed=tuple(each["id"] for each in hits if each["key"].startswith("odd/")),
        cursors=tuple(cursors),
        dead_cursors=tuple(_dead_cursors()),
        words=(
            "cat",
            "moon",
            "frog",
            "grey",
            "A printed page",
            *{word for each in PHOTOGRAPHS.values() for word in each.tags},
        ),
    )


def _dead_cursors() -> Iterator[str]:
    """Of another secret, and expired."""
    ours = bootstrap.cursors()
    start = BrowseCursor(Filters())
    yield Cursors("another secret", 3600).write(start)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: 1_600_000_000)
        yield ours.write(start)
        yield ours.write(RejectedCursor("odd/1"))


def cases(share: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Runs a test on this share of all cases: always the same ones, or those of the seed."""
    configured = settings(
        max_examples=max(1, round(share * CASES)),
        derandomize=SEED is None,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )

    def run(test: Callable[..., None]) -> Callable[..., None]:
        return configured(test if SEED is None else seed(SEED)(test))

    return run


@pytest.mark.parametrize(("strategy", "share"), OURS.items(), ids=lambda each: getattr(each, "__name__", None))
def test_odd_requests(
    watch: Watch, known: Known, strategy: Callable[[Known], st.SearchStrategy[OddRequest]], share: float
) -> None:
    @cases(share)
    @given(strategy(known))
    def run(request: OddRequest) -> None:
        watch.send(request.method, f"/{STAGE}{request.target}", request.headers, request.body)

    run()


Operation = APIOperation[Any, Any, Any, Any]
SCHEMA = schemathesis.openapi.from_path(CHECKOUT / "docs" / "openapi.json")
OPERATIONS: list[Operation] = [each.ok() for each in SCHEMA.get_all_operations() if isinstance(each, Ok)]
WEIGHT = {"POST /search": 5, "GET /search": 3, "GET /health": 0.2}
"""Of operations with more to say than others, or less."""


def share_of(operation: Operation) -> float:
    weights = {each.label: WEIGHT.get(each.label, 1) for each in OPERATIONS}
    return (1 - sum(OURS.values())) * weights[operation.label] / sum(weights.values())


@pytest.mark.parametrize(
    ("operation", "mode"),
    [
        pytest.param(operation, mode, id=f"{operation.label} {mode.value}")
        for operation in OPERATIONS
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE
        or operation.label != "GET /health"  # which takes nothing that could be wrong
    ],
)
def test_requests_made_from_the_document(watch: Watch, operation: Operation, mode: GenerationMode) -> None:
    """As it allows (positive), and as it does not (negative)."""

    @cases(share_of(operation) / 2)
    @given(operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        response = case.call(app=watch)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                watch.report(operation.label, f"{type(failure).__name__}: {failure}", case.as_curl_command())

    run()


def test_nothing_was_found(watch: Watch) -> None:
    """After `make fuzz`, which goes on past findings."""
    assert sum(watch.counts.values()) >= CASES * 0.8
    assert watch.findings == {}
