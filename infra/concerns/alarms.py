"""What somebody must be told of. Each alarm says what to do; all of them go to the library's alarm topic.

Those of the domain are in `domain_alarms.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.concerns.events import GenerationQueue
from infra.function import Function
from infra.settings import Deployment

OLDEST_MESSAGE_SECONDS = 3600
SLOW_SEARCH_MS = 10_000
"""A third of what API Gateway waits for an answer."""
SERVER_ERRORS = 5
"""In five minutes: one alone is a hiccup that whoever searched has long repeated."""

_FIVE_MINUTES = Duration.minutes(5)


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm rings, and what it says."""

    name: str
    metric: cloudwatch.IMetric
    threshold: float
    advice: str
    periods: int = 1
    """How many of the metric's periods in a row."""
    comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING


class Alarms(Construct):
    """An alarm for each rule. `all` has them in the order of the rules."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        topic: sns.Topic,
        rules: list[Rule],
    ) -> None:
        super().__init__(scope, construct_id)
        action = actions.SnsAction(topic)
        self.all = [self._alarm(deployment, rule) for rule in rules]
        for alarm in self.all:
            alarm.add_alarm_action(action)
            alarm.add_ok_action(action)

    def _alarm(self, deployment: Deployment, rule: Rule) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            "".join(word.capitalize() for word in rule.name.replace("_", "-").split("-")),
            alarm_name=f"{deployment.name}-{rule.name}",
            alarm_description=rule.advice,
            metric=rule.metric,
            threshold=rule.threshold,
            evaluation_periods=rule.periods,
            comparison_operator=rule.comparison,
            treat_missing_data=rule.missing,
        )


def queue_rules(queues: Mapping[int, GenerationQueue]) -> Iterator[Rule]:
    for number, each in queues.items():
        yield Rule(
            f"dead-letters-{number}",
            each.dead_letters.metric_approximate_number_of_messages_visible(period=_FIVE_MINUTES, statistic="Maximum"),
            1,
            f"Changes of pictures could not be indexed in 20 attempts (generation {number}). Read the logs of "
            "index_images, mend the cause, then redrive: docs/deploy.md, 'When something is wrong'.",
        )
        yield Rule(
            f"oldest-message-{number}",
            each.queue.metric_approximate_age_of_oldest_message(period=_FIVE_MINUTES, statistic="Maximum"),
            OLDEST_MESSAGE_SECONDS,
            f"A change waits for more than an hour (generation {number}). After a large upload that ends by itself; "
            "else index_images fails or the index does not answer.",
        )


def function_rules(functions: Mapping[str, Function]) -> Iterator[Rule]:
    """Of each function, by its name as `search_api` or `index_images-1`."""
    for name, each in functions.items():
        yield Rule(
            f"{name}-errors",
            each.function.metric_errors(period=_FIVE_MINUTES, statistic="Sum"),
            1,
            f"{name} crashed or ran out of time again and again: see its logs.",
            periods=_PATIENCE.get(name.partition("-")[0], 1),
        )
        yield Rule(
            f"{name}-throttles",
            each.function.metric_throttles(period=_FIVE_MINUTES, statistic="Sum"),
            1,
            f"{name} is refused more instances: the account's concurrency is used up. Ask AWS for more, or lower "
            "index-concurrency.",
            periods=3,
        )


_PATIENCE = {"index_images": 3, "backfill_images": 3, "search_api": 2}
"""Periods with errors before an alarm. Batches are tried again by themselves; of `manage_index` every error counts."""


def search_rules(search_api: Function, api: apigateway.RestApi) -> Iterator[Rule]:
    yield Rule(
        "slow-searches",
        search_api.function.metric_duration(period=_FIVE_MINUTES, statistic="p99"),
        SLOW_SEARCH_MS,
        "One search in a hundred takes more than 10 seconds. Look at the dashboard: the cluster's processor and memory "
        "first, then cold starts (search-start=snapstart).",
        periods=3,
    )
    yield Rule(
        "server-errors",
        api.deployment_stage.metric_server_error(period=_FIVE_MINUTES, statistic="Sum"),
        SERVER_ERRORS,
        "The API answers with 5xx: see the logs of search_api, and whether the cluster is well.",
    )


def state_machine_rules(state_machines: Mapping[str, sfn.StateMachine]) -> Iterator[Rule]:
    for name, machine in state_machines.items():
        failed, timed_out = (
            metric(period=_FIVE_MINUTES, statistic="Sum")
            for metric in (machine.metric_failed, machine.metric_timed_out)
        )
        yield Rule(
            f"{name}-failed",
            cloudwatch.MathExpression(
                expression="failed + timedout",
                using_metrics={"failed": failed, "timedout": timed_out},
                period=_FIVE_MINUTES,
                label=f"{name} failed",
            ),
            1,
            f"The state machine {name} failed. Its execution says why, and can be redriven.",
        )
