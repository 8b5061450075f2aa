"""One page that shows how the service does: what is searched and how fast, what is indexed, what waits, the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra.concerns.events import GenerationQueue
from infra.function import METRICS_NAMESPACE, Function
from infra.settings import Deployment

WIDTH = 24
HEIGHT = 6
MODES = ("text", "image", "both", "browse")
"""Of a search, as `search_api` names them in its metrics."""
INDEXED = ("ImagesIndexed", "ImagesRemoved", "ImagesRejected", "Failed")

_PERIOD = Duration.minutes(5)
_ZERO = cloudwatch.YAxisProps(min=0)


class Dashboard(Construct):
    """Rows of graphs, below the alarms."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        alarms: Sequence[cloudwatch.IAlarm],
        functions: Mapping[str, Function],
        api: apigateway.RestApi,
        queues: Mapping[int, GenerationQueue],
        domain: opensearch.Domain,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=deployment.name,
            default_interval=Duration.days(1),
            period_override=cloudwatch.PeriodOverride.AUTO,
        )
        self.dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(
                title="Alarms",
                alarms=list(alarms),
                width=WIDTH,
                height=HEIGHT,
                sort_by=cloudwatch.AlarmStatusWidgetSortBy.STATE_UPDATED_TIMESTAMP,
            )
        )
        for row in (
            _searching(),
            _answering(api),
            _indexing(),
            _waiting(queues),
            _running(functions),
            _cluster(domain),
        ):
            self.dashboard.add_widgets(*row)


def _searching() -> list[cloudwatch.IWidget]:
    by_mode = [_own("search_api", "SearchMilliseconds", "SampleCount", label=mode, mode=mode) for mode in MODES]
    times = [
        _own("search_api", "SearchMilliseconds", statistic, label=f"{mode} {statistic}", mode=mode)
        for mode in MODES
        for statistic in ("p50", "p99")
    ]
    hits = [_own("search_api", "Hits", "Average", label="hits of a search")]
    return [
        _graph("Searches by mode", by_mode, of=3, stacked=True),
        _graph("Time of a search (ms)", times, of=3),
        _graph("Hits of a search", hits, of=3),
    ]


def _answering(api: apigateway.RestApi) -> list[cloudwatch.IWidget]:
    stage = api.deployment_stage
    answers = [
        stage.metric_count(label="all", period=_PERIOD, statistic="Sum"),
        stage.metric_client_error(label="4xx", period=_PERIOD, statistic="Sum"),
        stage.metric_server_error(label="5xx", period=_PERIOD, statistic="Sum"),
    ]
    times = [stage.metric_latency(label=each, period=_PERIOD, statistic=each) for each in ("p50", "p99")]
    errors = cloudwatch.MathExpression(
        expression=f"SEARCH('{{{METRICS_NAMESPACE},service,code}} MetricName=\"Errors\"', 'Sum')",
        using_metrics={},
        period=_PERIOD,
        label="",
    )
    return [
        _graph("Answers of the API", answers, of=3),
        _graph("Time of an answer (ms)", times, of=3),
        _graph("Errors by code", [errors], of=3, stacked=True),
    ]


def _indexing() -> list[cloudwatch.IWidget]:
    rates = [
        _own(service, name, "Sum", label=f"{name}{where}")
        for service, where in (("index_images", ""), ("backfill_images", " (backfill)"))
        for name in INDEXED
    ]
    rejected = [
        _own(service, "ImagesRejected", "Sum", label=service) for service in ("index_images", "backfill_images")
    ]
    describing = [
        _own("index_images", "DescriptorMilliseconds", statistic, label=statistic) for statistic in ("p50", "p99")
    ]
    return [
        _graph("Images in five minutes", rates, of=3),
        _graph("Rejected", rejected, of=3, stacked=True),
        _graph("Time to describe a picture (ms)", describing, of=3),
    ]


def _waiting(queues: Mapping[int, GenerationQueue]) -> list[cloudwatch.IWidget]:
    depth = [
        metric(label=f"{label} {number}", period=_PERIOD, statistic="Maximum")
        for number, each in queues.items()
        for label, metric in (
            ("waiting", each.queue.metric_approximate_number_of_messages_visible),
            ("in work", each.queue.metric_approximate_number_of_messages_not_visible),
        )
    ]
    dead = [
        each.dead_letters.metric_approximate_number_of_messages_visible(
            label=f"generation {number}", period=_PERIOD, statistic="Maximum"
        )
        for number, each in queues.items()
    ]
    age = [
        each.queue.metric_approximate_age_of_oldest_message(
            label=f"generation {number}", period=_PERIOD, statistic="Maximum"
        )
        for number, each in queues.items()
    ]
    return [
        _graph("Changes in the queue", depth, of=3),
        _graph("Age of the oldest (s)", age, of=3),
        _graph("Dead letters", dead, of=3),
    ]


def _running(functions: Mapping[str, Function]) -> list[cloudwatch.IWidget]:
    def of_each(name: str, statistic: str) -> list[cloudwatch.IMetric]:
        return [
            each.function.metric(name, label=label, period=_PERIOD, statistic=statistic)
            for label, each in functions.items()
        ]

    return [
        _graph("Time of a call, p99 (ms)", of_each("Duration", "p99"), of=4),
        _graph("Functions at once", of_each("ConcurrentExecutions", "Maximum"), of=4),
        _graph("Errors", of_each("Errors", "Sum"), of=4, stacked=True),
        _graph("Throttles", of_each("Throttles", "Sum"), of=4, stacked=True),
    ]


def _cluster(domain: opensearch.Domain) -> list[cloudwatch.IWidget]:
    def metric(name: str, label: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        return domain.metric(name, label=label, statistic=statistic, period=_PERIOD)

    return [
        _graph(
            "Cluster: processor and memory (%)",
            [metric("CPUUtilization", "processor"), metric("JVMMemoryPressure", "Java's memory")],
            of=4,
        ),
        _graph("Cluster: least free disk (MiB)", [metric("FreeStorageSpace", "of a node", "Minimum")], of=4),
        _graph(
            "Cluster: time (ms)",
            [metric("SearchLatency", "searching", "Average"), metric("IndexingLatency", "writing", "Average")],
            of=4,
        ),
        _graph(
            "Cluster: red, yellow; documents",
            [metric("ClusterStatus.red", "red"), metric("ClusterStatus.yellow", "yellow")],
            of=4,
            right=[metric("SearchableDocuments", "documents")],
        ),
    ]


def _own(
    service: str,
    name: str,
    statistic: str,
    *,
    label: str,
    **dimensions: str,
) -> cloudwatch.Metric:
    """A metric that our functions write to their logs."""
    return cloudwatch.Metric(
        namespace=METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service, **dimensions},
        statistic=statistic,
        period=_PERIOD,
        label=label,
    )


def _graph(
    title: str,
    left: Iterable[cloudwatch.IMetric],
    *,
    of: int,
    stacked: bool = False,
    right: Iterable[cloudwatch.IMetric] = (),
) -> cloudwatch.GraphWidget:
    """One of so many graphs of a row."""
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        right=list(right),
        left_y_axis=_ZERO,
        right_y_axis=_ZERO,
        stacked=stacked,
        width=WIDTH // of,
        height=HEIGHT,
    )
