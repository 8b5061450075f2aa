"""A real OpenSearch for tests, without Docker: started where it is needed, gone when the tests are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from imagesearch_local.commands.servers import plan
from imagesearch_local.servers.opensearch import Plan, running_opensearch
from imagesearch_local.servers.processes import Process

HEAP_MIB = 1024


class PrivateOpenSearch:
    """A server of one test's own, on one port and one data folder all its life. Starts at once; see ServerError."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._running = ExitStack()
        self._process: Process | None = None
        self.start()

    @property
    def url(self) -> str:
        return self._plan.url

    @property
    def data(self) -> Path:
        return self._plan.data

    def start(self) -> None:
        """Start it on the data that it left; it answers when this returns."""
        assert self._process is None, "it runs already"
        self._process = self._running.enter_context(running_opensearch(self._plan))

    def kill(self) -> None:
        """End it as a power cut does (kill -9)."""
        assert self._process, "it does not run"
        self._process.kill()
        self.stop()

    def stop(self) -> None:
        """Let it finish, where it runs."""
        self._running.close()
        self._process = None


def private_plan(data: Path, heap_mib: int = HEAP_MIB) -> Plan:
    """On any free port. Raises ToolMissing and other ServerErrors."""
    data.mkdir(parents=True, exist_ok=True)
    return plan(data.resolve(), heap=heap_mib)


@contextmanager
def shared_opensearch(data: Path) -> Iterator[str]:
    """The base URL of a server that runs while the block does. Raises ToolMissing and other ServerErrors."""
    made = private_plan(data)
    with running_opensearch(made):
        yield made.url
