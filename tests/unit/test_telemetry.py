"""Metrics as CloudWatch reads them from a log, and silence where nobody reads them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, get_args

import pytest

from imagesearch.outcomes import Outcome, Result
from imagesearch.records import Change
from imagesearch.telemetry import counted, step, tell, traced


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What was printed since the last look, as JSON, of functions that have a namespace for their metrics."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "imagesearch")
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def units(line: dict[str, Any]) -> dict[str, str]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    return {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}


def dimensions(line: dict[str, Any]) -> list[list[str]]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    return [list(names) for names in directive["Dimensions"]]


def test_a_line_names_values_units_and_the_service(lines: Any) -> None:
    tell("index_images", {"ImagesIndexed": 2, "DescriptorMilliseconds": [10.5, 20]})

    (line,) = lines()
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "imagesearch"
    assert units(line) == {"ImagesIndexed": "Count", "DescriptorMilliseconds": "Milliseconds"}
    assert dimensions(line) == [["service"]]
    assert (line["service"], line["ImagesIndexed"], line["DescriptorMilliseconds"]) == ("index_images", [2], [10.5, 20])


def test_further_dimensions_come_beside_the_service_alone(lines: Any) -> None:
    tell("search_api", {"Hits": 3}, mode="text")

    (line,) = lines()
    assert dimensions(line) == [["service"], ["service", "mode"]]
    assert (line["service"], line["mode"]) == ("search_api", "text")


@pytest.mark.parametrize("values", [99, 100, 101, 250])
def test_no_value_is_lost_where_there_are_many(lines: Any, values: int) -> None:
    tell("index_images", {"DescriptorMilliseconds": [float(number) for number in range(values)]})

    told = [value for line in lines() for value in line["DescriptorMilliseconds"]]
    assert told == list(range(values))


def test_without_a_namespace_nothing_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE", raising=False)
    tell("index_images", {"ImagesIndexed": 2})
    assert capsys.readouterr().out == ""


def test_one_call_says_nothing_of_the_one_before(lines: Any) -> None:
    tell("search_api", {"Hits": 3}, mode="text")
    tell("index_images", {"ImagesIndexed": 1})

    _, second = lines()
    assert dimensions(second) == [["service"]]
    assert not {"Hits", "mode"} & second.keys()


def test_outcomes_are_counted_by_what_became_of_images() -> None:
    outcomes = [Outcome(Change("images", "a.png", "1"), result) for result in get_args(Result)]
    assert counted(outcomes) == {"ImagesIndexed": 1, "ImagesRejected": 1, "ImagesRemoved": 1, "Failed": 1}
    assert set(counted([]).values()) == {0}


def test_where_no_traces_are_taken_a_handler_stays_as_it_is_and_no_library_is_loaded() -> None:
    program = """
import sys
from imagesearch.telemetry import step, traced
def handler(event, context): return event
assert traced("index_images")(handler) is handler
with step("index"): pass
print(any(name.startswith("aws_xray_sdk") for name in sys.modules))
"""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "POWERTOOLS_"))}
    ran = subprocess.run([sys.executable, "-c", program], env=bare, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_an_error_in_a_step_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_XRAY_DAEMON_ADDRESS", raising=False)

    @traced("index_images")
    def handler(event: dict[str, Any], context: object) -> None:
        with step("index"):
            raise LookupError(event["key"])

    with pytest.raises(LookupError, match=r"a\.png"):
        handler({"key": "a.png"}, None)
