"""What a running `imagesearch up` says of itself, seen from another process."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from imagesearch_local.adding.sources import WORKERS
from imagesearch_local.client import Client, ClientError, is_no_answer, suppress_not_found
from imagesearch_local.loopback import LOOPBACK
from imagesearch_local.parallel import in_parallel

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Status = dict[str, Any]
Image = dict[str, Any]
DEFAULT_PORT = 8000
_POLL_SECONDS = 0.3
_ASKED_AT_ONCE, _ASKING = 32, 4
_PAGE = 100
_STUCK_SECONDS = 30
"""What failed comes again minutes later; where all that is left failed, nobody waits so long."""
_HUNG_SECONDS = 900
"""Longer than a batch of ten pictures takes, each as long as the decoder may (two minutes), two at a time."""


def api_url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}/api"


def page_url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}/"


def absent(port: int) -> Status:
    """The status where nothing runs."""
    counts = {"images": 0, "pending": 0, "failing": 0, "rejected": 0}
    places = {"api": api_url(port), "page": page_url(port), "s3": None}
    return {"ready": False, "aws": None, **places, **counts, "model": None, "index": None}


def fetch_status(port: int) -> Status | None:
    """The status of what runs on that port; None where nothing does, or something else."""
    try:
        response = httpx.get(f"{page_url(port)}local/status", timeout=10, trust_env=False)
        status = response.json()
    except (httpx.HTTPError, ValueError):
        return None
    return status if response.is_success and isinstance(status, dict) and "ready" in status else None


def trouble(status: Status) -> str | None:
    """Why its index does not answer, in a sentence; None where it does."""
    return (status.get("index") or {}).get("trouble")


def index_place(status: Status) -> str:
    """What holds the index, and where: one line for people."""
    index = status.get("index")
    if index is None:  # of an older version
        return "unknown"
    if index["server"] is None:
        return f"SQLite, {index['folder']}/{index['name']}"
    folder = f", data in {index['folder']}" if index["folder"] else ""
    return f"OpenSearch at {index['server']} ({index['name']}){folder}"


def announces_at_once(status: Status) -> bool:
    """Whether the events of what is in the bucket are in the queue: LocalStack, as S3 itself, sends them later."""
    return status.get("aws") != "localstack"


def failing(status: Status) -> int:
    """How many of the pending changes failed and will be tried again."""
    return int(status.get("failing", 0))


def s3_client(s3: Mapping[str, str]) -> S3Client:
    """A client of the local bucket, from the status's `s3`."""
    # A search needs none of it, and it takes longer to import than the answer takes.
    import boto3  # noqa: PLC0415
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    # The user's own profile and files are for AWS; one that is wrong must not matter here.
    nobodys = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    session = boto3.session.Session(botocore_session=botocore.session.Session(session_vars=nobodys))
    return session.client(
        "s3",
        endpoint_url=s3["endpoint"],
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
        region_name="us-east-1",
        config=Config(
            s3={"addressing_style": "path"},
            max_pool_connections=WORKERS,
            retries={"mode": "standard", "max_attempts": 3},
            request_checksum_calculation="when_required",
            proxies={},
        ),
    )


def pending(port: int) -> Iterator[int]:
    """How many changes wait to be indexed, again and again until none does, nothing moves, or the server is gone.

    What is being worked on may take minutes before anything moves; where all have failed, half a minute tells.
    """
    seen, since = None, time.monotonic()
    while (status := fetch_status(port)) is not None:
        yield int(status["pending"])
        if not status["pending"]:
            return
        patience = _HUNG_SECONDS if failing(status) < status["pending"] else _STUCK_SECONDS
        counts = [status[name] for name in ("images", "pending", "rejected")]
        if counts != seen:
            seen, since = counts, time.monotonic()
        elif time.monotonic() - since > patience:
            return
        time.sleep(_POLL_SECONDS)


def rejections(client: Client) -> Iterator[tuple[str, str]]:
    """Key and reason of all that was rejected. Raises ClientError."""
    cursor: str | None = None
    while True:
        page = client.rejected(limit=_PAGE, cursor=cursor)
        yield from ((str(image["key"]), str(image["reason"])) for image in page["images"])
        if not (cursor := page["cursor"]):
            return


def settled(
    client: Client,
    image_ids: Iterable[str],
    *,
    announced: bool = True,
    poll_seconds: float = 1.0,
    stuck_seconds: float = 300.0,
) -> Iterator[tuple[str, Image | None]]:
    """Images with their ids, as they cease to be pending; None for one that was removed meanwhile.

    Where they are not `announced` yet, one that there is not is still to come.

    Asks after those named first, and only a few at a time, however many there are. Ends when nothing has moved for
    longer than a cold start and pictures at the decoder's limit (two minutes) take. Raises ClientError, but not where
    the API is busy.
    """
    asking = replace(client, retries=replace(client.retries, patience=0))
    left, moved = deque(image_ids), time.monotonic()
    while left and time.monotonic() - moved < stuck_seconds:
        asked = [left.popleft() for _ in range(min(_ASKED_AT_ONCE, len(left)))]
        with closing(in_parallel(partial(_asked, asking), asked, _ASKING)) as answers:
            done = {image_id: image for image_id, image in answers if not _is_awaited(image, announced=announced)}
        yield from done.items()
        pending = [image_id for image_id in asked if image_id not in done]
        if done:
            # What was sent first is mostly indexed first.
            left.extendleft(reversed(pending))
            moved = time.monotonic()
        else:
            left.extend(pending)
        if pending:
            time.sleep(poll_seconds)


def _is_awaited(image: Image | None, *, announced: bool) -> bool:
    return not announced if image is None else image["state"] == "pending"


def _asked(client: Client, image_id: str) -> tuple[str, Image | None]:
    try:
        with suppress_not_found():
            return image_id, client.image(image_id)
    except ClientError as error:
        if not is_no_answer(error):
            raise
        return image_id, {"state": "pending"}
    return image_id, None
