"""S3 and SQS on this machine: moto in this process, objects kept in a folder.

Anyone who can reach the port on this machine can use the bucket: moto does not check keys or signatures. The keys are
made all the same, because every S3 client wants some. Foreign hosts and foreign web pages are refused, but those that
were named.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from imagesearch_local.cloud.resources import REGION, Keys, LocalCloud, set_up
from imagesearch_local.paths import write_atomically

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOOPBACK = "127.0.0.1"
_PAGE_HOSTS = {LOOPBACK, "localhost"}
_log = logging.getLogger(__name__)


@contextmanager
def local_cloud(data: Path, *, origins: Collection[str] = ()) -> Iterator[LocalCloud]:
    """Serve the buckets kept in `data` while the block runs. One at a time in a process: moto's state is global.

    Pages of `origins` may upload, beside those of this machine.
    """
    # Importing moto takes a second: only who serves pays for it.
    from moto.moto_server.werkzeug_app import (  # noqa: PLC0415
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server  # noqa: PLC0415

    from imagesearch_local.cloud.durable_s3 import DurableS3, restore, s3_backend  # noqa: PLC0415
    from imagesearch_local.cloud.shelf import Shelf  # noqa: PLC0415

    class Quiet(MotoRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002 - the base class's names
            _log.debug(message, *args)

    keys = _keys(data)
    shelf = Shelf(data / "objects")
    durable = DurableS3(DomainDispatcherApplication(create_backend_app), shelf)
    with _listening(data) as listener:
        host, port = listener.getsockname()[:2]
        server = make_server(
            host, port, _loopback_only(durable, origins), threaded=True, request_handler=Quiet, fd=listener.fileno()
        )
        thread = threading.Thread(target=server.serve_forever, name="bucket", daemon=True)
        thread.start()
        try:
            restored = restore(s3_backend(), shelf, REGION)
            swept = shelf.sweep()
            _log.info("%s objects restored, %s leftovers swept", restored, swept)
            durable.attach()
            yield set_up(f"http://{host}:{port}", keys, origins)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            durable.detach()
            _forget_all()
            shelf.close()


def _keys(data: Path) -> Keys:
    """Made at the first start, readable by their owner alone."""
    path = data / "s3-keys.json"
    if path.is_file():
        return Keys(**json.loads(path.read_bytes()))
    keys = {"access_key": f"LOCAL{secrets.token_hex(8).upper()}", "secret_key": secrets.token_urlsafe(30)}
    write_atomically(path, json.dumps(keys).encode(), mode=0o600)
    return Keys(**keys)


@contextmanager
def _listening(data: Path) -> Iterator[socket.socket]:
    """A loopback socket on the port of the last run, so that links and configured clients survive a restart."""
    memory = data / "s3-port"
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port = 0
        with suppress(OSError, ValueError):
            port = int(memory.read_text())
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            _log.warning("port %s of the local bucket is taken by another program: it moves to another one", port)
            listener.bind((LOOPBACK, 0))
        listener.listen(128)
        write_atomically(memory, str(listener.getsockname()[1]).encode())
        yield listener


def _loopback_only(app: WSGIApplication, origins: Collection[str]) -> WSGIApplication:
    """Refuse what comes through a foreign name (DNS rebinding), from a foreign page, or to moto's own controls."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname
        origin = environ.get("HTTP_ORIGIN", "")
        foreign = origin and origin not in origins and urlsplit(origin).hostname not in _PAGE_HOSTS
        control = environ.get("PATH_INFO", "").startswith(("/moto-api", "/latest/"))
        if control or host not in _PAGE_HOSTS or foreign:
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>AccessDenied</Code><Message>Only this machine may use this bucket</Message></Error>"]
        return app(environ, start_response)

    return guarded


def _forget_all() -> None:
    """Empty moto, so that another bucket can be served by the same process (tests do)."""
    from moto.core.base_backend import BackendDict  # noqa: PLC0415

    BackendDict.reset()
