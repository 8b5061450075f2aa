"""Ways to break production's network."""

from __future__ import annotations

from infra_checks import network
from infra_mutations.deployed import Deployed
from infra_mutations.mutation import Mutation, drop, put, without_conditions

ENDPOINT = "AWS::EC2::VPCEndpoint"
DOMAIN = "AWS::OpenSearchService::Domain"


def _way_out(deployed: Deployed) -> None:
    deployed.library["Resources"]["NetworkGateway00000000"] = {"Type": "AWS::EC2::NatGateway", "Properties": {}}


def _open_to_the_world(deployed: Deployed) -> None:
    group = deployed.properties("library", "AWS::EC2::SecurityGroup", "NetworkDomain")
    group["SecurityGroupIngress"] = [{"CidrIp": "0.0.0.0/0", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]


def _without_flow_log(deployed: Deployed) -> None:
    for name in deployed.of_type("library", "AWS::EC2::FlowLog"):
        del deployed.library["Resources"][name]


MUTATIONS = [
    Mutation("there is a way out", _way_out, network.check_there_is_no_way_out, "production"),
    Mutation(
        "the domain is reached from everywhere",
        _open_to_the_world,
        network.check_functions_alone_reach_the_domain,
        "production",
    ),
    Mutation(
        "data nodes stand in one zone",
        put("library", DOMAIN, "Domain", False, "ClusterConfig", "ZoneAwarenessEnabled"),
        network.check_there_are_three_zones,
        "production",
    ),
    Mutation(
        "queues can't be reached",
        drop("library", ENDPOINT, "NetworkVpcSqs"),
        network.check_services_have_endpoints,
        "production",
    ),
    Mutation(
        "pictures can be carried into another account",
        without_conditions("library", ENDPOINT, "NetworkVpcS3"),
        network.check_the_gateway_leads_to_our_buckets,
        "production",
    ),
    Mutation("refused traffic is not logged", _without_flow_log, network.check_traffic_is_logged, "production"),
]
