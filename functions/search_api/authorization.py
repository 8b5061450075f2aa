"""Who may write. API Gateway has checked the token (Cognito); here only its groups are read."""

from __future__ import annotations

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from imagesearch.errors import Forbidden

EDITORS = "editors"


def require_editor(event: APIGatewayProxyEvent) -> None:
    """Raises Forbidden unless the caller's token says that it belongs to the editors."""
    claims = (event.raw_event.get("requestContext", {}).get("authorizer") or {}).get("claims") or {}
    # A REST API's authorizer turns the list of groups into text.
    groups = claims.get("cognito:groups") or ""
    if EDITORS not in [group.strip() for group in str(groups).strip("[]").replace(" ", ",").split(",")]:
        raise Forbidden("Only members of the group `editors` may do this.")
