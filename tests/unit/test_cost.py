"""What a deployment costs: the arithmetic, the table of prices, and that it speaks of what is really deployed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from imagesearch.derived import Derived, derived_to_bytes
from imagesearch.records import Descriptor, PictureFacts
from imagesearch.settings import IndexSettings
from imagesearch_local.cost import cluster as sizing
from imagesearch_local.cost import workload as assumed
from imagesearch_local.cost.cluster import LAYOUTS, DoesNotFit, Profile, cluster_for, vector_bytes
from imagesearch_local.cost.estimate import estimate
from imagesearch_local.cost.prices import REGIONS, Basis, Price, Region, price_table
from imagesearch_local.cost.workload import HOURS, SECONDS, SERVICES, Workload
from imagesearch_local.paths import CHECKOUT
from infra.settings import Deployment

PROFILES: tuple[Profile, ...] = ("development", "production")
WORKLOAD = Workload(
    images=100_000,
    searches_per_day=1000,
    uploads_per_month=5000,
    profile="development",
    image_bytes=3_000_000,
    users=10,
)


def test_every_price_names_its_page_and_each_region_and_its_day_where_it_was_looked_up() -> None:
    for name, price in price_table().prices.items():
        assert price.source.host == "aws.amazon.com", name
        assert (price.taken is not None) is ("read" in price.basis.values()), name
        assert price.taken is None or price.taken <= datetime.now(UTC).date(), name
        assert set(price.usd) == set(price.basis) == set(REGIONS), name


@pytest.mark.parametrize(("basis", "taken"), [("recalled", date(2026, 11, 22)), ("read", None)])
def test_a_price_has_a_day_if_and_only_if_somebody_looked(basis: Basis, taken: date | None) -> None:
    like = price_table().prices["metric"].model_dump()

    with pytest.raises(ValidationError, match="taken"):
        Price.model_validate({**like, "taken": taken, "basis": dict.fromkeys(REGIONS, basis)})


def test_the_oldest_price_of_a_region_is_of_those_that_were_looked_up() -> None:
    """Virginia's price of a private endpoint is from memory: it has no day, though Frankfurt's has."""
    assert price_table().oldest("us-east-1") == date(2026, 5, 31)
    assert price_table().oldest("eu-central-1") == date(2026, 9, 22)


@pytest.mark.parametrize("region", REGIONS)
def test_every_price_is_one_that_something_is_counted_with(region: Region) -> None:
    """Nodes are chosen by how many pictures there are; all else is paid for in one profile or in both."""
    table = price_table()
    nodes = {node for layout in LAYOUTS.values() for node in (*layout.node_types, layout.manager_type) if node}
    used = {
        line.price
        for profile in PROFILES
        for estimated in [estimate(replace(WORKLOAD, profile=profile), region)]
        for line in (*estimated.lines, *estimated.once)
    }

    assert set(table.nodes) == nodes
    assert set(table.prices) == used | nodes


def test_every_node_has_a_price_and_frankfurt_costs_no_less_than_virginia() -> None:
    table = price_table()

    for node in table.nodes:
        usd = table.prices[node].usd
        assert usd["us-east-1"] < usd["eu-central-1"]
        assert table.prices[node].unit == "node hour"


def test_larger_nodes_cost_more() -> None:
    for layout in LAYOUTS.values():
        for region in REGIONS:
            usd = [price_table().prices[node].usd[region] for node in layout.node_types]
            assert usd == sorted(usd)


class TestCluster:
    def test_a_vector_takes_what_the_formula_of_opensearch_says(self) -> None:
        """1.1 * (4 d + 8 m) bytes: 2.4 GB for a million of 512 numbers."""
        assert vector_bytes(512, 16) == pytest.approx(2393.6)

    def test_the_default_model_and_index_are_what_is_counted_with(self) -> None:
        manifest = json.loads((CHECKOUT / "layers" / "model" / "model.json").read_text())

        assert manifest["descriptors"][0]["dimension"] == sizing.DIMENSIONS
        assert IndexSettings().m == sizing.NEIGHBOURS

    @given(images=st.integers(1, 3_000_000), profile=st.sampled_from(PROFILES))
    def test_vectors_fit_into_half_of_the_memory_beside_java_s(self, images: int, profile: Profile) -> None:
        cluster = cluster_for(images, profile)

        memory = price_table().nodes[cluster.node_type]
        beside_java = memory - min(memory / 2, 32)
        assert cluster.vector_gib <= cluster.nodes * beside_java / 2
        assert images <= cluster.holds

    @given(images=st.integers(1, 100_000_000))
    def test_disks_hold_the_index_and_what_linux_and_the_service_keep(self, images: int) -> None:
        cluster = cluster_for(images, "production")

        assert cluster.nodes * cluster.volume_gib * 0.95 * 0.8 >= cluster.disk_gib
        assert cluster.disk_gib / (1 + cluster.replicas) / cluster.shards <= sizing.LARGEST_SHARD_GIB

    @given(fewer=st.integers(1, 50_000_000), more=st.integers(1, 50_000_000))
    def test_more_images_never_cost_less(self, fewer: int, more: int) -> None:
        fewer, more = sorted((fewer, more))
        costs = [
            estimate(replace(WORKLOAD, profile="production", images=images), "us-east-1").monthly_usd
            for images in (fewer, more)
        ]

        assert costs[0] <= costs[1] + 1e-6

    def test_production_never_leaves_a_zone_with_fewer_nodes(self) -> None:
        assert all(cluster_for(10**exponent, "production").nodes % 3 == 0 for exponent in range(9))

    @pytest.mark.parametrize(
        ("profile", "advice"), [("development", "--profile production"), ("production", "several deployments")]
    )
    def test_what_does_not_fit_is_refused_with_what_to_do(self, profile: Profile, advice: str) -> None:
        with pytest.raises(DoesNotFit, match=advice):
            cluster_for(10**9, profile)


class TestWhatIsDeployed:
    """The command imports nothing of the deployment, so a test keeps both alike."""

    @pytest.mark.parametrize("profile", PROFILES)
    def test_each_profile_is_the_one_of_the_deployment(self, profile: Profile) -> None:
        deployment = Deployment.of_context({"profile": profile}, {})
        layout, service = LAYOUTS[profile], SERVICES[profile]

        assert deployment.data_node_type == layout.node_types[0]
        assert deployment.data_nodes == layout.zones
        assert deployment.volume_gib == layout.volume_gib
        assert deployment.shards == layout.shards
        assert deployment.replicas == layout.replicas
        assert deployment.manager_node_type == layout.manager_type
        assert deployment.index_memory_mib == service.index_memory_mib
        assert deployment.search_memory_mib == service.search_memory_mib
        assert (deployment.search_start == "snapstart") is service.snapstart
        assert deployment.waf is bool(service.waf_rules)

    @given(images=st.integers(1, 100_000_000))
    def test_the_deployment_takes_what_is_advised(self, images: int) -> None:
        """The context that the command prints makes the very cluster that it counted."""
        cluster = cluster_for(images, "production")

        deployment = Deployment.of_context({"profile": "production", **cluster.context(LAYOUTS["production"])}, {})

        assert deployment.data_node_type == cluster.node_type
        assert deployment.data_nodes == cluster.nodes
        assert deployment.volume_gib == cluster.volume_gib
        assert deployment.shards == cluster.shards


class TestEstimate:
    @pytest.mark.parametrize("region", REGIONS)
    @pytest.mark.parametrize("profile", PROFILES)
    def test_the_total_is_the_sum_of_what_is_shown(self, profile: Profile, region: Region) -> None:
        estimated = estimate(replace(WORKLOAD, profile=profile), region)

        assert estimated.monthly_usd == pytest.approx(sum(line.quantity * line.unit_usd for line in estimated.lines))
        assert sum(estimated.by_service().values()) == pytest.approx(estimated.monthly_usd)

    def test_a_node_runs_730_hours_a_month(self) -> None:
        nodes = next(line for line in estimate(WORKLOAD, "us-east-1").lines if line.what == "data nodes")

        assert nodes.usd == pytest.approx(0.036 * 730)
        assert HOURS == 730

    def test_what_nobody_does_costs_nothing(self) -> None:
        still = estimate(replace(WORKLOAD, searches_per_day=0, uploads_per_month=0), "us-east-1")

        assert {line.what for line in still.lines} & {"searching", "calls", "indexing", "thumbnails sent"} == set()

    def test_twice_the_searches_cost_twice_as_much(self) -> None:
        once, twice = (
            estimate(replace(WORKLOAD, searches_per_day=searches), "us-east-1").by_service()["API Gateway"]
            for searches in (1000, 2000)
        )

        assert twice == pytest.approx(2 * once)

    def test_what_is_free_is_taken_off_once_and_not_for_each_line(self) -> None:
        """Two lines are seconds of Lambda: together they have 400,000 free."""
        busy = replace(WORKLOAD, searches_per_day=50_000, uploads_per_month=500_000)
        with_all, without = (estimate(busy, "us-east-1", free_tier=free) for free in (False, True))

        spared = sum(
            one.usd - other.usd
            for one in with_all.lines
            for other in without.lines
            if one.what == other.what and one.unit.startswith("GB-second (x86)")
        )
        assert spared == pytest.approx(400_000 * 0.0000166667)

    def test_x_ray_samples_the_first_call_of_each_second_and_a_twentieth_of_the_others(self) -> None:
        """A small library's calls are a second and more apart: each of them is traced."""
        small, large = (replace(WORKLOAD, searches_per_day=searches) for searches in (1000, 1_000_000))

        assert small.traces == small.calls
        assert large.traces == pytest.approx(SECONDS + 0.05 * (large.calls - SECONDS))
        line = next(line for line in estimate(small, "us-east-1").lines if line.unit == "trace")
        assert line.quantity == small.calls

    def test_what_is_kept_by_content_is_as_large_as_what_is_counted(self) -> None:
        """The derived bucket has each thumbnail twice: by itself, and with the descriptor."""
        vector = np.ones((1, sizing.DIMENSIONS), np.float32)
        facts = PictureFacts("JPEG", 6000, 4000, "00ff00ff00ff00ff")
        derived = Derived(facts, {"semantic": Descriptor(vector)}, bytes(assumed.THUMBNAIL_BYTES))

        assert len(derived_to_bytes(derived, "thumbnail 384")) == pytest.approx(assumed.DERIVED_BYTES, rel=0.02)
        line = next(line for line in estimate(WORKLOAD, "us-east-1").lines if line.what.startswith("thumbnails and"))
        assert line.quantity == pytest.approx(100_000 * (17_400 + 20_900) / 2**30)

    def test_indexing_once_grows_with_the_pictures(self) -> None:
        small, large = (estimate(replace(WORKLOAD, images=n), "us-east-1").once_usd for n in (1000, 100_000))

        assert large == pytest.approx(100 * small)

    def test_a_function_with_more_memory_computes_faster_for_the_same_money(self) -> None:
        """Lambda gives processors in proportion to memory; only the waiting costs more."""
        usual = SERVICES["development"]
        larger = replace(usual, index_memory_mib=2 * usual.index_memory_mib)

        waiting = assumed.INDEX_WAITING_MS / 1000 * usual.index_memory_mib / 1024
        assert assumed.index_gb_seconds(larger) - assumed.index_gb_seconds(usual) == pytest.approx(waiting)
