"""Answers that are more than their JSON."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types


def answer(status: int, body: Any, **headers: str) -> Response[Any]:
    """JSON with a status of its own, or with headers."""
    return Response(status, content_types.APPLICATION_JSON, body, headers=dict(headers))
