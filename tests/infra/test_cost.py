"""`imagesearch cost` counts what the templates have: it imports nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra_checks.reading import of_type

from imagesearch_local.cost import workload as assumed
from imagesearch_local.cost.cluster import LAYOUTS
from imagesearch_local.cost.workload import SERVICES
from infra.settings import Profile


def test_it_counts_the_metrics_of_alarms_and_the_rules_of_the_firewall(
    service: Mapping[str, Any], profile: Profile
) -> None:
    rules = [each for acl in of_type(service, "AWS::WAFv2::WebACL").values() for each in acl["Properties"]["Rules"]]

    alarms = [each["Properties"] for each in of_type(service, "AWS::CloudWatch::Alarm").values()]

    assert sum(map(metrics_of, alarms)) == SERVICES[profile].alarm_metrics
    assert len(of_type(service, "AWS::CloudWatch::Dashboard")) == 1
    assert len(rules) == SERVICES[profile].waf_rules


def metrics_of(alarm: Mapping[str, Any]) -> int:
    """How many metrics an alarm looks at: what is billed. Expressions of them come with it."""
    return sum("MetricStat" in each for each in alarm["Metrics"]) if "Metrics" in alarm else 1


def test_it_counts_endpoints_secrets_and_keys(library: Mapping[str, Any], profile: Profile) -> None:
    endpoints = [each["Properties"] for each in of_type(library, "AWS::EC2::VPCEndpoint").values()]
    interfaces = [each for each in endpoints if each["VpcEndpointType"] == "Interface"]

    assert len(interfaces) == SERVICES[profile].endpoints
    assert {len(each["SubnetIds"]) for each in interfaces} <= {SERVICES[profile].zones}
    assert len(of_type(library, "AWS::SecretsManager::Secret")) == assumed.SECRETS
    assert len(of_type(library, "AWS::KMS::Key")) == assumed.KEYS
    assert not of_type(library, "AWS::EC2::NatGateway"), "one would be the largest line but the cluster"


def test_it_counts_the_nodes_and_their_disks(library: Mapping[str, Any], profile: Profile) -> None:
    (domain,) = (each["Properties"] for each in of_type(library, "AWS::OpenSearchService::Domain").values())
    layout, cluster = LAYOUTS[profile], domain["ClusterConfig"]

    assert (cluster["InstanceType"], cluster["InstanceCount"]) == (layout.node_types[0], layout.zones)
    assert cluster.get("DedicatedMasterType") == layout.manager_type
    assert cluster.get("DedicatedMasterCount", 0) == layout.managers
    assert domain["EBSOptions"]["VolumeSize"] == layout.volume_gib
    assert domain["EBSOptions"]["VolumeType"] == "gp3"


def test_it_counts_the_plan_of_users(library: Mapping[str, Any], profile: Profile) -> None:
    (pool,) = of_type(library, "AWS::Cognito::UserPool").values()

    assert SERVICES[profile].user_price == f"cognito-{pool['Properties']['UserPoolTier'].lower()}-user"
