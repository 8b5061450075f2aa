"""The alarms that AWS recommends for a domain, with its own thresholds.

https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_opensearchservice as opensearch

from infra.concerns.alarms import Rule
from infra.settings import Deployment

MANAGERS = 3
FREE_SHARE = 0.25
"""Of each node's volume."""

_AT_MOST = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD
_BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
_MIB_OF_GIB = 1024


def domain_rules(deployment: Deployment, domain: opensearch.Domain) -> Iterator[Rule]:
    yield from _availability(deployment, domain)
    yield from _load(deployment, domain)
    if deployment.manager_node_type:
        yield from _managers(domain)


def _availability(deployment: Deployment, domain: opensearch.Domain) -> Iterator[Rule]:
    yield Rule(
        "cluster-red",
        _metric(domain, "ClusterStatus.red"),
        1,
        "A part of the index is away: searches miss pictures. Most often the disks are full.",
    )
    yield Rule(
        "cluster-yellow",
        _metric(domain, "ClusterStatus.yellow"),
        1,
        "A copy of a part of the index is away: nothing is lost yet.",
        periods=5,
    )
    yield Rule(
        "nodes-missing",
        _metric(domain, "Nodes", "Minimum", Duration.days(1)),
        deployment.data_nodes + (MANAGERS if deployment.manager_node_type else 0),
        "A node has been away within the last day.",
        comparison=_BELOW,
    )
    yield Rule(
        "manager-unreachable",
        _metric(domain, "MasterReachableFromNode", "Maximum", Duration.minutes(5)),
        1,
        "Nodes do not reach the cluster's manager: it stopped, or the network is broken.",
        comparison=_BELOW,
    )
    yield Rule(
        "snapshot-failed",
        _metric(domain, "AutomatedSnapshotFailure"),
        1,
        "The hourly snapshot failed, mostly since the cluster is red. Pictures are in S3 in any case.",
    )
    for name, metric in (("key-error", "KMSKeyError"), ("key-inaccessible", "KMSKeyInaccessible")):
        yield Rule(
            name,
            _metric(domain, metric),
            1,
            "The key that encrypts the index is disabled or gone. Enable it within days, or the index is lost.",
        )


def _load(deployment: Deployment, domain: opensearch.Domain) -> Iterator[Rule]:
    yield Rule(
        "storage-low",
        _metric(domain, "FreeStorageSpace", "Minimum"),
        deployment.volume_gib * _MIB_OF_GIB * FREE_SHARE,
        "A disk of the cluster is three quarters full: raise volume-gib. A full one refuses writes.",
        comparison=_AT_MOST,
    )
    yield Rule(
        "writes-blocked",
        _metric(domain, "ClusterIndexWritesBlocked", "Maximum", Duration.minutes(5)),
        1,
        "The cluster refuses writes, mostly since a disk is full or memory is short. Changes wait in the queue.",
    )
    yield Rule(
        "cluster-processor",
        _metric(domain, "CPUUtilization", "Maximum", Duration.minutes(15)),
        80,
        "The cluster's processors have been busy for 45 minutes: take larger nodes or more of them.",
        periods=3,
    )
    yield Rule(
        "memory-pressure",
        _metric(domain, "JVMMemoryPressure"),
        95,
        "Java's memory is nearly used up: take larger nodes.",
        periods=3,
    )
    yield Rule(
        "old-memory-pressure",
        _metric(domain, "OldGenJVMMemoryPressure"),
        80,
        "Java's memory fills with what stays: take larger nodes.",
        periods=3,
    )
    yield Rule(
        "search-queue",
        _metric(domain, "ThreadpoolSearchQueue", "Average"),
        500,
        "Searches wait in the cluster: take larger nodes, more of them, or more replicas.",
    )
    yield Rule(
        "write-queue",
        _metric(domain, "ThreadpoolWriteQueue", "Average"),
        100,
        "Writes wait in the cluster: lower index-concurrency, or take larger nodes.",
    )


def _managers(domain: opensearch.Domain) -> Iterator[Rule]:
    """Where there are dedicated ones."""
    advice = "The dedicated managers are too small for this cluster: take a larger manager-node-type."
    yield Rule(
        "manager-processor",
        _metric(domain, "MasterCPUUtilization", "Maximum", Duration.minutes(15)),
        50,
        advice,
        periods=3,
    )
    yield Rule("manager-memory-pressure", _metric(domain, "MasterJVMMemoryPressure"), 95, advice, periods=3)
    yield Rule("manager-old-memory-pressure", _metric(domain, "MasterOldGenJVMMemoryPressure"), 80, advice, periods=3)


def _metric(
    domain: opensearch.Domain, name: str, statistic: str = "Maximum", period: Duration | None = None
) -> cloudwatch.Metric:
    return domain.metric(name, statistic=statistic, period=period or Duration.minutes(1))
