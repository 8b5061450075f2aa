"""The routes of the API. Each parses nothing and decides nothing: it calls a use case and shapes the answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from imagesearch import bootstrap, editing, searching
from imagesearch.errors import PreconditionRequired
from imagesearch.records import Words
from search_api import contract
from search_api.answers import image_answer, search_answer
from search_api.authorization import require_editor
from search_api.models import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_TEXT,
    EditAnswer,
    FacetName,
    HealthAnswer,
    ImageAnswer,
    RemoveAnswer,
    SearchAnswer,
    SearchRequest,
    UploadAnswer,
    UploadRequest,
    WordsEdit,
)
from search_api.queries import query_of, request_of_parameters

# orjson refuses what json would trip over (nesting without end, numbers of thousands of digits) or let pass (NaN).
app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=orjson.loads)
contract.configure(app)

Id = Annotated[str, Path(description="The image's id.")]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Hits on a page.")]


@app.post(
    "/search",
    summary="Search by words, by picture, or both",
    description="The body may also be the picture itself, with its content type; options are in the query string then.",
    responses=contract.answers(SearchAnswer, contract.SEARCH_EXAMPLE, 400, 404, 409, 413, 415, 422, 503),
    tags=["search"],
)
def search(request: Annotated[SearchRequest, Body(openapi_examples=contract.SEARCH_REQUESTS)]) -> SearchAnswer:
    return _searched(request)


@app.get(
    "/search",
    summary="Search by words",
    responses=contract.answers(SearchAnswer, contract.SEARCH_EXAMPLE, 400, 422, 503),
    tags=["search"],
)
def search_by_words(  # noqa: PLR0917 - the resolver passes them by name
    q: Annotated[str | None, Query(max_length=MAX_TEXT, description="Words.", examples=["frog"])] = None,
    tag: Annotated[list[str] | None, Query(description="A tag that images must have; may be repeated.")] = None,
    not_tag: Annotated[list[str] | None, Query(description="A tag that images must not have; may be repeated.")] = None,
    prefix: Annotated[str | None, Query(description="What the key must begin with.")] = None,
    facet: Annotated[list[FacetName] | None, Query(description="Counts to return.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(description="Of the page before; with `limit` alone.")] = None,
) -> SearchAnswer:
    # The parameters above are the contract; their meaning, and unknown ones, are the same as in the JSON request.
    del q, tag, not_tag, prefix, facet, limit, cursor
    parameters = app.current_event.resolved_query_string_parameters
    return _searched(SearchRequest.model_validate(request_of_parameters(parameters)))


def _searched(request: SearchRequest) -> SearchAnswer:
    if request.cursor is not None:
        page = searching.next_page(request.cursor, request.limit, index=bootstrap.index(), cursors=bootstrap.cursors())
        return search_answer(page)
    page = searching.search(
        query_of(request),
        request.limit,
        index=bootstrap.index(),
        manifest=bootstrap.manifest(),
        cursors=bootstrap.cursors(),
    )
    return search_answer(page)


@app.get(
    "/images/<image_id>",
    summary="All about an image",
    description="The ETag is the version of its words: send it as If-Match when you edit them.",
    responses=contract.answers(ImageAnswer, contract.IMAGE_EXAMPLE, 404, 422, 503),
    tags=["images"],
)
def read(image_id: Id) -> Response[ImageAnswer]:
    record = editing.read_image(image_id, index=bootstrap.index())
    return _answer(HTTPStatus.OK, image_answer(record), ETag=editing.words_etag(record))


@app.patch(
    "/images/<image_id>",
    summary="Edit an image's words",
    description="Editors only. Writes the sidecar; the index follows in seconds.",
    responses=contract.answers(EditAnswer, contract.EDIT_EXAMPLE, 400, 403, 404, 412, 415, 422, 428, 503, success=202),
    tags=["images"],
)
def edit(
    image_id: Id,
    words: Annotated[WordsEdit, Body(openapi_examples=contract.EDIT_REQUESTS)],
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag that you read, or `*`.")] = None,
) -> Response[EditAnswer]:
    require_editor(app.current_event)
    if if_match is None:
        raise PreconditionRequired("Send the ETag of `GET /images/{id}` as If-Match, so that no edit is lost.")
    etag = editing.edit_words(
        image_id,
        Words(words.caption, None if words.tags is None else tuple(words.tags), words.attributes),
        if_match,
        index=bootstrap.index(),
        images=bootstrap.image_store(),
        max_bytes=bootstrap.settings().max_sidecar_bytes,
    )
    return _answer(HTTPStatus.ACCEPTED, EditAnswer(id=image_id, etag=etag), ETag=etag)


@app.delete(
    "/images/<image_id>",
    summary="Delete an image",
    description="Editors only. Deletes the object, its sidecar and its thumbnail, and hides it at once.",
    responses=contract.answers(RemoveAnswer, contract.REMOVE_EXAMPLE, 403, 404, 422, 503, success=202),
    tags=["images"],
)
def remove(image_id: Id) -> Response[RemoveAnswer]:
    require_editor(app.current_event)
    editing.remove_image(
        image_id, index=bootstrap.index(), images=bootstrap.image_store(), derived=bootstrap.derived_store()
    )
    return _answer(HTTPStatus.ACCEPTED, RemoveAnswer(id=image_id))


@app.get(
    "/images/<image_id>/similar",
    summary="More like this",
    description="Compares stored descriptors: computes nothing.",
    responses=contract.answers(SearchAnswer, contract.SEARCH_EXAMPLE, 404, 409, 422, 503),
    tags=["search"],
)
def similar(image_id: Id, limit: Limit = DEFAULT_LIMIT) -> SearchAnswer:
    # Unchecked: an id that can't be is one that is not there.
    return _searched(SearchRequest.model_construct(image_id=image_id, limit=limit))


@app.post(
    "/uploads",
    summary="Prepare an upload",
    description="Editors only. Answers with a form to POST the picture to; it is searchable seconds after.",
    responses=contract.answers(UploadAnswer, contract.UPLOAD_EXAMPLE, 400, 403, 415, 422, 503, success=201),
    tags=["images"],
)
def upload(
    request: Annotated[UploadRequest, Body(openapi_examples=contract.UPLOAD_REQUESTS)],
) -> Response[UploadAnswer]:
    require_editor(app.current_event)
    configured = bootstrap.settings()
    prepared = editing.prepare_upload(
        request.filename,
        request.content_type,
        Words(request.caption, None if request.tags is None else tuple(request.tags)),
        bucket=configured.image_bucket,
        now=datetime.now(UTC),
        expires=timedelta(seconds=configured.upload_seconds),
        max_bytes=configured.max_upload_bytes,
        index=bootstrap.index(),
        images=bootstrap.image_store(),
    )
    form = prepared.form
    answer = UploadAnswer(
        id=prepared.image_id,
        key=form.key,
        url=form.url,
        fields=dict(form.fields),
        max_bytes=form.max_bytes,
        expires=form.expires,
    )
    return _answer(HTTPStatus.CREATED, answer)


@app.get(
    "/health",
    summary="Whether searches can be answered",
    responses=contract.answers(HealthAnswer, contract.HEALTH_EXAMPLE, 422, 503),
    security=[{}],  # nobody has to sign in; the resolver drops an empty list
    tags=["service"],
)
def health() -> HealthAnswer:
    manifest = bootstrap.manifest()
    status = bootstrap.index().status()
    return HealthAnswer(
        model={
            "name": manifest.name,
            "space_id": manifest.space_id,
            "build_id": manifest.build_id,
            "precision": manifest.precision,
        },
        index={"space_id": status.space_id, "states": dict(status.states)},
    )


@app.get("/openapi.json", include_in_schema=False)
def openapi() -> Response[str]:
    return Response(HTTPStatus.OK, content_types.APPLICATION_JSON, contract.document(app))


def _answer(status: HTTPStatus, body: Any, **headers: str) -> Response[Any]:
    return Response(status, content_types.APPLICATION_JSON, body, headers=dict(headers))
