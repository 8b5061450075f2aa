"""What holds for all tests, and the servers that they share."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from localstack_server import shared_localstack
from opensearch_server import PrivateOpenSearch, private_plan, shared_opensearch
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from imagesearch_local.servers.errors import ToolMissing

# A shell starts what runs in the background with Ctrl-C ignored, and the processes that tests start inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# pytest loads readline, which puts the terminal's size into the environment that processes inherit, past `os.environ`.
for name in {"COLUMNS", "LINES"} - os.environ.keys():
    os.unsetenv(name)
# Servers live for minutes here: with the quick compiler and one collector OpenSearch costs half the processor time.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
# How long an example takes says nothing on a busy machine. All else stays: with $CI, Hypothesis has loaded what it has
# for that. `--hypothesis-profile` comes later, and wins. A test that names health checks names this one, too.
settings.register_profile("patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

IN_CI = os.environ.get("CI") == "true"
TOGETHER = ("tests/infra/",)
"""Folders whose tests share what takes minutes to make: two workers would make it twice."""

Say = Callable[[str], None]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing may be missing: there a skipped test has failed."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"In CI this must not be skipped: {call.excinfo and call.excinfo.value}"
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    """With `--dist loadfile` a worker takes all tests of a file at a time, or of one of those folders."""
    return ByFile(config, log) if config.getoption("dist") == "loadfile" else None


class ByFile(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.fixture(scope="session")
def say(request: pytest.FixtureRequest) -> Say:
    """Tell who watches the tests, whatever pytest captures."""
    capturing = request.config.pluginmanager.getplugin("capturemanager")

    def tell(line: str) -> None:
        with capturing.global_and_fixture_disabled() if capturing else nullcontext():
            print(f"\n{line}", file=sys.stderr, flush=True)

    return tell


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory, say: Say) -> Iterator[str]:
    """Base URL of a real OpenSearch with k-NN: `$OPENSEARCH_URL`, or one that runs as long as the session does."""
    if given := os.environ.get("OPENSEARCH_URL"):
        yield given.rstrip("/")
        return
    with _announced("OpenSearch", shared_opensearch(tmp_path_factory.mktemp("opensearch")), say) as url:
        yield url


@pytest.fixture
def private_opensearch(tmp_path: Path) -> Iterator[Callable[[], PrivateOpenSearch]]:
    """Start a real OpenSearch that the test can kill, start again on the same data, and stop."""
    numbers = count(1)
    with ExitStack() as running:

        def started() -> PrivateOpenSearch:
            with _skipping("OpenSearch"):
                server = PrivateOpenSearch(private_plan(tmp_path / f"opensearch-{next(numbers)}"))
            running.callback(server.stop)
            return server

        yield started


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory, say: Say) -> Iterator[str]:
    """Base URL of LocalStack with S3 and SQS, which runs as long as the session does."""
    with _announced("LocalStack", shared_localstack(tmp_path_factory.mktemp("localstack")), say) as url:
        yield url


@contextmanager
def _announced(name: str, server: AbstractContextManager[str], say: Say) -> Iterator[str]:
    running = ExitStack()
    with _skipping(name):
        url = running.enter_context(server)
    say(f"Started {name} at {url}.")
    with running:
        yield url
    say(f"Stopped {name} at {url}.")


@contextmanager
def _skipping(name: str) -> Iterator[None]:
    """Skip where a server needs a program that is not installed."""
    try:
        yield
    except ToolMissing as error:
        pytest.skip(f"No {name}: {error}")
