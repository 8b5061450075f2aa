"""What a month brings, and what is assumed of each picture and search."""

from __future__ import annotations

from dataclasses import dataclass

from imagesearch_local.cost.cluster import Profile

DAYS = 365 / 12
HOURS = DAYS * 24
SECONDS = HOURS * 3600
GB = 2**30
"""As AWS counts it."""

# Measured (README, "Figures", and docs/decisions/0002-pictures.md), on cores of an Intel Xeon with VNNI:
INDEX_CORE_MS = 132
"""Processor time that indexes a photograph: 85 ms a sample picture, and 47 for a JPEG of 24 megapixels."""
SEARCH_CORE_MS = 100
"""Processor time of a search by picture and words: 35 ms for the search, the rest to read and describe the picture."""
THUMBNAIL_BYTES = 17_400
DERIVED_BYTES = 20_900
"""What is kept of a picture by its content: its descriptor, and its thumbnail once more."""

# Assumed:
LAMBDA_FACTOR = 2
"""How much longer Lambda computes: its processors are hyper-threads, of whatever generation."""
INDEX_WAITING_MS = 60
"""Waiting for S3 and OpenSearch that others of a batch do not fill."""
SEARCH_WAITING_MS = 40
MIB_PER_CORE = 1_769
"""Memory for which Lambda gives a whole processor."""
CALLS_PER_SEARCH = 3
"""Calls of the API that a search on the page makes: itself, and what is suggested while somebody types."""
ANSWER_BYTES = 30_000
THUMBNAILS_PER_SEARCH = 20
LOG_BYTES_PER_CALL = 2_500
LOG_BYTES_PER_PICTURE = 1_200
TRACED = 0.05
"""Share of calls that X-Ray samples beside the first one of each second, by its default rule
(https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-sampling)."""
RECEIVES_PER_PICTURE = 1.3
"""Requests to SQS a picture, in batches of ten (receive, delete); an idle queue is asked as well."""
IDLE_RECEIVES = 5 * SECONDS / 20
"""Lambda's five pollers of a queue wait 20 seconds each."""
RESTORES_PER_SEARCH = 0.02
"""Share of calls that start a new environment from its snapshot."""


@dataclass(frozen=True, slots=True)
class Service:
    """What a profile has beside the cluster; the same as it is deployed."""

    index_memory_mib: int
    search_memory_mib: int
    snapstart: bool
    waf_rules: int
    endpoints: int
    """Interface endpoints in the private network."""
    zones: int
    alarm_metrics: int
    """Alarms are paid for by the metrics that they look at."""
    user_price: str
    """Of Cognito's plan."""


SERVICES: dict[Profile, Service] = {
    "development": Service(
        3008,
        1769,
        snapstart=False,
        waf_rules=0,
        endpoints=0,
        zones=1,
        alarm_metrics=30,
        user_price="cognito-essentials-user",
    ),
    "production": Service(
        3008, 1769, snapstart=True, waf_rules=3, endpoints=2, zones=3, alarm_metrics=33, user_price="cognito-plus-user"
    ),
}

METRICS = 30
"""Metrics of our own that CloudWatch keeps, of eight names: five of indexing for each of two functions, two of searches
in all and in each of four modes, errors in all and by some nine codes."""
SECRETS = 1
KEYS = 1


@dataclass(frozen=True, slots=True)
class Workload:
    """What the estimate is asked for."""

    images: int
    searches_per_day: float
    uploads_per_month: float
    profile: Profile
    image_bytes: float
    """Of a picture, on average."""
    users: int

    @property
    def searches(self) -> float:
        """A month."""
        return self.searches_per_day * DAYS

    @property
    def calls(self) -> float:
        """Of the API, a month."""
        return self.searches * CALLS_PER_SEARCH

    @property
    def traces(self) -> float:
        """Calls that X-Ray samples in a month, at the most: those that share a second are sampled less often."""
        return min(self.calls, SECONDS) + TRACED * max(0, self.calls - SECONDS)


def index_gb_seconds(service: Service) -> float:
    """That Lambda bills for one picture."""
    return _gb_seconds(INDEX_CORE_MS, INDEX_WAITING_MS, service.index_memory_mib)


def search_gb_seconds(service: Service) -> float:
    """That Lambda bills for one call of the API, taken as a search by picture and words: the dearest of them."""
    return _gb_seconds(SEARCH_CORE_MS, SEARCH_WAITING_MS, service.search_memory_mib)


def _gb_seconds(core_ms: float, waiting_ms: float, memory_mib: int) -> float:
    computing = core_ms * LAMBDA_FACTOR / (memory_mib / MIB_PER_CORE)
    return (computing + waiting_ms) / 1000 * memory_mib / 1024
