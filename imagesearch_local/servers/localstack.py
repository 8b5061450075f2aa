"""LocalStack's S3 and SQS on this machine, without Docker and without an account: nothing it holds is kept.

4.14.0 is the last version that starts without a token; where there is only Python 3.11 it is 4.13.1. It runs in a
Python environment of its own and answers on loopback only. Its Lambda needs Docker, and is not used.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from imagesearch_local.loopback import LOOPBACK
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.servers.environments import environment, preferred_python
from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.ports import any_free_port
from imagesearch_local.servers.processes import Process, last_lines, owned

REQUIREMENTS = CHECKOUT / "requirements" / "localstack.txt"
LOG = "localstack.log"
_READY_SECONDS = 300
"""A busy machine may take long; a process that has ended is noticed at once."""
_POLL_SECONDS = 0.2

Waiting = Callable[[float], None]
"""Called again and again while it starts, with the seconds so far."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How it is run."""

    python: Path
    """Of its own environment."""
    folder: Path
    """What it writes goes here: a log, and files that nobody needs any more afterwards."""
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def environment(self) -> dict[str, str]:
        """All that it is told: nothing of the user's own settings, and nothing of theirs goes out."""
        folders = {name: str(self.folder) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
        return {
            "PATH": os.environ["PATH"],
            **folders,
            # Whatever it runs in, its files belong in the folder, not in /var/lib.
            "OVERRIDE_IN_DOCKER": "0",
            "FILESYSTEM_ROOT": str(self.folder / "filesystem"),
            # As an IPv6 address: of an IPv4 one it takes the port alone, and listens to the whole network.
            "GATEWAY_LISTEN": f"[::ffff:{LOOPBACK}]:{self.port}",
            "LOCALSTACK_HOST": f"{LOOPBACK}:{self.port}",
            "SERVICES": "s3,sqs",
            "STRICT_SERVICE_LOADING": "1",
            "EAGER_SERVICE_LOADING": "1",
            "SQS_ENDPOINT_STRATEGY": "path",
            "S3_SKIP_SIGNATURE_VALIDATION": "0",
            # No telemetry, no certificate to fetch, no name server, no search for a newer version.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
        }


def plan(cache: Path, folder: Path) -> Plan:
    """On any free port; installed into the cache where it must be (115 packages, a minute). Raises ServerError."""
    python = environment(cache / "localstack", REQUIREMENTS, preferred_python(13, 12))
    return Plan(python, folder.resolve(), any_free_port())


@contextmanager
def running_localstack(plan: Plan, waiting: Waiting = lambda _: None) -> Iterator[Process]:
    """Run LocalStack while the block runs, or until this process ends. Raises ServerError."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    command = [str(plan.python), "-m", "localstack.runtime.main"]
    log = plan.folder / LOG
    with owned(command, log, folder=plan.folder, environment=plan.environment()) as process:
        _wait_until_ready(plan, process, waiting)
        yield process


def _wait_until_ready(plan: Plan, process: Process, waiting: Waiting) -> None:
    started = time.monotonic()
    while (seconds := time.monotonic() - started) < _READY_SECONDS:
        if how := process.ending():
            log = plan.folder / LOG
            raise ServerError(f"LocalStack ended {how} while it started: {last_lines(log)} (see {log})")
        if _ready(plan.url):
            return
        waiting(seconds)
        time.sleep(_POLL_SECONDS)
    raise ServerError(f"LocalStack is not ready after {_READY_SECONDS} s: see {plan.folder / LOG}")


def _ready(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/_localstack/init/ready", timeout=10, trust_env=False)
        return answer.is_success and bool(answer.json()["completed"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return False
