"""The Lambda functions as the service stack makes them."""

from __future__ import annotations

import pytest
from infra_checks import functions
from infra_checks.reading import Template, of_type

from infra.settings import INDEX_TIMEOUT_SECONDS, Profile

RETENTION = {"development": 14, "production": 90}
NAMES = {"search_api", "index_images-1", "backfill_images-1", "manage_index-1"}


def test_there_are_four_functions(service: Template) -> None:
    assert set(functions.ours(service)) == NAMES


def test_each_has_traces_and_a_log_group_of_its_own_that_forgets(service: Template, profile: Profile) -> None:
    functions.check_every_function(service, retention_days=RETENTION[profile])


def test_every_log_group_forgets(service: Template, profile: Profile) -> None:
    functions.check_log_groups_forget(service, retention_days=RETENTION[profile])


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_has_the_packages_the_product_and_the_model_below_it(service: Template, name: str) -> None:
    assert functions.layers(service, name) == ["LayersRuntime", "LayersProduct", "LayersModel1"]


def test_layers_are_for_the_python_and_the_processor_of_the_functions(service: Template) -> None:
    ours = {ref["Ref"] for each in functions.ours(service).values() for ref in each["Layers"]}
    for name in ours:
        properties = of_type(service, "AWS::Lambda::LayerVersion")[name]["Properties"]
        assert properties["CompatibleRuntimes"] == ["python3.13"]
        assert properties["CompatibleArchitectures"] == ["x86_64"]
    assert {tuple(each["Architectures"]) for each in functions.ours(service).values()} == {("x86_64",)}


def test_a_batch_of_changes_has_the_time_that_its_queue_counts_on(service: Template) -> None:
    assert functions.ours(service)["index_images-1"]["Timeout"] == INDEX_TIMEOUT_SECONDS


def test_a_search_ends_when_the_gateway_stops_waiting(service: Template) -> None:
    assert functions.ours(service)["search_api"]["Timeout"] == 29


def test_functions_stand_in_the_network_in_production_alone(service: Template, profile: Profile) -> None:
    inside = {"VpcConfig" in each for each in functions.ours(service).values()}
    assert inside == {profile == "production"}


def test_production_starts_searches_from_a_snapshot_and_serves_versions(service: Template, profile: Profile) -> None:
    properties = functions.ours(service)["search_api"]
    aliases = [each["Properties"]["Name"] for each in of_type(service, "AWS::Lambda::Alias").values()]
    if profile == "production":
        assert properties["SnapStart"] == {"ApplyOn": "PublishedVersions"}
        assert aliases == ["live"]
    else:
        assert "SnapStart" not in properties
        assert aliases == []
