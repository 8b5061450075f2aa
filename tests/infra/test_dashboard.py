"""The dashboard shows what there is, under the names that the functions write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from infra_checks import observability

from imagesearch import telemetry
from imagesearch.retrieval import Counts
from imagesearch.searches import Page, Query
from infra.concerns.dashboard import MODES
from infra.function import METRICS_NAMESPACE
from search_api import measuring

Written = set[tuple[str, frozenset[str]]]
"""Names of metrics, each with the names of a set of dimensions that it is kept by."""


def test_it_shows_all_alarms_first(service: Mapping[str, Any]) -> None:
    observability.check_dashboard_shows_all_alarms(service)


def test_it_shows_functions_queues_and_the_cluster(service: Mapping[str, Any]) -> None:
    observability.check_dashboard_shows_functions_queues_and_cluster(service)


def test_its_modes_are_those_of_searches() -> None:
    assert get_args(measuring.Mode) == MODES


def test_every_metric_of_ours_that_it_shows_is_one_that_functions_write(
    service: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given what the functions really print, then nothing on the dashboard stays empty for a wrong name."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", METRICS_NAMESPACE)
    measuring.tell_search(Query(text="frog"), _page(), seconds=0.1)
    for name in ("index_images", "backfill_images"):
        telemetry.tell(name, {**telemetry.counted([]), "DescriptorMilliseconds": [25.0]})
    written = set(_metrics(capsys.readouterr().out))

    shown = {
        (name, frozenset(dimension for dimension, _ in dimensions))
        for namespace, name, dimensions in observability.shown(service)
        if namespace == METRICS_NAMESPACE
    }

    assert shown
    assert shown <= written


def _page() -> Page:
    return Page(hits=(), counts=Counts(total=0, facets={}), total_of="text", cursor=None)


def _metrics(printed: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Of lines in CloudWatch's embedded metric format."""
    for line in printed.splitlines():
        for directive in json.loads(line)["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                for dimensions in directive["Dimensions"]:
                    yield metric["Name"], frozenset(dimensions)
