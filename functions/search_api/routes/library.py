"""Looking after the library: what could not be indexed, what is there twice."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from imagesearch import bootstrap, library
from search_api import contract
from search_api import contract_examples as examples
from search_api.authorization import require_editor
from search_api.models.answers import DuplicatePairAnswer, DuplicatesAnswer, RejectedAnswer
from search_api.models.parameters import DuplicatesParameters, RejectedParameters
from search_api.query_strings import parameters_of
from search_api.shaping import image_answer

router = APIGatewayRouter()  # type: ignore[no-untyped-call]  # the library's own


@router.get(
    "/rejected",
    summary="Images that could not be indexed",
    description="Editors only. By key, each with the reason.",
    responses=contract.answers(RejectedAnswer, examples.REJECTED, 400, 403, 422, 503),
    openapi_extensions=contract.parameters(RejectedParameters),
    tags=["library"],
)
def rejected() -> RejectedAnswer:
    require_editor(router.current_event)
    parameters = parameters_of(router.current_event, RejectedParameters)
    page = library.rejected(parameters.cursor, parameters.limit, index=bootstrap.index(), cursors=bootstrap.cursors())
    return RejectedAnswer(images=[image_answer(record) for record in page.records], cursor=page.cursor)


@router.get(
    "/duplicates",
    summary="Pairs of near-duplicates",
    description="Editors only. Goes through the library, oldest first; a page has the pairs that its images are part"
    " of. One pair may be on two pages.",
    responses=contract.answers(DuplicatesAnswer, examples.DUPLICATES, 400, 403, 422, 503),
    openapi_extensions=contract.parameters(DuplicatesParameters),
    tags=["library"],
)
def duplicates() -> DuplicatesAnswer:
    require_editor(router.current_event)
    parameters = parameters_of(router.current_event, DuplicatesParameters)
    page = library.duplicates(parameters.cursor, parameters.limit, index=bootstrap.index(), cursors=bootstrap.cursors())
    pairs = [
        DuplicatePairAnswer(
            ids=(pair.first, pair.second), cosine=pair.cosine, distance=pair.distance, mirrored=pair.mirrored
        )
        for pair in page.pairs
    ]
    return DuplicatesAnswer(pairs=pairs, scanned=page.scanned, total=page.total, cursor=page.cursor)
