"""What the real functions tell on AWS, metrics and traces, and what they do not tell on a laptop."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from imagesearch_local.cloud.resources import IMAGES
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.conftest import Library

COFFEE = "food/coffee.png"


@pytest.fixture(scope="module")
def one_picture(bare_library: Library, photographs: Path) -> Library:
    bare_library.put(COFFEE, photographs / "coffee.png", caption="A cup of coffee.")
    bare_library.index()
    return bare_library


@pytest.fixture
def deployed(one_picture: Library) -> Iterator[Library]:
    """Functions that have a namespace for their metrics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "imagesearch")
        with one_picture.restarted():
            yield one_picture


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines that CloudWatch would take metrics from."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def told(line: dict[str, Any]) -> tuple[dict[str, str], list[list[str]]]:
    """Units by name, and by what they are kept."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    return {each["Name"]: each["Unit"] for each in directive["Metrics"]}, directive["Dimensions"]


def test_indexing_tells_what_became_of_images_and_how_long_describing_took(
    deployed: Library, photographs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.put("a.png", photographs / "rocket.jpg")
    deployed.put("b.png", b"no picture at all")
    deployed.index()
    deployed.s3.delete_object(Bucket=IMAGES, Key="a.png")
    deployed.index()

    first, second = metrics(capsys)
    counts = dict.fromkeys(("ImagesIndexed", "ImagesRejected", "ImagesRemoved", "Failed"), "Count")
    assert told(first) == ({**counts, "DescriptorMilliseconds": "Milliseconds"}, [["service"]])
    assert first["service"] == "index_images"
    assert [first[name] for name in counts] == [[1], [1], [0], [0]]
    assert [second[name] for name in counts] == [[0], [0], [1], [0]]
    (milliseconds,) = first["DescriptorMilliseconds"]
    assert milliseconds > 1
    assert "DescriptorMilliseconds" not in second


@pytest.mark.parametrize("body", ["hello", json.dumps({"Records": [{}]})])
def test_messages_that_must_come_again_have_failed(
    deployed: Library, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    from index_images.handler import handler

    event = json.loads((CHECKOUT / "events" / "s3_test.json").read_bytes())
    event["Records"][0]["body"] = body
    handler(event, LambdaContext("index_images", 60))  # type: ignore[arg-type]  # all that is used of it
    (line,) = metrics(capsys)
    assert line["Failed"] == [1]


def test_searches_tell_their_mode_time_and_hits(
    deployed: Library, photographs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api = deployed.api
    one = api.search(text="coffee")["hits"][0]["id"]
    api.search(image_id=one, text="coffee")
    api.search()
    api.get(f"/images/{one}/similar")
    picture = {"Content-Type": "image/jpeg"}
    api.post("/search", content=(photographs / "rocket.jpg").read_bytes(), headers=picture)

    lines = metrics(capsys)
    assert [line["mode"] for line in lines] == ["text", "both", "browse", "image", "image"]
    assert [line["Hits"] for line in lines] == [[1], [0], [1], [0], [1]]
    for line in lines:
        units = {"SearchMilliseconds": "Milliseconds", "Hits": "Count"}
        assert told(line) == (units, [["service"], ["service", "mode"]])
        assert line["SearchMilliseconds"][0] > 0


def test_errors_are_told_by_code(deployed: Library, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("/nothing", "/images/none", "/search?limit=0"):
        deployed.api.get(path.partition("?")[0], params={"limit": "0"} if "?" in path else None)

    lines = metrics(capsys)
    assert [line["code"] for line in lines] == ["no-such-route", "image-not-found", "invalid-request"]
    assert {json.dumps(told(line)) for line in lines} == {
        json.dumps(({"Errors": "Count"}, [["service"], ["service", "code"]]))
    }


@pytest.mark.parametrize("body", [None, "", "<html>", "[]", "{}"])
def test_an_error_that_has_no_code_is_counted_all_the_same(
    deployed: Library, capsys: pytest.CaptureFixture[str], body: str | None
) -> None:
    from search_api.measuring import tell_error

    tell_error({"statusCode": 500, "body": body})
    (line,) = metrics(capsys)
    assert (line["Errors"], line["code"]) == ([1], "unknown")


def test_backfilling_tells_the_same_of_itself(deployed: Library, capsys: pytest.CaptureFixture[str]) -> None:
    from backfill_images.handler import handler

    event = {"Items": [{"Key": COFFEE}], "BatchInput": {"bucket": IMAGES}}
    handler(event, LambdaContext("backfill_images", 300))  # type: ignore[arg-type]  # all that is used of it
    (line,) = metrics(capsys)
    assert (line["service"], line["ImagesIndexed"], line["Failed"]) == ("backfill_images", [0], [0])


def test_on_a_laptop_no_metric_is_printed(one_picture: Library, capsys: pytest.CaptureFixture[str]) -> None:
    with one_picture.restarted():
        one_picture.api.search(text="coffee")
        one_picture.api.get("/nothing")
    assert metrics(capsys) == []


TRACED = """
import importlib, json, sys
from imagesearch_local.relay.lambda_context import LambdaContext
function = sys.argv[1]
handler = importlib.import_module(f"{function}.handler").handler
print(json.dumps(handler(json.load(sys.stdin), LambdaContext(function, 30))))
"""


def traced(library: Library, function: str, event: str, folder: Path) -> tuple[Any, list[dict[str, Any]]]:
    """A function's answer to a sample event as Lambda has it traced, and the trace's segments."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:  # X-Ray's, or who listens in its place
        daemon.bind(("127.0.0.1", 0))
        variables = {
            **library.process_environment(),
            "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "LAMBDA_TASK_ROOT": str(folder),
            "_X_AMZN_TRACE_ID": "Root=1-5e1b4151-5ac6c58f3a9d1f5a4f1d2c3b;Parent=53995c3f42cd8ad8;Sampled=1",
        }
        body = (CHECKOUT / "events" / f"{event}.json").read_bytes()
        command = [sys.executable, "-c", TRACED, function]
        ran = subprocess.run(command, input=body, env=variables, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr.decode()
        daemon.setblocking(False)
        segments = []
        with suppress(BlockingIOError):
            while True:
                segments.append(json.loads(daemon.recv(65_536).partition(b"\n")[2]))
    return json.loads(ran.stdout.splitlines()[-1]), segments


def test_a_search_is_a_trace_with_its_steps(one_picture: Library, tmp_path: Path) -> None:
    answer, segments = traced(one_picture, "search_api", "api_search_get", tmp_path)

    assert answer["statusCode"] == 200
    assert {"## query", "## search", "## handler"} <= {segment["name"] for segment in segments}
    (call,) = (segment for segment in segments if segment["name"] == "## handler")
    assert call["annotations"]["Service"] == "search_api"
    assert "hits" not in json.dumps(segments)  # answers are people's pictures and words


def test_indexing_is_a_trace_with_its_requests_to_aws(one_picture: Library, photographs: Path, tmp_path: Path) -> None:
    """... though other threads send them."""
    one_picture.put("animals/amphibians/frog.png", photographs / "coffee.png")

    answer, segments = traced(one_picture, "index_images", "s3_created", tmp_path)

    assert answer == {"batchItemFailures": []}
    assert {"## index", "## handler"} <= {segment["name"] for segment in segments}
    requests = {segment["aws"]["operation"] for segment in segments if segment["name"] == "s3"}
    assert {"GetObject", "PutObject"} <= requests
