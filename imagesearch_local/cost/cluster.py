"""Which OpenSearch nodes a number of images needs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from imagesearch_local.cost.prices import price_table

Profile = Literal["development", "production"]

DIMENSIONS = 512
"""Numbers of a descriptor of the default model."""
NEIGHBOURS = 16
"""`m` of the HNSW graph, as `IndexSettings` has it."""
DISK_BYTES = 8_600
"""Of one image, in one copy of the index: measured on 100,000 images, merged, captions and tags included."""
LARGEST_SHARD_GIB = 30
"""AWS advises 10 to 30 GiB where searches must be quick ("Choosing the number of shards", Developer Guide)."""

_GIB = 2**30
_LARGEST_HEAP_GIB = 32
_SHARE_FOR_VECTORS = 0.5
"""Of the memory beside Java's: what OpenSearch allows vectors by default (`knn.memory.circuit_breaker.limit`). The
engine used here (Lucene) leaves them to the page cache, where the rest of the index wants its room too."""
_DISK_LEFT = 0.95 * 0.8
"""Linux keeps 5 %, the service 20 % of a volume (docs.aws.amazon.com, "Calculating storage requirements")."""
_MOST_NODES = 30


@dataclass(frozen=True, slots=True)
class Layout:
    """How the cluster of a profile is built where nothing else is said; the same as `infra/settings.py` has it."""

    node_types: tuple[str, ...]
    """From the default on."""
    zones: int
    replicas: int
    manager_type: str | None
    managers: int
    volume_gib: int
    shards: int
    grows: bool
    """Whether there can be more than one data node in a zone."""


LAYOUTS: dict[Profile, Layout] = {
    "development": Layout(
        node_types=("t3.small.search", "t3.medium.search", "r6g.large.search", "r6g.xlarge.search"),
        zones=1,
        replicas=0,
        manager_type=None,
        managers=0,
        volume_gib=10,
        shards=1,
        grows=False,
    ),
    "production": Layout(
        node_types=("r6g.large.search", "r6g.xlarge.search", "r6g.2xlarge.search", "r6g.4xlarge.search"),
        zones=3,
        replicas=1,
        manager_type="m6g.large.search",
        managers=3,
        volume_gib=100,
        shards=3,
        grows=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """Nodes and disks that hold so many images."""

    node_type: str
    nodes: int
    volume_gib: int
    """Of each data node."""
    shards: int
    replicas: int
    manager_type: str | None
    managers: int
    vector_gib: float
    """Memory that all vectors and their graphs take, replicas included."""
    disk_gib: float
    """That the index takes, replicas included."""
    holds: int
    """Images that this many of these nodes have memory for."""

    def context(self, layout: Layout) -> dict[str, str | int]:
        """CDK context that makes this cluster, as far as it is not what the profile has anyway."""
        usual: dict[str, str | int] = {
            "data-node-type": layout.node_types[0],
            "data-nodes": layout.zones,
            "volume-gib": layout.volume_gib,
            "shards": layout.shards,
        }
        mine: dict[str, str | int] = {
            "data-node-type": self.node_type,
            "data-nodes": self.nodes,
            "volume-gib": self.volume_gib,
            "shards": self.shards,
        }
        return {key: value for key, value in mine.items() if value != usual[key]}


class DoesNotFit(Exception):
    """So many images are more than the cluster of this profile can hold; says what to do."""


def vector_bytes(dimensions: int = DIMENSIONS, neighbours: int = NEIGHBOURS) -> float:
    """Memory of one vector and its place in the HNSW graph (OpenSearch documentation, "k-NN index", HNSW memory)."""
    return 1.1 * (4 * dimensions + 8 * neighbours)


def cluster_for(images: int, profile: Profile) -> Cluster:
    """The smallest cluster whose memory holds the vectors of so many images. Raises DoesNotFit."""
    layout = LAYOUTS[profile]
    for node_type, nodes in _candidates(layout):
        holds = _holds(node_type, nodes, layout.replicas)
        if images <= holds:
            return _cluster(images, layout, node_type, nodes, holds)
    raise DoesNotFit(_advice(images, profile, layout))


def _candidates(layout: Layout) -> list[tuple[str, int]]:
    larger = [(node_type, layout.zones) for node_type in layout.node_types]
    if not layout.grows:
        return larger
    more = range(2 * layout.zones, _MOST_NODES + 1, layout.zones)
    return larger + [(layout.node_types[-1], nodes) for nodes in more]


def _holds(node_type: str, nodes: int, replicas: int) -> int:
    memory = price_table().nodes[node_type]
    heap = min(memory / 2, _LARGEST_HEAP_GIB)
    return int((memory - heap) * _SHARE_FOR_VECTORS * _GIB * nodes / (vector_bytes() * (1 + replicas)))


def _cluster(images: int, layout: Layout, node_type: str, nodes: int, holds: int) -> Cluster:
    one_copy = images * DISK_BYTES / _GIB
    disk = one_copy * (1 + layout.replicas)
    return Cluster(
        node_type=node_type,
        nodes=nodes,
        volume_gib=max(layout.volume_gib, math.ceil(disk / nodes / _DISK_LEFT)),
        shards=max(layout.shards, math.ceil(one_copy / LARGEST_SHARD_GIB)),
        replicas=layout.replicas,
        manager_type=layout.manager_type,
        managers=layout.managers,
        vector_gib=images * vector_bytes() * (1 + layout.replicas) / _GIB,
        disk_gib=disk,
        holds=holds,
    )


def _advice(images: int, profile: Profile, layout: Layout) -> str:
    node_type, nodes = _candidates(layout)[-1]
    most = _holds(node_type, nodes, layout.replicas)
    said = f"{images:,} images do not fit: {nodes} x {node_type}, the most of the {profile} profile, hold {most:,}."
    if profile == "development":
        return f"{said} Ask for --profile production."
    return f"{said} Use a model of fewer dimensions, or several deployments with a part of the pictures each."
