"""Fetch what tests start, OpenSearch, LocalStack and Lambda's emulator, so that no test is blamed for a slow network.

python tests/support/servers.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import sam
import secured_opensearch

from imagesearch_local.commands.servers import localstack_plan, plan
from imagesearch_local.servers.errors import ServerError, ToolMissing


def fetch(name: str, planned: Callable[[Path], object]) -> None:
    """Have the server in the cache. Where a program for it is missing its tests are skipped, or fail in CI."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            planned(Path(folder))
        except ToolMissing as error:
            print(f"{name}: {error}.")
        except ServerError as error:
            sys.exit(f"{name}: {error}.")
        else:
            print(f"{name}: in the cache.")


if __name__ == "__main__":
    fetch("OpenSearch", plan)
    fetch("OpenSearch's security plugin", lambda _: secured_opensearch.plugin())
    fetch("LocalStack", localstack_plan)
    fetch("Lambda's emulator", lambda _: sam.emulator())
