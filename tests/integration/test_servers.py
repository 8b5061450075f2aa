"""OpenSearch and LocalStack as this machine runs them, without Docker."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import patiently
import pytest
from local_stack import imagesearch
from opensearch_server import PrivateOpenSearch, private_plan
from patience import until

from imagesearch_local.cloud.localstack import KEYS
from imagesearch_local.cloud.resources import IMAGES, set_up
from imagesearch_local.commands import servers
from imagesearch_local.servers import kept_opensearch, processes
from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.opensearch import PORTS, health, running_opensearch
from imagesearch_local.servers.revived_opensearch import revived_opensearch

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_VECTORS = {
    "settings": {"index.knn": True, "number_of_replicas": 0},
    "mappings": {
        "properties": {
            "vector": {
                "type": "knn_vector",
                "dimension": 2,
                "space_type": "cosinesimil",
                "method": {"name": "hnsw", "engine": "lucene"},
            }
        }
    },
}


def test_it_finds_the_nearest_vector(opensearch: str) -> None:
    index = f"{opensearch}/servers-nearest"
    try:
        put(index, _VECTORS)
        put(f"{index}/_doc/east?refresh=true", {"vector": [1, 0.1]})
        put(f"{index}/_doc/north?refresh=true", {"vector": [0, 1]})

        query = {"query": {"knn": {"vector": {"vector": [1, 0], "k": 1}}}}
        answer = patiently.post(f"{index}/_search", json=query, trust_env=False).json()

        assert [hit["_id"] for hit in answer["hits"]["hits"]] == ["east"]
    finally:
        patiently.delete(index, trust_env=False)


def test_what_was_acknowledged_survives_kill_9(private_opensearch: Callable[[], PrivateOpenSearch]) -> None:
    server = private_opensearch()
    put(f"{server.url}/kept", {"settings": {"number_of_replicas": 0}})
    put(f"{server.url}/kept/_doc/1", {"word": "frog"})

    server.kill()
    assert health(server.url) is None
    server.start()

    answer = patiently.get(f"{server.url}/kept/_doc/1", trust_env=False).json()
    assert answer["_source"] == {"word": "frog"}


def test_no_web_page_can_empty_the_index(opensearch: str) -> None:
    """Given a request that browsers send without asking first, when it comes from a page, then nothing is deleted."""
    index = f"{opensearch}/servers-kept"
    put(f"{index}/_doc/1?refresh=true", {"word": "frog"})

    def emptied_by(origin: dict[str, str]) -> httpx.Response:
        return patiently.post(f"{index}/_delete_by_query?q=*&refresh=true", headers=origin, trust_env=False)

    try:
        for page in ("https://example.com", "http://127.0.0.1.example.com", "http://127.0.0.1:8000", "null"):
            assert emptied_by({"Origin": page}).status_code == 403, page
        assert patiently.get(f"{index}/_count", trust_env=False).json()["count"] == 1
        assert emptied_by({}).json()["deleted"] == 1
    finally:
        patiently.delete(index, trust_env=False)


def test_others_in_the_network_reach_neither_server(opensearch: str, localstack: str) -> None:
    """Given servers that listen on 127.0.0.1, when another address of this machine is tried, nobody answers."""
    for url in (opensearch, localstack):
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port))


def test_localstack_sends_one_event_for_an_upload_by_form(localstack: str) -> None:
    cloud = set_up(localstack, KEYS)
    s3, sqs = cloud.s3(), cloud.sqs()
    form = s3.generate_presigned_post(IMAGES, "uploads/frog.png")

    patiently.post(form["url"], data=form["fields"], files={"file": b"a frog"}, trust_env=False).raise_for_status()

    events: list[dict[str, Any]] = []

    def announced() -> list[str]:
        events.extend(event for event in received(sqs, cloud.queue_url) if event.get("Event") != "s3:TestEvent")
        return [record["s3"]["object"]["key"] for event in events for record in event["Records"]]

    assert until(announced) == ["uploads/frog.png"]


def test_localstack_says_to_browsers_that_the_local_page_may_put_pictures_in_and_no_other_page(localstack: str) -> None:
    set_up(localstack, KEYS)

    def asked_by(origin: str) -> httpx.Response:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return patiently.options(f"{localstack}/{IMAGES}", headers=headers, trust_env=False)

    assert asked_by("http://127.0.0.1:8000").headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8000"
    assert asked_by("https://example.com").status_code == 403


def test_localstack_is_not_protected_from_web_pages_which_the_help_says(localstack: str) -> None:
    """Given what browsers send without asking first, then LocalStack does it, whatever page it comes from."""
    s3 = set_up(localstack, KEYS).s3()
    s3.put_object(Bucket=IMAGES, Key="frog.png", Body=b"a frog")
    all_of_it = "<Delete><Object><Key>frog.png</Key></Object></Delete>"
    headers = {"Origin": "https://example.com", "Content-Type": "text/plain"}

    sent = patiently.post(f"{localstack}/{IMAGES}?delete", content=all_of_it, headers=headers, trust_env=False)
    sent.raise_for_status()

    assert "Contents" not in s3.list_objects_v2(Bucket=IMAGES, Prefix="frog.png")
    told = " ".join(imagesearch("up", "--help").stdout.replace("│", " ").split())
    assert "any web page that you open could change what is in it" in told


def test_a_server_started_by_command_lives_on_and_keeps_its_indexes(tmp_path: Path) -> None:
    """Given a server that was killed, when it is started again, then its index is there; stopped, nothing runs."""
    data = ("--data", tmp_path)
    started = json.loads(imagesearch("opensearch", "start", *data, "--heap", 512, "--json").stdout)
    try:
        put(f"{started['url']}/kept", {"settings": {"number_of_replicas": 0}})
        assert "runs already" in imagesearch("opensearch", "start", *data).stdout
        os.kill(started["pid"], signal.SIGKILL)
        until(lambda: not processes.alive(started["pid"]))
        assert "does not run" in imagesearch("opensearch", "status", *data).stderr

        started = json.loads(imagesearch("opensearch", "start", *data, "--heap", 512, "--json").stdout)
        status = json.loads(imagesearch("opensearch", "status", *data, "--json").stdout)

        assert (status["pid"], status["health"]) == (started["pid"], "green")
        assert [index["index"] for index in status["indexes"]] == ["kept"]
    finally:
        stopped = imagesearch("opensearch", "stop", *data)
    assert stopped.returncode == 0
    assert not processes.alive(started["pid"])
    assert "does not run" in imagesearch("opensearch", "stop", *data).stdout


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_start_that_is_cut_short_leaves_a_server_that_can_be_found_and_stopped(
    tmp_path: Path, how: signal.Signals
) -> None:
    """Given a terminal that is closed meanwhile, then another `start` waits for that very server; `stop` ends it."""
    data = ("--data", str(tmp_path), "--json")
    command = [sys.executable, "-m", "imagesearch_local.cli", "opensearch", "start", "--heap", "512", *data]
    ours = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under `nohup` it would be ignored, and its child would do so
    try:
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    finally:
        signal.signal(signal.SIGHUP, ours)
    with process as starting:
        noted = until(lambda: kept_opensearch.find(tmp_path))
        assert noted
        starting.send_signal(how)
    assert starting.returncode != 0
    try:
        found = json.loads(imagesearch("opensearch", "start", *data).stdout)
        assert found["pid"] == noted.pid
        assert health(found["url"]) == "green"
    finally:
        assert f"Stopped process {noted.pid}" in imagesearch("opensearch", "stop", *data[:2]).stdout
    assert not processes.alive(noted.pid)


def test_two_servers_in_one_folder_are_refused_at_once(private_opensearch: Callable[[], PrivateOpenSearch]) -> None:
    data = private_opensearch().data
    refused = imagesearch("opensearch", "start", "--data", data)
    assert refused.returncode == 1
    said = " ".join(refused.stderr.split())
    assert f"works with the data in {data}: it belongs to an `imagesearch up`" in said
    assert "take another folder" in said


@pytest.mark.parametrize("last", [False, True])
def test_a_port_that_is_taken_meanwhile_costs_nothing(opensearch: str, tmp_path: Path, *, last: bool) -> None:
    """Given a port that another program takes before OpenSearch does, be it the last, then it is found elsewhere."""
    plan = private_plan(tmp_path, heap_mib=512)
    if last:
        plan = replace(plan, port=PORTS[-1])
    with socket.socket() as another:
        with suppress(OSError):  # where it is another test's, it is taken, too
            another.bind(("127.0.0.1", plan.port))
            another.listen()
        with running_opensearch(plan) as server:
            assert server.url not in {plan.url, opensearch}
            assert health(server.url, plan.cluster) == "green"


def test_where_there_is_no_opensearch_one_is_started_that_joins_no_other_and_is_stopped(
    opensearch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENSEARCH_URL", raising=False)
    monkeypatch.setattr(servers, "DOCKER_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(kept_opensearch, "default_data", lambda _cache: tmp_path / "none")

    with servers.opensearch_for(tmp_path / "own") as server:
        assert server.url != opensearch
        assert server.data == tmp_path / "own"
        assert len(patiently.get(f"{server.url}/_cat/nodes?format=json", trust_env=False).json()) == 1
    assert health(server.url) is None


def test_a_server_that_dies_is_started_again_where_it_was_with_what_it_had(tmp_path: Path) -> None:
    told: list[str] = []
    with revived_opensearch(private_plan(tmp_path, heap_mib=512), lambda _: None, told.append) as server:
        put(f"{server.url}/kept", {"settings": {"number_of_replicas": 0}})
        put(f"{server.url}/kept/_doc/1", {"word": "frog"})

        os.kill(server.process.pid, signal.SIGKILL)
        until(lambda: "OpenSearch runs again." in told)

        answer = patiently.get(f"{server.url}/kept/_doc/1", trust_env=False).json()
        assert answer["_source"] == {"word": "frog"}
    assert health(server.url) is None
    assert told[0].startswith(f"OpenSearch has ended, and is started again on {server.url}")


def test_the_server_of_a_data_folder_is_used_where_it_was_started_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given `opensearch start --data DATA`, then who needs one in DATA takes that, and who starts another is told."""
    monkeypatch.delenv("OPENSEARCH_URL", raising=False)
    started = json.loads(imagesearch("opensearch", "start", "--data", tmp_path, "--heap", 512, "--json").stdout)
    try:
        with servers.opensearch_for(tmp_path) as server:
            assert server == servers.IndexServer(started["url"], tmp_path)
        holder = rf"process {started['pid']}\).*opensearch stop --data {tmp_path}"
        with pytest.raises(ServerError, match=holder), running_opensearch(private_plan(tmp_path)):
            pytest.fail("two work with the same data")
    finally:
        imagesearch("opensearch", "stop", "--data", tmp_path)


def test_opensearch_of_the_environment_goes_before_all_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENSEARCH_URL", "https://search.example.com/images/")
    with servers.opensearch_for(tmp_path) as server:
        assert server == servers.IndexServer("https://search.example.com/images")
    assert not list(tmp_path.iterdir())


def test_a_server_ends_with_the_process_that_started_it_even_if_that_is_killed(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    with owner:
        assert owner.stdout
        pid = int(owner.stdout.readline())
        assert processes.alive(pid)
        owner.kill()
    until(lambda: not processes.alive(pid))


_OWNER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from imagesearch_local.servers.processes import owned
    folder = Path(sys.argv[1])
    with owned(["sleep", "3600"], folder / "log", folder=folder) as process:
        print(process.pid, flush=True)
        time.sleep(3600)
    """
)


def received(sqs: SQSClient, queue: str) -> Iterator[dict[str, Any]]:
    while messages := sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"):
        for message in messages:
            yield json.loads(message["Body"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def put(url: str, body: Any) -> None:
    patiently.put(url, json=body, trust_env=False).raise_for_status()
