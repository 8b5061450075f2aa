"""The REST API: who gets in, what it says when it refuses, what it writes down."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra_checks.reading import Template, arn, joined, of_type, ref
from infra_checks.roles import Names

PUBLIC = {"GET /health", "GET /openapi.json", "GET /docs"}


def routes(service: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Methods with their paths: `GET /health`."""
    resources = of_type(service, "AWS::ApiGateway::Resource")
    for method in of_type(service, "AWS::ApiGateway::Method").values():
        properties = method["Properties"]
        yield f"{properties['HttpMethod']} {_path(resources, properties['ResourceId'])}", properties


def _path(resources: Mapping[str, Mapping[str, Any]], found: Mapping[str, Any]) -> str:
    if "Fn::GetAtt" in found:  # of the API: its root
        return "/"
    properties = resources[found["Ref"]]["Properties"]
    return f"{_path(resources, properties['ParentId']).rstrip('/')}/{properties['PathPart']}"


def check_routes_ask_for_a_token(service: Template, library: Template) -> None:
    """Each but the three public ones, and what browsers ask before they send one."""
    ((authorizer, found),) = of_type(service, "AWS::ApiGateway::Authorizer").items()
    assert found["Properties"]["Type"] == "COGNITO_USER_POOLS"
    pools = [Names(service, library).of(pool) for pool in found["Properties"]["ProviderARNs"]]
    assert pools == ["UsersPool.Arn"]
    all_routes = dict(routes(service))
    assert set(all_routes) >= PUBLIC
    for route, properties in all_routes.items():
        if route in PUBLIC:
            assert properties["AuthorizationType"] == "NONE", route
        elif route.startswith("OPTIONS "):
            assert properties["Integration"]["Type"] == "MOCK", route
        else:
            assert properties["AuthorizationType"] == "COGNITO_USER_POOLS", route
            assert properties["AuthorizerId"] == ref(authorizer), route


def check_everything_else_reaches_the_function(service: Template) -> None:
    everything = dict(routes(service))
    for route in ("ANY /", "ANY /{proxy+}", *PUBLIC):
        assert everything[route]["Integration"]["Type"] == "AWS_PROXY", route


def problems(service: Template) -> Mapping[str, Mapping[str, Any]]:
    """What the gateway answers by itself, as JSON, by its name for it."""
    found = {}
    for response in of_type(service, "AWS::ApiGateway::GatewayResponse").values():
        properties = response["Properties"]
        text = properties["ResponseTemplates"]["application/json"]
        body = json.loads(text.replace("$context.error.messageString", '"what the gateway says"'))
        assert body["status"] == int(properties["StatusCode"]), properties["ResponseType"]
        assert body["type"] == f"urn:imagesearch:problem:{body['code']}", properties["ResponseType"]
        parameters = properties["ResponseParameters"]
        assert parameters["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        found[properties["ResponseType"]] = body
    return found


def check_problems(service: Template, kinds: set[str]) -> None:
    """Every answer of the gateway's own is a problem document, with a sentence for people."""
    found = problems(service)
    assert set(found) == kinds
    for kind, body in found.items():
        assert set(body) == {"type", "title", "status", "detail", "code"}, kind
        assert body["title"], kind
        assert body["detail"], kind


def check_stage(service: Template) -> None:
    """Throttled, traced, and a line of JSON for each request, which has nothing of what people look for."""
    (stage,) = of_type(service, "AWS::ApiGateway::Stage").values()
    properties = stage["Properties"]
    assert properties["StageName"] == "api"
    assert properties["TracingEnabled"] is True
    settings = {
        f"{each['HttpMethod']} {each['ResourcePath'].replace('~1', '')}": each for each in properties["MethodSettings"]
    }
    assert set(settings) == {"* /*", *PUBLIC}
    for route, each in settings.items():
        assert each["ThrottlingBurstLimit"] >= each["ThrottlingRateLimit"] > 0, route
        assert each["DataTraceEnabled"] is False, route
        assert each["LoggingLevel"] == "ERROR", route
        assert each["MetricsEnabled"] is False, "metrics by method are paid for, and nothing looks at them"
    anonymous = sum(settings[route]["ThrottlingRateLimit"] for route in PUBLIC)
    assert anonymous < settings["* /*"]["ThrottlingRateLimit"] / 2, "strangers may take the room of those signed in"
    (group,) = [name for name in of_type(service, "AWS::Logs::LogGroup") if name.startswith("SearchAccessLog")]
    assert properties["AccessLogSetting"]["DestinationArn"] == arn(group)
    fields = json.loads(properties["AccessLogSetting"]["Format"])
    assert {"request_id", "user", "method", "path", "status", "latency_ms"} <= set(fields)
    assert not any(word in json.dumps(fields).lower() for word in ("querystring", "body", "authorization"))


def check_the_gateways_own_log_is_ours(service: Template) -> None:
    """The gateway writes its errors to a group of this name, and makes one that keeps all for ever if there is none."""
    ((api, _),) = of_type(service, "AWS::ApiGateway::RestApi").items()
    (stage,) = of_type(service, "AWS::ApiGateway::Stage").values()
    (name,) = [
        name
        for name, group in of_type(service, "AWS::Logs::LogGroup").items()
        if joined(group["Properties"].get("LogGroupName", ""))
        == f"API-Gateway-Execution-Logs_{{{api}}}/{stage['Properties']['StageName']}"
    ]
    assert name in stage["DependsOn"]


def check_the_account_lets_the_gateway_log(service: Template) -> None:
    """On a fresh account nothing is logged, and no stage with logs deployed, before this is set."""
    ((name, account),) = of_type(service, "AWS::ApiGateway::Account").items()
    ((role, _),) = [each for each in of_type(service, "AWS::IAM::Role").items() if "CloudWatchRole" in each[0]]
    assert account["Properties"]["CloudWatchRoleArn"] == arn(role)
    # It is one for all APIs of the account's region: deleting ours must not end the others' logs.
    assert account["DeletionPolicy"] == service["Resources"][role]["DeletionPolicy"] == "Retain"
    (stage,) = of_type(service, "AWS::ApiGateway::Stage").values()
    assert name in stage["DependsOn"]
