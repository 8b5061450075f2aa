"""The page: what CloudFront serves from where, and what browsers are told to refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra_checks.policies import allowed, refuses_plain_http
from infra_checks.reading import Template, arn, joined, named, of_type, ref
from infra_checks.roles import Names

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""CloudFront's own policies by their ids: "Use managed cache policies", "... origin request policies" in its guide."""

CACHED_ERRORS = (404, 405, 414, 500, 501, 502, 503, 504)
"""That it keeps for ten seconds where nothing else is said ("HTTP 4xx and 5xx status codes that CloudFront caches", in
its guide). (403 and others only where the answer says for how long; 416 never.)"""


def distribution(service: Template) -> Mapping[str, Any]:
    (found,) = of_type(service, "AWS::CloudFront::Distribution").values()
    config: Mapping[str, Any] = found["Properties"]["DistributionConfig"]
    return config


def check_bucket_is_for_the_distribution_alone(service: Template) -> None:
    name, bucket = named(service, "AWS::S3::Bucket", "PageBucket")
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["Properties"]["PublicAccessBlockConfiguration"]) == 4
    (policy,) = [
        each["Properties"]["PolicyDocument"]
        for each in of_type(service, "AWS::S3::BucketPolicy").values()
        if each["Properties"]["Bucket"] == ref(name)
    ]
    assert refuses_plain_http(policy)
    (statement,) = allowed(policy)
    assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert statement["Action"] == "s3:GetObject"
    ((ours, _),) = of_type(service, "AWS::CloudFront::Distribution").items()
    assert set(statement["Condition"]) == {"StringEquals"}
    assert set(statement["Condition"]["StringEquals"]) == {"AWS:SourceArn"}
    source = joined(statement["Condition"]["StringEquals"]["AWS:SourceArn"])
    assert source == f"arn:{{AWS::Partition}}:cloudfront::{{AWS::AccountId}}:distribution/{{{ours}}}"
    (origin,) = [each for each in distribution(service)["Origins"] if "S3OriginConfig" in each]
    assert origin["DomainName"] == {"Fn::GetAtt": [name, "RegionalDomainName"]}
    assert "OriginAccessControlId" in origin


def check_api_is_handed_on(service: Template) -> None:
    """Whole: every method, token and parameter, never from a cache, under its own path, over TLS."""
    config = distribution(service)
    ((api, _),) = of_type(service, "AWS::ApiGateway::RestApi").items()
    (origin,) = [each for each in config["Origins"] if "CustomOriginConfig" in each]
    assert ref(api) in origin["DomainName"]["Fn::Join"][1]
    assert "OriginPath" not in origin, "the stage is called as the path is"
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    behaviours = {each["PathPattern"]: each for each in config["CacheBehaviors"]}
    assert set(behaviours) == {"/api/docs", "/api/*"}
    for behaviour in behaviours.values():
        assert behaviour["TargetOriginId"] == origin["Id"]
        assert behaviour["CachePolicyId"] == CACHING_DISABLED
        assert behaviour["OriginRequestPolicyId"] == ALL_BUT_HOST
        assert {"GET", "POST", "PATCH", "DELETE"} <= set(behaviour["AllowedMethods"])
        assert behaviour["ViewerProtocolPolicy"] == "https-only"
    kept = {each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in config.get("CustomErrorResponses", [])}
    assert kept == dict.fromkeys(CACHED_ERRORS, 0), "errors are cached by the path alone"
    assert not any("ResponseCode" in each or "ResponsePagePath" in each for each in config["CustomErrorResponses"])


def content_security(service: Template, library: Template, name: str) -> Mapping[str, list[str]]:
    """The rules of a headers policy: `{"script-src": ["'self'"]}`."""
    _, policy = named(service, "AWS::CloudFront::ResponseHeadersPolicy", f"PageHeaders{name}")
    headers = policy["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["ContentSecurityPolicy"]["Override"] is True
    text = Names(service, library).of(headers["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    rules = (rule.split() for rule in text.split(";"))
    return {key: values for key, *values in rules}


def check_headers(service: Template) -> None:
    """Every behaviour has a policy with all of these."""
    config = distribution(service)
    policies = of_type(service, "AWS::CloudFront::ResponseHeadersPolicy")
    for behaviour in [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]:
        policy = policies[behaviour["ResponseHeadersPolicyId"]["Ref"]]["Properties"]
        headers = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 365 * 24 * 3600
        assert headers["ContentTypeOptions"] == {"Override": True}
        assert headers["FrameOptions"]["FrameOption"] == "DENY"
        assert headers["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"


def check_client_keeps_no_secret(service: Template) -> None:
    """People sign in by code and PKCE, and come back to the page alone."""
    ((name, _),) = of_type(service, "AWS::CloudFront::Distribution").items()
    (client,) = of_type(service, "AWS::Cognito::UserPoolClient").values()
    properties = client["Properties"]
    assert properties["GenerateSecret"] is False
    assert properties["AllowedOAuthFlows"] == ["code"]
    page = {"Fn::Join": ["", ["https://", {"Fn::GetAtt": [name, "DomainName"]}, "/"]]}
    assert properties["CallbackURLs"] == properties["LogoutURLs"] == [page]
    assert properties["PreventUserExistenceErrors"] == "ENABLED"
    flows = set(properties["ExplicitAuthFlows"])
    assert flows == {"ALLOW_ADMIN_USER_PASSWORD_AUTH"}, "no password comes to the public"


def check_refresh_tokens_rotate(service: Template) -> None:
    """Each is of use once, but for retries; where they rotate, Cognito takes no client that allows the older flow."""
    (client,) = of_type(service, "AWS::Cognito::UserPoolClient").values()
    properties = client["Properties"]
    assert properties["RefreshTokenRotation"] == {"Feature": "ENABLED", "RetryGracePeriodSeconds": 60}
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in properties["ExplicitAuthFlows"]
    assert properties["EnableTokenRevocation"] is True


def check_upload_runs_as_ours(service: Template) -> None:
    """The function of the CDK's that uploads has our role, not one that it made."""
    (function,) = [
        each["Properties"]
        for logical_id, each in of_type(service, "AWS::Lambda::Function").items()
        if logical_id.startswith("CustomCDKBucketDeployment")
    ]
    role, _ = named(service, "AWS::IAM::Role", "PageUploadRole")
    assert function["Role"] == arn(role)
