"""What each role may do, to the last action and resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from infra_checks.reading import Template, of_type, several, statements

Rights = Mapping[str, set[str]]
"""Resources by action. A resource is named as in the template, without the CDK's digits: `BucketsImages.Arn/*`."""
HASH = 8


class Names:
    """What the service's template names, also where it is the library's."""

    def __init__(self, service: Template, library: Template) -> None:
        self._ids = {*service["Resources"], *library["Resources"]}
        self._exports = {
            output["Export"]["Name"]: output["Value"]
            for output in library.get("Outputs", {}).values()
            if "Export" in output
        }

    def of(self, value: Any) -> str:
        """Text, with a resource's logical id in place of its name, and `.Arn` after that where it is not the name."""
        match value:
            case str():
                return value
            case {"Fn::Join": [separator, parts]}:
                return str(separator).join(map(self.of, parts))
            case {"Fn::ImportValue": export}:
                return self.of(self._exports[export])
            case {"Fn::GetAtt": [logical_id, attribute]}:
                return f"{self._named(logical_id)}.{attribute}"
            case {"Ref": logical_id}:
                return self._named(logical_id)
        raise AssertionError(f"{value!r} is no text")

    def _named(self, logical_id: str) -> str:
        return logical_id[:-HASH] if logical_id in self._ids else f"<{logical_id}>"


def rights(service: Template, library: Template) -> Mapping[str, Rights]:
    """By role: all that the policies of the service stack allow it. What forbids is not told."""
    names = Names(service, library)
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for policy in of_type(service, "AWS::IAM::Policy").values():
        for role in policy["Properties"]["Roles"]:
            for statement in statements(policy["Properties"]["PolicyDocument"]):
                assert statement["Effect"] == "Allow"
                assert "NotAction" not in statement
                assert "NotResource" not in statement
                for action in several(statement["Action"]):
                    found[names.of(role)][action] |= set(map(names.of, several(statement["Resource"])))
    return found


def check_roles_may_do_exactly(service: Template, library: Template, expected: Mapping[str, Rights]) -> None:
    """Every role that the service stack gives anything, and everything that it gives it."""
    found = rights(service, library)
    assert set(found) == set(expected), "these roles have policies"
    for role, allowed in expected.items():
        assert dict(found[role]) == dict(allowed), role


def check_roles_have_nothing_else(service: Template, library: Template) -> None:
    """No policy within a role, and of AWS's own ones a single one, for which API Gateway takes no other."""
    names = Names(service, library)
    for logical_id, role in of_type(service, "AWS::IAM::Role").items():
        assert not role["Properties"].get("Policies"), logical_id
        managed = [names.of(arn) for arn in role["Properties"].get("ManagedPolicyArns", [])]
        wanted = ["arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"]
        assert managed == (wanted if logical_id[:-HASH] == "SearchApiCloudWatchRole" else []), logical_id
    assert not of_type(service, "AWS::IAM::ManagedPolicy")
    assert not of_type(service, "AWS::IAM::User")
    assert not of_type(service, "AWS::IAM::Group")


def check_roles_trust(service: Template, expected: Mapping[str, str]) -> None:
    """Each role is for one service, and the table is complete."""
    trusted = {}
    for logical_id, role in of_type(service, "AWS::IAM::Role").items():
        (statement,) = statements(role["Properties"]["AssumeRolePolicyDocument"])
        assert statement["Action"] == "sts:AssumeRole"
        assert set(statement["Principal"]) == {"Service"}
        trusted[logical_id[:-HASH]] = statement["Principal"]["Service"]
    assert trusted == dict(expected)


def check_no_two_functions_share_a_role(service: Template, library: Template) -> None:
    names = Names(service, library)
    roles = [names.of(each["Properties"]["Role"]) for each in of_type(service, "AWS::Lambda::Function").values()]
    assert len(roles) == len(set(roles))
