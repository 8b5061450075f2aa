"""What `imagesearch index` can ask of the running `imagesearch up`, and who may."""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from werkzeug.wrappers import Request, Response

from imagesearch.errors import ImageSearchError
from imagesearch_local.functions.process import FunctionDied, FunctionFailed
from imagesearch_local.gateway.serving import LoopbackServer, serving
from imagesearch_local.generations.control_client import Control, Json, announced
from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.generations.library import Library
from imagesearch_local.loopback import LOOPBACK

_log = logging.getLogger(__name__)


@contextmanager
def controlled(data: Path, library: Library, s3: Mapping[str, str]) -> Iterator[None]:
    """Let the generations of the folder be changed while the block runs."""
    token = secrets.token_urlsafe(32)
    server = LoopbackServer(0)
    app = Request.application(lambda request: _answer(request, token, library, s3))
    with serving(server, app), announced(data, Control(f"http://{LOOPBACK}:{server.port}", token)):
        yield


def _answer(request: Request, token: str, library: Library, s3: Mapping[str, str]) -> Response:
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return _response({"error": "not allowed"}, 401)
    action = _ACTIONS.get(request.path.lstrip("/"))
    if action is None or request.method != "POST":
        return _response({"error": f"there is no {request.method} {request.path}"}, 404)
    try:
        return _response({"s3": dict(s3), **action(library, request.get_json())})
    except GenerationError as error:
        _log.warning("%s was refused: %s", request.path, error)
        return _response({"error": str(error)}, 409)
    except (ImageSearchError, FunctionFailed, FunctionDied, OSError, ValueError) as error:
        _log.warning("%s failed", request.path, exc_info=error)
        return _response({"error": str(error)}, 500)
    except Exception as error:  # noqa: BLE001 - whatever it is, who asked is told
        _log.exception("%s failed", request.path)
        return _response(
            {"error": f"{type(error).__name__}: {error} (functions.log in the data folder says more)"}, 500
        )


def _response(body: Json, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _list(library: Library, _: Json) -> Json:
    return {"generations": library.listed()}


def _add(library: Library, asked: Json) -> Json:
    return {"generation": library.add(Path(asked["model"]))}


def _backfill(library: Library, asked: Json) -> Json:
    return library.backfill(asked["generation"], asked["etags"])


def _verify(library: Library, asked: Json) -> Json:
    report = library.verify(asked["generation"])
    return {"agrees": report.agrees, **asdict(report)}


def _switch(library: Library, asked: Json) -> Json:
    library.switch(asked["generation"])
    return {"current": asked["generation"]}


def _rollback(library: Library, _: Json) -> Json:
    return {"current": library.rollback()}


def _drop(library: Library, asked: Json) -> Json:
    return {"dropped": asked["generation"], "objects": library.drop(asked["generation"])}


def _create(library: Library, _: Json) -> Json:
    return {"announced": library.create()}


def _sweep(library: Library, _: Json) -> Json:
    return {"swept": library.sweep()}


_ACTIONS: Mapping[str, Callable[[Library, Json], Json]] = {
    "list": _list,
    "add": _add,
    "backfill": _backfill,
    "verify": _verify,
    "switch": _switch,
    "rollback": _rollback,
    "drop": _drop,
    "create": _create,
    "sweep": _sweep,
}
