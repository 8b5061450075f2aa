"""What holds for every policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra_checks.reading import Template, policies, several, statements


def check_no_action_is_a_wildcard(template: Template) -> None:
    """What is allowed is named; what is forbidden may be everything."""
    for place, found in policies(template):
        for statement in found:
            if statement["Effect"] == "Allow":
                assert "NotAction" not in statement, f"{place} allows all actions but some"
                wild = [action for action in several(statement["Action"]) if "*" in action]
                assert not wild, f"{place} allows {wild}"


def check_nobody_is_everybody(template: Template) -> None:
    """Nothing is allowed to just anyone. A VPC endpoint's policy is about who is inside already."""
    for place, found in policies(template):
        if template["Resources"][place.split(".")[0]]["Type"] == "AWS::EC2::VPCEndpoint":
            continue
        for statement in found:
            if statement["Effect"] == "Allow":
                principal = statement.get("Principal", {})
                whoever = principal == "*" or (isinstance(principal, Mapping) and "*" in several(principal.get("AWS")))
                assert not whoever, f"{place} allows everybody {statement['Action']}"


def check_services_act_for_this_account(template: Template, *, kinds: tuple[str, ...]) -> None:
    """A service that may use a resource may do so only for this account, or for one source (confused deputy)."""
    for place, found in policies(template):
        if template["Resources"][place.split(".")[0]]["Type"] not in kinds:
            continue
        for statement in found:
            if statement["Effect"] == "Allow" and "Service" in statement.get("Principal", {}):
                keys = {key for test in statement.get("Condition", {}).values() for key in test}
                assert keys & {"aws:SourceAccount", "aws:SourceArn"}, f"{place} trusts a service for any account"


def refuses_plain_http(document: Mapping[str, Any]) -> bool:
    """Whether a policy denies everybody what does not come by TLS."""
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in statements(document)
    )


def allowed(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [statement for statement in statements(document) if statement["Effect"] == "Allow"]
