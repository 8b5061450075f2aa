"""The REST API before `search_api`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import aws_apigateway as apigateway
from infra_checks import api
from infra_checks.reading import Template, of_type, ref

from imagesearch import errors
from infra.settings import Profile


def test_every_route_asks_for_a_token_but_health_contract_and_docs(service: Template, library: Template) -> None:
    api.check_routes_ask_for_a_token(service, library)


def test_whatever_is_asked_for_reaches_the_function(service: Template) -> None:
    api.check_everything_else_reaches_the_function(service)


def test_the_api_is_regional_and_takes_pictures_as_bytes(service: Template) -> None:
    (found,) = of_type(service, "AWS::ApiGateway::RestApi").values()
    assert found["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert found["Properties"]["BinaryMediaTypes"] == ["image/*"]
    assert found["Properties"]["MinimumCompressionSize"] == 1024


def test_whatever_the_gateway_refuses_is_a_problem_document(service: Template) -> None:
    kinds = [getattr(apigateway.ResponseType, name) for name in dir(apigateway.ResponseType) if name.isupper()]
    api.check_problems(service, {kind.response_type for kind in kinds})


def test_one_code_means_one_thing_whoever_says_it(service: Template) -> None:
    """The function's errors and the gateway's, told by the same code, have the same status."""
    ours = {each.code: each.status for each in _all(errors.ImageSearchError)}
    gateways = {body["code"]: body["status"] for body in api.problems(service).values()}
    shared = ours.keys() & gateways.keys()
    assert shared == {"internal-error", "forbidden", "unavailable", "query-image-too-large"}
    assert {code: ours[code] for code in shared} == {code: gateways[code] for code in shared}


def test_who_is_not_signed_in_learns_how_to(service: Template) -> None:
    found = {each["Properties"]["ResponseType"]: each["Properties"] for each in _responses(service)}
    assert found["UNAUTHORIZED"]["StatusCode"] == "401"
    assert found["UNAUTHORIZED"]["ResponseParameters"]["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"


@pytest.mark.parametrize("kind", ["THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_FAILURE", "DEFAULT_5XX"])
def test_who_came_at_the_wrong_moment_learns_when_to_come_again(service: Template, kind: str) -> None:
    found = {each["Properties"]["ResponseType"]: each["Properties"] for each in _responses(service)}
    assert found[kind]["ResponseParameters"]["gatewayresponse.header.Retry-After"] == "'5'"


def test_requests_are_throttled_traced_and_logged_without_what_people_look_for(service: Template) -> None:
    api.check_stage(service)


def test_what_the_gateway_logs_by_itself_is_forgotten_too(service: Template) -> None:
    api.check_the_gateways_own_log_is_ours(service)


def test_a_fresh_account_lets_the_gateway_log(service: Template) -> None:
    api.check_the_account_lets_the_gateway_log(service)


def test_a_firewall_stands_before_the_api_in_production_alone(service: Template, profile: Profile) -> None:
    acls = of_type(service, "AWS::WAFv2::WebACL")
    associations = of_type(service, "AWS::WAFv2::WebACLAssociation").values()
    if profile == "development":
        assert not acls
        assert not associations
        return
    (acl,) = acls.values()
    (association,) = associations
    ((stage, _),) = of_type(service, "AWS::ApiGateway::Stage").items()
    assert acl["Properties"]["Scope"] == "REGIONAL"
    assert ref(stage) in association["Properties"]["ResourceArn"]["Fn::Join"][1]


def test_the_firewall_lets_pictures_through_and_no_other_large_body(
    templates: Mapping[Profile, tuple[Any, Any]],
) -> None:
    (acl,) = of_type(templates["production"][1].to_json(), "AWS::WAFv2::WebACL").values()
    rules = {rule["Name"]: rule for rule in acl["Properties"]["Rules"]}
    counted = rules["common-rules"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    assert "SizeRestrictions_BODY" in {each["Name"] for each in counted}
    assert all(each["ActionToUse"] == {"Count": {}} for each in counted)
    large, elsewhere = rules["large-bodies"]["Statement"]["AndStatement"]["Statements"]
    assert large["SizeConstraintStatement"]["Size"] == 64 * 1024
    assert large["SizeConstraintStatement"]["FieldToMatch"] == {"Body": {"OversizeHandling": "MATCH"}}
    assert elsewhere["NotStatement"]["Statement"]["ByteMatchStatement"]["SearchString"] == "/api/search"
    inspected = acl["Properties"]["AssociationConfig"]["RequestBody"]["API_GATEWAY"]["DefaultSizeInspectionLimit"]
    assert inspected == "KB_64"


def test_the_firewall_counts_requests_by_people_and_not_by_cloudfront(
    templates: Mapping[Profile, tuple[Any, Any]],
) -> None:
    (acl,) = of_type(templates["production"][1].to_json(), "AWS::WAFv2::WebACL").values()
    (rule,) = [rule for rule in acl["Properties"]["Rules"] if "RateBasedStatement" in rule["Statement"]]
    statement = rule["Statement"]["RateBasedStatement"]
    assert statement["AggregateKeyType"] == "FORWARDED_IP"
    assert rule["Action"] == {"Block": {}}


def test_no_other_page_may_call_the_api_unless_it_is_said(service: Template) -> None:
    assert not any(route.startswith("OPTIONS") for route, _ in api.routes(service))


def _responses(service: Template) -> list[Mapping[str, Any]]:
    return list(of_type(service, "AWS::ApiGateway::GatewayResponse").values())


def _all(kind: type[errors.ImageSearchError]) -> list[type[errors.ImageSearchError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _all(child))]
