"""What functions tell of themselves on AWS: metrics and traces. On a laptop nothing is told, nor loaded for it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from imagesearch.outcomes import Outcome

_NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
"""A deployment sets it."""
_DAEMON = "AWS_XRAY_DAEMON_ADDRESS"
"""Lambda sets it, where traces can be sent to (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)."""

Handler = TypeVar("Handler", bound=Callable[..., Any])


def tell(service: str, values: Mapping[str, float | Sequence[float]], **dimensions: str) -> None:
    """Metrics, as one line on standard output in CloudWatch's embedded metric format, where there is a namespace.

    Those whose names end with `Milliseconds` are in that unit, all others are counts. They are kept by service, and
    where further `dimensions` are given once more by service and these. Up to 100 values of a metric
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html)
    go on a line, more on further ones.
    """
    if not os.environ.get(_NAMESPACE):
        return
    metrics = EphemeralMetrics(service=service)
    metrics.add_dimension("service", service)
    if dimensions:
        metrics.add_dimensions(service=service, **dimensions)
    for name, value in values.items():
        unit = MetricUnit.Milliseconds if name.endswith("Milliseconds") else MetricUnit.Count
        for each in value if isinstance(value, Sequence) else (value,):
            metrics.add_metric(name, unit, each)
    if metrics.metric_set:  # not where all of it filled its lines
        metrics.flush_metrics()


def counted(outcomes: Iterable[Outcome]) -> dict[str, float]:
    """What became of images, by the names of the metrics. `Failed` is what must be tried again, words included."""
    results = Counter(outcome.result for outcome in outcomes)
    return {
        "ImagesIndexed": results["indexed"],
        "ImagesRejected": results["rejected"],
        "ImagesRemoved": results["removed"],
        "Failed": results["failed"],
    }


def traced(service: str) -> Callable[[Handler], Handler]:
    """A decorator of handlers: each call is a trace in X-Ray, with a part for each request to AWS and each `step`."""

    def as_it_is(handler: Handler) -> Handler:
        return handler

    if _DAEMON not in os.environ:
        return as_it_is
    from aws_lambda_powertools import Tracer  # noqa: PLC0415 - it loads the SDK of X-Ray, a third of a second

    # Answers are not kept with traces: they are people's pictures and words.
    tracer = Tracer(service=service, patch_modules=("botocore",))
    return tracer.capture_lambda_handler(capture_response=False)


@contextmanager
def step(name: str) -> Iterator[None]:
    """What runs in this block, as a part of the trace where there is one."""
    if _DAEMON not in os.environ:
        yield
        return
    # Loaded by then; it ships no types.
    from aws_xray_sdk.core import xray_recorder  # type: ignore[import-untyped]  # noqa: PLC0415

    with xray_recorder.in_subsegment(f"## {name}"):
        yield
