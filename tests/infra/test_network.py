"""Production's network."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from aws_cdk.assertions import Template as CdkTemplate
from infra_checks import network
from infra_checks.reading import Template, of_type, policies, several

Templates = Mapping[str, tuple[CdkTemplate, CdkTemplate]]


@pytest.mark.parametrize(
    "check",
    [
        network.check_there_is_no_way_out,
        network.check_there_are_three_zones,
        network.check_functions_alone_reach_the_domain,
        network.check_services_have_endpoints,
        network.check_the_gateway_leads_to_our_buckets,
        network.check_traffic_is_logged,
    ],
)
def test_productions_network(templates: Templates, check: Callable[[Template], None]) -> None:
    check(templates["production"][0].to_json())


def test_the_gateway_lets_through_whatever_a_function_may_do_with_buckets(templates: Templates) -> None:
    """What a role allows and the gateway's policy does not would fail in production alone."""
    library, service = (each.to_json() for each in templates["production"])
    functions = {each["Properties"]["Role"]["Fn::GetAtt"][0] for each in _functions(service)}
    wanted = {
        action
        for place, found in policies(service)
        if functions & _roles(service, place)
        for statement in found
        for action in several(statement["Action"])
        if action.startswith("s3:")
    }
    endpoint = next(
        found for place, found in policies(library) if place.startswith("NetworkVpcS3") and place.endswith("Document")
    )
    assert wanted
    assert wanted <= set(several(endpoint[0]["Action"]))


def test_development_has_no_network_of_its_own(templates: Templates) -> None:
    assert not of_type(templates["development"][0].to_json(), "AWS::EC2::VPC")


def _functions(service: Template) -> list[Mapping[str, Mapping[str, Mapping[str, list[str]]]]]:
    """Those in the network whose role is theirs alone."""
    every = of_type(service, "AWS::Lambda::Function").values()
    return [each for each in every if "VpcConfig" in each["Properties"] and "Fn::GetAtt" in each["Properties"]["Role"]]


def _roles(service: Template, place: str) -> set[str]:
    """Roles of a policy, by the place that `policies` gives."""
    found = service["Resources"][place.split(".", maxsplit=1)[0]].get("Properties", {})
    return {role["Ref"] for role in found.get("Roles", []) if "Ref" in role}
