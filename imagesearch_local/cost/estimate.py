"""The estimate, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from imagesearch_local.cost import workload as assumed
from imagesearch_local.cost.cluster import Cluster, cluster_for
from imagesearch_local.cost.prices import Basis, Region, price_table
from imagesearch_local.cost.workload import GB, HOURS, SECONDS, SERVICES, Service, Workload


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is paid for each month."""

    service: str
    what: str
    price: str
    """Its name in `prices.toml`."""
    quantity: float
    unit: str
    unit_usd: float
    usd: float
    basis: Basis


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a deployment costs."""

    lines: tuple[Line, ...]
    """Of a month, dearest first."""
    once: tuple[Line, ...]
    """Of indexing all pictures the first time."""
    cluster: Cluster

    @property
    def monthly_usd(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def once_usd(self) -> float:
        return sum(line.usd for line in self.once)

    @property
    def recalled_usd(self) -> float:
        """Dollars a month by prices from memory."""
        return sum(line.usd for line in self.lines if line.basis == "recalled")

    def by_service(self) -> dict[str, float]:
        """Dollars a month of each service, dearest first."""
        totals: dict[str, float] = {}
        for line in self.lines:
            totals[line.service] = totals.get(line.service, 0) + line.usd
        return dict(sorted(totals.items(), key=lambda pair: -pair[1]))


@dataclass(frozen=True, slots=True)
class _Used:
    service: str
    what: str
    price: str
    quantity: float


def estimate(workload: Workload, region: Region, *, free_tier: bool = False) -> Estimate:
    """What `workload` costs a month in `region`; with `free_tier` what every account has free each month is taken off.

    Raises `cluster.DoesNotFit` where there are more images than the profile's cluster can hold.
    """
    cluster = cluster_for(workload.images, workload.profile)
    service = SERVICES[workload.profile]
    used = [
        *_search_cluster(cluster),
        *_pictures(workload),
        *_indexing(service, workload.uploads_per_month),
        *_searching(workload, service),
        *_standing(workload, service),
    ]
    free = {name: price.free for name, price in price_table().prices.items()} if free_tier else {}
    lines = (_line(each, region, free) for each in used if each.quantity)
    once = (_line(each, region, {}) for each in _indexing(service, workload.images))
    return Estimate(_dearest_first(lines), _dearest_first(once), cluster)


def _search_cluster(cluster: Cluster) -> Iterator[_Used]:
    yield _Used("OpenSearch", "data nodes", cluster.node_type, cluster.nodes * HOURS)
    if cluster.manager_type:
        yield _Used("OpenSearch", "dedicated managers", cluster.manager_type, cluster.managers * HOURS)
    volumes = cluster.nodes * cluster.volume_gib
    yield _Used("OpenSearch", f"disks, {cluster.volume_gib} GiB a node", "opensearch-gp3", volumes)


def _pictures(workload: Workload) -> Iterator[_Used]:
    derived = workload.images * (assumed.THUMBNAIL_BYTES + assumed.DERIVED_BYTES)
    yield _Used("S3", "your pictures", "s3-storage", workload.images * workload.image_bytes / GB)
    yield _Used("S3", "thumbnails and descriptors", "s3-storage", derived / GB)


def _indexing(service: Service, pictures: float) -> Iterator[_Used]:
    """Of so many pictures, in one model generation."""
    yield _Used("Lambda", "indexing", "lambda-duration", pictures * assumed.index_gb_seconds(service))
    yield _Used("Lambda", "calls of index_images", "lambda-request", pictures / 10)
    # The picture itself, its thumbnail and its descriptors are written; picture, sidecar and descriptors are read.
    yield _Used("S3", "writing pictures and what is made of them", "s3-write", pictures * 3)
    yield _Used("S3", "reading pictures", "s3-read", pictures * 3)
    yield _Used("SNS and SQS", "events", "sns-publish", pictures)
    yield _Used("SNS and SQS", "events in the queue", "sqs-request", pictures * assumed.RECEIVES_PER_PICTURE)
    yield _Used("CloudWatch", "logs of indexing", "log-ingestion", pictures * assumed.LOG_BYTES_PER_PICTURE / GB)


def _searching(workload: Workload, service: Service) -> Iterator[_Used]:
    calls = workload.calls
    thumbnails = workload.searches * assumed.THUMBNAILS_PER_SEARCH
    yield _Used("Lambda", "searching", "lambda-duration", calls * assumed.search_gb_seconds(service))
    yield _Used("Lambda", "calls of search_api", "lambda-request", calls)
    yield _Used("API Gateway", "calls", "api-request", calls)
    yield _Used("CloudFront", "requests", "cloudfront-request", calls)
    yield _Used("CloudFront", "answers", "cloudfront-transfer", calls * assumed.ANSWER_BYTES / GB)
    yield _Used("S3", "thumbnails seen", "s3-read", thumbnails)
    yield _Used("S3", "thumbnails sent", "transfer-out", thumbnails * assumed.THUMBNAIL_BYTES / GB)
    yield _Used("CloudWatch", "logs of searching", "log-ingestion", calls * assumed.LOG_BYTES_PER_CALL / GB)
    yield _Used("CloudWatch", "traces (X-Ray)", "trace", workload.traces)
    if service.snapstart:
        restored = calls * assumed.RESTORES_PER_SEARCH * service.search_memory_mib / 1024
        yield _Used("Lambda", "starts from the snapshot", "snapstart-restore", restored)
    if service.waf_rules:
        yield _Used("WAF", "requests", "waf-request", calls)


def _standing(workload: Workload, service: Service) -> Iterator[_Used]:
    """What is paid for whether or not anybody searches."""
    yield _Used("SNS and SQS", "asking an idle queue", "sqs-request", assumed.IDLE_RECEIVES)
    yield _Used("Cognito", "users", service.user_price, workload.users)
    yield _Used("Secrets and keys", "secret of cursors", "secret", assumed.SECRETS)
    yield _Used("Secrets and keys", "key of the topic", "kms-key", assumed.KEYS)
    yield _Used("CloudWatch", "alarms", "alarm", service.alarm_metrics)
    yield _Used("CloudWatch", "metrics of our own", "metric", assumed.METRICS)
    yield _Used("CloudWatch", "dashboard", "dashboard", 1)
    if service.snapstart:
        snapshot = service.search_memory_mib / 1024 * SECONDS
        yield _Used("Lambda", "snapshot of search_api", "snapstart-cache", snapshot)
    if service.waf_rules:
        yield _Used("WAF", "web ACL", "waf-acl", 1)
        yield _Used("WAF", "rules", "waf-rule", service.waf_rules)
    if service.endpoints:
        endpoints = service.endpoints * service.zones
        yield _Used("Private network", f"{service.endpoints} endpoints", "endpoint-hour", endpoints * HOURS)


def _line(used: _Used, region: Region, free: dict[str, float]) -> Line:
    """What was used, priced; takes from what is left of `free`, which all lines of one price share."""
    price = price_table().prices[used.price]
    spared = min(used.quantity, free.get(used.price, 0))
    if spared:
        free[used.price] -= spared
    usd = price.usd[region]
    cost = (used.quantity - spared) * usd
    return Line(used.service, used.what, used.price, float(used.quantity), price.unit, usd, cost, price.basis[region])


def _dearest_first(lines: Iterator[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: -line.usd))
