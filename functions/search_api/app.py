"""The application: one resolver with the routes of all subjects."""

from __future__ import annotations

from http import HTTPStatus

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types

from search_api import contract
from search_api.routes import images, library, search, service

# orjson refuses what json would trip over (nesting without end, numbers of thousands of digits) or let pass (NaN).
app = APIGatewayRestResolver(enable_validation=True, json_body_deserializer=orjson.loads)
contract.configure(app)
for _subject in (search, images, library, service):
    app.include_router(_subject.router)


@app.get("/openapi.json", include_in_schema=False)
def openapi() -> Response[str]:
    return Response(HTTPStatus.OK, content_types.APPLICATION_JSON, contract.document(app))
