"""The page as CloudFront and API Gateway serve it, before a real `imagesearch up`.

Headers and refusals are those of the deployment's own code, and the API takes nobody without a good id token.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from page_policy import PagePolicy
from sign_in_server import running_sign_in
from sign_in_service import CLIENT_ID, POOL, REGION, SignInService
from werkzeug.security import safe_join
from werkzeug.wrappers import Request, Response

from imagesearch_local.gateway.serving import LoopbackServer, serving
from imagesearch_local.paths import CHECKOUT
from infra.concerns.problems import CONTENT_TYPE, PROBLEMS, document
from infra.concerns.search_api import PUBLIC, STAGE

_TO_FUNCTION = ("Content-Type", "If-Match", "If-None-Match")
_FROM_FUNCTION = ("Content-Type", "ETag", "Retry-After", "Cache-Control")


@dataclass
class DeployedPage:
    """A WSGI application. A test may look at what was asked of it."""

    api: str
    """Of the `imagesearch up` behind it."""
    sign_in: SignInService
    headers: Mapping[str, str]
    url: str
    client: httpx.Client
    answered: list[tuple[str, int]] = field(default_factory=list)
    """What the API was asked, and the status of each answer."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if not request.path.startswith(f"/{STAGE}/"):
            return self._file(request.path.lstrip("/") or "index.html")
        path = request.path.removeprefix(f"/{STAGE}/")
        if path not in PUBLIC and not self.sign_in.verified(request.headers.get("Authorization", "")):
            answer = _refusal("UNAUTHORIZED")
        else:
            answer = self._hand_on(request, path)
        self.answered.append((f"{request.method} /{path}", answer.status_code))
        return answer

    def _hand_on(self, request: Request, path: str) -> Response:
        answer = self.client.request(
            request.method,
            f"{self.api}/{path}?{request.query_string.decode()}",
            content=request.get_data(),
            headers={name: request.headers[name] for name in _TO_FUNCTION if name in request.headers},
        )
        kept = {name: answer.headers[name] for name in _FROM_FUNCTION if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    def _file(self, name: str) -> Response:
        if name == "config.json":
            return Response(json.dumps(self._config()), headers=self.headers, content_type="application/json")
        found = safe_join(str(CHECKOUT / "web"), name)
        if not found or not (path := Path(found)).is_file():
            return Response("<Error><Code>AccessDenied</Code></Error>", 403, content_type="application/xml")
        # As the upload guesses it: a script of another type would be refused, since browsers are told not to guess.
        return Response(path.read_bytes(), headers=self.headers, content_type=mimetypes.guess_type(name)[0])

    def _config(self) -> dict[str, str]:
        users = {"region": REGION, "user_pool_id": POOL, "client_id": CLIENT_ID, "sign_in": self.sign_in.url}
        return {"api": f"/{STAGE}", **users}


def _refusal(name: str) -> Response:
    problem = PROBLEMS[name]
    return Response(json.dumps(document(problem)), problem.status, problem.headers, content_type=CONTENT_TYPE)


@contextmanager
def deployed_page(api: str, pictures: str, policy: PagePolicy) -> Iterator[DeployedPage]:
    """The page and a sign-in service of its own, while the block runs; `api` and `pictures` are a running library's."""
    server = LoopbackServer(0)
    with ExitStack() as running:
        running.callback(server.socket.close)
        url = f"http://127.0.0.1:{server.port}"
        sign_in = running.enter_context(running_sign_in(SignInService(pages=(f"{url}/",))))
        client = running.enter_context(httpx.Client(timeout=120, trust_env=False))
        page = DeployedPage(api, sign_in, policy.at(sign_in=sign_in.url, pictures=pictures), url, client)
        running.enter_context(serving(server, page, drain_seconds=5))
        yield page
