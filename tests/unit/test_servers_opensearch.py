"""OpenSearch without Docker: how it is run, and how the one that runs is known."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from patience import until

from imagesearch_local.servers import kept_opensearch, processes
from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.java import Java
from imagesearch_local.servers.kept_opensearch import Kept
from imagesearch_local.servers.opensearch import PORTS, Plan, choose_port, health, prepare, running_opensearch
from imagesearch_local.servers.processes import owned


def a_plan(data: Path, *, java: str = "java", major: int = 17) -> Plan:
    return Plan(Java(java, major), jars=data, data=data / "data", port=9250, heap_mib=512)


def test_the_runner_is_told_one_port_less_because_it_adds_the_number_of_the_node(tmp_path: Path) -> None:
    command = a_plan(tmp_path).command()
    assert command[command.index("-baseHttpPort") + 1] == "9249"
    assert "-Xmx512m" in command


@pytest.mark.parametrize(("major", "simd"), [(17, False), (21, True)])
def test_newer_javas_compute_distances_with_simd(major: int, simd: bool, tmp_path: Path) -> None:
    assert ("--add-modules=jdk.incubator.vector" in a_plan(tmp_path, major=major).command()) is simd


def test_each_data_folder_is_a_cluster_of_its_own(tmp_path: Path) -> None:
    assert a_plan(tmp_path / "a").cluster != a_plan(tmp_path / "b").cluster


def test_it_listens_on_loopback_and_joins_no_other(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    prepare(plan)
    settings = (plan.data / "node_1" / "config" / "opensearch.yml").read_text().splitlines()
    assert {"network.host: 127.0.0.1", "discovery.type: single-node"} <= set(settings)


def test_a_long_log_is_begun_anew(tmp_path: Path) -> None:
    plan = a_plan(tmp_path)
    plan.data.mkdir()
    plan.log.write_bytes(b" " * (17 * 1024**2))
    prepare(plan)
    assert not plan.log.exists()


def test_a_port_is_chosen_that_the_runner_can_use() -> None:
    assert choose_port() in PORTS


@pytest.mark.parametrize("port", [9200, 9300, 80])
def test_a_port_that_it_cannot_use_is_refused_with_those_it_can(port: int) -> None:
    with pytest.raises(ServerError, match=f"{PORTS[0]} to {PORTS[-1]}"):
        choose_port(port)


def test_a_port_of_another_program_is_refused() -> None:
    with socket.socket() as other:
        port = choose_port()
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(ServerError, match="another program"):
            choose_port(port)


def test_a_server_that_ends_while_it_starts_fails_with_what_it_said(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'node validation exception'; echo 'SLF4J: no logger'; exit 1\n")
    java.chmod(0o755)
    with (
        pytest.raises(ServerError, match=r": node validation exception \(see"),
        running_opensearch(a_plan(tmp_path, java=str(java))),
    ):
        pytest.fail("it does not run")


def test_nothing_that_answers_is_no_health() -> None:
    assert health(f"http://127.0.0.1:{choose_port()}") is None


def test_a_process_id_that_another_program_has_by_now_is_not_taken_for_the_server(tmp_path: Path) -> None:
    """Given a note of a server that was killed, when its process id belongs to somebody else, then none is found."""
    note(tmp_path, pid=os.getpid())

    assert kept_opensearch.find(tmp_path) is None
    assert kept_opensearch.stop(tmp_path) is None
    assert not list(tmp_path.glob("*.json"))


def test_the_server_that_was_noted_is_found_and_stopped(tmp_path: Path) -> None:
    named_so = [sys.executable, "-c", "import time; print('runs', flush=True); time.sleep(3600)", "imagesearch-0123"]
    with owned(named_so, tmp_path / "log", folder=tmp_path) as server:
        until(lambda: "runs" in (tmp_path / "log").read_text())
        note(tmp_path, pid=server.pid)
        assert kept_opensearch.find(tmp_path) == Kept("http://127.0.0.1:9250", server.pid, "imagesearch-0123", 512)

        kept_opensearch.stop(tmp_path)

        assert not processes.alive(server.pid)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"pid": 1}', '{"url": "", "pid": 1, "more": 2}'])
def test_a_damaged_note_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / "server.json").write_text(content)
    assert kept_opensearch.find(tmp_path) is None


def note(data: Path, *, pid: int) -> None:
    kept = {"url": "http://127.0.0.1:9250", "pid": pid, "cluster": "imagesearch-0123", "heap_mib": 512}
    (data / "server.json").write_text(json.dumps(kept))
