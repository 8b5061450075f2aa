"""AWS WAF before the API: the common rules of AWS, less what would refuse pictures, and a limit of requests."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.settings import Deployment

REQUESTS = 2000
"""In five minutes, of all that name the same address first in X-Forwarded-For; a page asks about once for each letter
typed. CloudFront adds the sender's address to what is there already, so who makes up another each time is not held by
this: it stops pages gone wild, and the stage's throttling holds the rest."""
INSPECTED_KIB = 64
"""Of a body: the most that WAF looks at. Only a search with a picture has more."""
SEARCH = "/api/search"
_PICTURES_TRIP = ("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericLFI_BODY", "GenericRFI_BODY")
"""Rules about bodies, which bytes of pictures or their base64 meet by chance; the function reads these with care."""

_Rule = waf.CfnWebACL.RuleProperty
_Statement = waf.CfnWebACL.StatementProperty


class Firewall(Construct):
    """A regional web ACL on the API's stage."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, stage: apigateway.Stage) -> None:
        super().__init__(scope, construct_id)
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            association_config=waf.CfnWebACL.AssociationConfigProperty(
                request_body={"API_GATEWAY": {"defaultSizeInspectionLimit": f"KB_{INSPECTED_KIB}"}}
            ),
            visibility_config=_visible(f"{deployment.name}-api"),
            rules=[_rate(), _large_bodies(), _common_rules()],
        )
        waf.CfnWebACLAssociation(self, "OfStage", resource_arn=stage.stage_arn, web_acl_arn=self.acl.attr_arn)


def _rate() -> waf.CfnWebACL.RuleProperty:
    return _Rule(
        name="requests-by-forwarded-address",
        priority=0,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        visibility_config=_visible("requests-by-forwarded-address"),
        statement=_Statement(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                limit=REQUESTS,
                # CloudFront stands between: its addresses are not those of people.
                aggregate_key_type="FORWARDED_IP",
                forwarded_ip_config=waf.CfnWebACL.ForwardedIPConfigurationProperty(
                    header_name="X-Forwarded-For", fallback_behavior="MATCH"
                ),
            )
        ),
    )


def _large_bodies() -> waf.CfnWebACL.RuleProperty:
    """Bodies that WAF sees only the beginning of are for searches with a picture alone."""
    is_search = _Statement(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
            positional_constraint="EXACTLY",
            search_string=SEARCH,
            text_transformations=_untransformed(),
        )
    )
    is_large = _Statement(
        size_constraint_statement=waf.CfnWebACL.SizeConstraintStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(
                body=waf.CfnWebACL.BodyProperty(oversize_handling="MATCH")
            ),
            comparison_operator="GT",
            size=INSPECTED_KIB * 1024,
            text_transformations=_untransformed(),
        )
    )
    not_search = _Statement(not_statement=waf.CfnWebACL.NotStatementProperty(statement=is_search))
    return _Rule(
        name="large-bodies",
        priority=1,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        visibility_config=_visible("large-bodies"),
        statement=_Statement(and_statement=waf.CfnWebACL.AndStatementProperty(statements=[is_large, not_search])),
    )


def _common_rules() -> waf.CfnWebACL.RuleProperty:
    return _Rule(
        name="common-rules",
        priority=2,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=_visible("common-rules"),
        statement=_Statement(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name="AWSManagedRulesCommonRuleSet",
                rule_action_overrides=[
                    waf.CfnWebACL.RuleActionOverrideProperty(
                        name=name, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
                    )
                    for name in _PICTURES_TRIP
                ],
            )
        ),
    )


def _untransformed() -> list[waf.CfnWebACL.TextTransformationProperty]:
    return [waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")]


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    """Requests may hold people's pictures and words: counted, and no sample kept."""
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
