"""What the service says of itself."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from imagesearch import bootstrap
from search_api import contract
from search_api import contract_examples as examples
from search_api.models.answers import HealthAnswer

router = APIGatewayRouter()  # type: ignore[no-untyped-call]  # the library's own


@router.get(
    "/health",
    summary="Whether searches can be answered",
    responses=contract.answers(HealthAnswer, examples.HEALTH, 422, 503),
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
