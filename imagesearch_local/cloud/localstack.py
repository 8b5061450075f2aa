"""S3 and SQS on this machine by LocalStack, in place of moto: stricter, and nothing in it outlives the process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from imagesearch_local.cloud.resources import Keys, LocalCloud, set_up
from imagesearch_local.servers.localstack import Plan, Waiting, running_localstack

KEYS = Keys("test", "test")
"""LocalStack verifies the signature of links with this secret, whatever the access key
(https://docs.localstack.cloud/references/credentials/)."""


@contextmanager
def localstack_cloud(
    plan: Plan, waiting: Waiting = lambda _: None, *, origins: Iterable[str] = ()
) -> Iterator[LocalCloud]:
    """Serve empty buckets while the block runs. Raises ServerError."""
    with running_localstack(plan, waiting):
        yield set_up(plan.url, KEYS, origins)
