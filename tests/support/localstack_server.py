"""LocalStack's S3 and SQS for tests, without Docker: started where it is needed, gone when the tests are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagesearch_local.commands.servers import localstack_plan
from imagesearch_local.servers.localstack import running_localstack


@contextmanager
def shared_localstack(folder: Path) -> Iterator[str]:
    """The base URL of a server that runs while the block does. Raises ServerError."""
    made = localstack_plan(folder)
    with running_localstack(made):
        yield made.url
