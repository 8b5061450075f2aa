"""A real OpenSearch for tests, without Docker: started where it is needed, gone when the tests are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from imagesearch_local.commands.servers import plan
from imagesearch_local.servers.opensearch import Plan, Server, running_opensearch

HEAP_MIB = 1024


class PrivateOpenSearch:
    """A server of one test's own, on one port and one data folder all its life. Starts at once; see ServerError."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._running = ExitStack()
        self._server: Server | None = None
        self.start()

    @property
    def data(self) -> Path:
        return self._plan.data

    def start(self) -> None:
        """Start it on the data that it left; it answers when this returns."""
        assert self._server is None, "it runs already"
        self._server = self._running.enter_context(running_opensearch(self._plan))
        self.url = self._server.url

    def kill(self) -> None:
        """End it as a power cut does (kill -9)."""
        assert self._server, "it does not run"
        self._server.process.kill()
        self.stop()

    def stop(self) -> None:
        """Let it finish, where it runs."""
        self._running.close()
        self._server = None


def private_plan(data: Path, heap_mib: int = HEAP_MIB) -> Plan:
    """On any free port. Raises ToolMissing and other ServerErrors."""
    data.mkdir(parents=True, exist_ok=True)
    return plan(data.resolve(), heap=heap_mib)


@contextmanager
def shared_opensearch(data: Path) -> Iterator[str]:
    """The base URL of a server that runs while the block does. Raises ToolMissing and other ServerErrors."""
    made = private_plan(data)
    with running_opensearch(made) as server:
        yield server.url
