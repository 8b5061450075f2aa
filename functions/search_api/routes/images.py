"""Reading, editing, deleting and uploading images."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from imagesearch import bootstrap, editing, library
from imagesearch.errors import PreconditionRequired
from imagesearch.records import Words
from search_api import contract
from search_api import contract_examples as examples
from search_api.authorization import require_editor
from search_api.models.answers import EditAnswer, ImageAnswer, RemoveAnswer, UploadAnswer
from search_api.models.editing import UploadRequest, WordsEdit
from search_api.responses import answer
from search_api.shaping import image_answer

router = APIGatewayRouter()  # type: ignore[no-untyped-call]  # the library's own
Id = Annotated[str, Path(description="The image's id.")]


@router.get(
    "/images/<image_id>",
    summary="All about an image",
    description="The ETag is the version of its words: send it as If-Match when you edit them.",
    responses=contract.answers(ImageAnswer, examples.IMAGE, 404, 422, 503),
    tags=["images"],
)
def read(image_id: Id) -> Response[ImageAnswer]:
    record = editing.read_image(image_id, index=bootstrap.index())
    tags = library.suggested_tags(image_id, index=bootstrap.index(), manifest=bootstrap.manifest())
    return answer(HTTPStatus.OK, image_answer(record, tags), ETag=editing.words_etag(record))


@router.patch(
    "/images/<image_id>",
    summary="Edit an image's words",
    description="Editors only. Writes the sidecar; the index follows in seconds.",
    responses=contract.answers(EditAnswer, examples.EDIT, 400, 403, 404, 412, 415, 422, 428, 503, success=202),
    tags=["images"],
)
def edit(
    image_id: Id,
    words: Annotated[WordsEdit, Body(openapi_examples=examples.EDIT_REQUESTS)],
    if_match: Annotated[str | None, Header(alias="If-Match", description="The ETag that you read, or `*`.")] = None,
) -> Response[EditAnswer]:
    require_editor(router.current_event)
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
    return answer(HTTPStatus.ACCEPTED, EditAnswer(id=image_id, etag=etag), ETag=etag)


@router.delete(
    "/images/<image_id>",
    summary="Delete an image",
    description="Editors only. Deletes the object, its sidecar and its thumbnail, and hides it at once.",
    responses=contract.answers(RemoveAnswer, examples.REMOVE, 403, 404, 422, 503, success=202),
    tags=["images"],
)
def remove(image_id: Id) -> Response[RemoveAnswer]:
    require_editor(router.current_event)
    editing.remove_image(
        image_id, index=bootstrap.index(), images=bootstrap.image_store(), derived=bootstrap.derived_store()
    )
    return answer(HTTPStatus.ACCEPTED, RemoveAnswer(id=image_id))


@router.post(
    "/uploads",
    summary="Prepare an upload",
    description="Editors only. Answers with a form to POST the picture to; it is searchable seconds after.",
    responses=contract.answers(UploadAnswer, examples.UPLOAD, 400, 403, 415, 422, 503, success=201),
    tags=["images"],
)
def upload(
    request: Annotated[UploadRequest, Body(openapi_examples=examples.UPLOAD_REQUESTS)],
) -> Response[UploadAnswer]:
    require_editor(router.current_event)
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
    told = UploadAnswer(
        id=prepared.image_id,
        key=form.key,
        url=form.url,
        fields=dict(form.fields),
        max_bytes=form.max_bytes,
        expires=form.expires,
    )
    return answer(HTTPStatus.CREATED, told)
