"""Searching."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from imagesearch import bootstrap, library, searches, searching, telemetry
from search_api import contract, measuring
from search_api import contract_examples as examples
from search_api.models.fields import DEFAULT_LIMIT, MAX_LIMIT
from search_api.models.filters import SearchFilters
from search_api.models.parameters import (
    FacetParameters,
    NoParameters,
    SearchParameters,
    SimilarParameters,
    SuggestParameters,
)
from search_api.models.search import SearchRequest
from search_api.models.search_answers import FacetsAnswer, SearchAnswer, SuggestAnswer, SuggestionAnswer
from search_api.queries import filters_of, query_of, query_of_similar
from search_api.query_strings import filters_said, parameters_of, parsed, search_said
from search_api.shaping import facet_values, search_answer

router = APIGatewayRouter()  # type: ignore[no-untyped-call]  # the library's own


@router.post(
    "/search",
    summary="Search by words, by picture, or both",
    description="The body may also be the picture itself, with its content type; the options, those of GET, are in the"
    " query string then.",
    responses=contract.answers(SearchAnswer, examples.SEARCH, 400, 404, 409, 413, 415, 422, 503),
    tags=["search"],
)
def search(request: Annotated[SearchRequest, Body(openapi_examples=examples.SEARCH_REQUESTS)]) -> SearchAnswer:
    parameters_of(router.current_event, NoParameters)
    return _searched(request)


@router.get(
    "/search",
    summary="Search by words",
    responses=contract.answers(SearchAnswer, examples.SEARCH, 400, 422, 503),
    openapi_extensions=contract.parameters(SearchParameters),
    tags=["search"],
)
def search_by_words() -> SearchAnswer:
    parameters = parameters_of(router.current_event, SearchParameters)
    return _searched(parsed(search_said(parameters), SearchRequest))


@router.get(
    "/images/<image_id>/similar",
    summary="More like this",
    description="Compares stored descriptors: computes nothing.",
    responses=contract.answers(SearchAnswer, examples.SEARCH, 404, 409, 422, 503),
    tags=["search"],
)
def similar(
    image_id: Annotated[str, Path(description="The image's id.")],
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Hits on a page.")] = DEFAULT_LIMIT,
) -> SearchAnswer:
    # Powertools tells of no `parameters` beside one in the path but its own, and would let others pass.
    parameters_of(router.current_event, SimilarParameters)
    return _first_page(partial(query_of_similar, image_id), limit)


@router.get(
    "/suggest",
    summary="How what is typed might go on",
    description="Tags of which a word begins with what is typed, and the words typed with the last one completed."
    " Where nothing goes on so, slips of the fingers are forgiven, if the index can do that.",
    responses=contract.answers(SuggestAnswer, examples.SUGGEST, 422, 503),
    openapi_extensions=contract.parameters(SuggestParameters),
    tags=["search"],
)
def suggest() -> SuggestAnswer:
    parameters = parameters_of(router.current_event, SuggestParameters)
    found = library.suggest(parameters.q, parameters.limit, index=bootstrap.index(), fuzzy=parameters.fuzzy)
    return SuggestAnswer(
        suggestions=[SuggestionAnswer(text=each.text, kind=each.kind, count=each.count) for each in found]
    )


@router.get(
    "/facets",
    summary="How images fall into groups",
    description="Counts by tag or another facet, over all images or those that the parameters leave.",
    responses=contract.answers(FacetsAnswer, examples.FACETS, 422, 503),
    openapi_extensions=contract.parameters(FacetParameters),
    tags=["search"],
)
def facets() -> FacetsAnswer:
    parameters = parameters_of(router.current_event, FacetParameters)
    filters = parsed(filters_said(parameters), SearchFilters)
    names = tuple(dict.fromkeys(parameters.facet))
    counts = library.count(filters_of(filters), parameters.q, names, index=bootstrap.index())
    return FacetsAnswer(
        total=counts.total,
        total_of="text" if (parameters.q or "").strip() else "filters",
        facets=facet_values(counts.facets),
    )


def _searched(request: SearchRequest) -> SearchAnswer:
    if request.cursor is None:
        return _first_page(partial(query_of, request), request.limit)
    page = searching.next_page(request.cursor, request.limit, index=bootstrap.index(), cursors=bootstrap.cursors())
    return search_answer(page)


def _first_page(asked: Callable[[], searches.Query], limit: int) -> SearchAnswer:
    began = time.perf_counter()
    with telemetry.step("query"):
        query = asked()
    with telemetry.step("search"):
        page = searching.search(
            query, limit, index=bootstrap.index(), manifest=bootstrap.manifest(), cursors=bootstrap.cursors()
        )
    measuring.tell_search(query, page, seconds=time.perf_counter() - began)
    return search_answer(page)
