"""Alarms: each thing that can go wrong has one, and it reaches somebody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from infra_checks import observability

from infra.settings import Profile

Both = tuple[Mapping[str, Any], Mapping[str, Any]]


def test_every_alarm_says_what_to_do_and_is_sent(service: Mapping[str, Any]) -> None:
    observability.check_alarms_are_told(service)


def test_the_topic_of_alarms_takes_what_cloudwatch_and_budgets_send(library: Mapping[str, Any]) -> None:
    observability.check_alarm_topic_takes_what_is_sent(library)


def test_dead_letters_and_old_changes_ring(service: Mapping[str, Any]) -> None:
    observability.check_queues_have_alarms(service, 1)


def test_errors_and_throttles_of_every_function_ring(service: Mapping[str, Any]) -> None:
    observability.check_functions_have_alarms(service)


def test_slow_searches_and_answers_with_5xx_ring(service: Mapping[str, Any]) -> None:
    observability.check_searches_have_alarms(service)


def test_a_failed_backfill_or_sweep_rings(service: Mapping[str, Any]) -> None:
    observability.check_state_machines_have_alarms(service)


def test_the_domain_has_the_alarms_that_aws_recommends(library: Mapping[str, Any], service: Mapping[str, Any]) -> None:
    observability.check_domain_has_recommended_alarms(library, service)


@pytest.mark.parametrize("profile", ["production"], indirect=True)
def test_dedicated_managers_have_alarms_of_their_own(service: Mapping[str, Any], profile: Profile) -> None:
    watched = {each.get("MetricName") for each in observability.alarms(service).values()}

    assert watched >= observability.OF_MANAGERS
