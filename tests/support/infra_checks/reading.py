"""Finding one's way in a CloudFormation template."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]
"""As `aws_cdk.assertions.Template.to_json` gives it."""


def of_type(template: Template, kind: str) -> dict[str, Mapping[str, Any]]:
    """Resources of that type, by logical id."""
    return {name: found for name, found in template["Resources"].items() if found["Type"] == kind}


def named(template: Template, kind: str, start: str) -> tuple[str, Mapping[str, Any]]:
    """The one resource of that type whose logical id starts so, followed by the CDK's eight digits."""
    found = {name: each for name, each in of_type(template, kind).items() if name[:-8] == start}
    assert len(found) == 1, f"there is not one {kind} {start} but {len(found)}"
    return next(iter(found.items()))


def properties(template: Template, kind: str, start: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = named(template, kind, start)[1].get("Properties", {})
    return found


def arn(logical_id: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def ref(logical_id: str) -> dict[str, str]:
    return {"Ref": logical_id}


def joined(value: object) -> str:
    """Text made of parts, as one: `Fn::Join` with what it refers to in braces."""
    if isinstance(value, str):
        return value
    assert isinstance(value, Mapping), f"{value!r} is no text"
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(joined(part) for part in parts)
    if "Fn::GetAtt" in value:
        return "{" + ".".join(value["Fn::GetAtt"]) + "}"
    if "Ref" in value:
        return "{" + str(value["Ref"]) + "}"
    return "{" + json.dumps(value) + "}"


def kept(resource: Mapping[str, Any]) -> bool:
    """Whether it survives its stack, and its own replacement, though not a first deployment that failed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    policies = resource["DeletionPolicy"], resource["UpdateReplacePolicy"]
    assert policies in {("RetainExceptOnCreate", "Retain"), ("Delete", "Delete")}, policies
    return bool(resource["UpdateReplacePolicy"] == "Retain")


def several(value: object) -> list[Any]:
    """Policies say one thing, or a list of things."""
    return value if isinstance(value, list) else [value]


def statements(document: Mapping[str, Any] | str | object) -> list[Mapping[str, Any]]:
    """Of a policy document, or of the text of one."""
    if not (isinstance(document, Mapping) and "Statement" in document):
        document = json.loads(joined(document))
    assert isinstance(document, Mapping)
    return several(document["Statement"])


def policies(template: Template) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """Every policy in a template with its place: of identities and of resources."""
    for name, resource in template["Resources"].items():
        found = resource.get("Properties", {})
        for key in ("PolicyDocument", "KeyPolicy", "AccessPolicies", "AssumeRolePolicyDocument"):
            if key in found:
                yield f"{name}.{key}", statements(found[key])
        for inline in found.get("Policies", []):
            if isinstance(inline, Mapping) and "PolicyDocument" in inline:
                yield f"{name}.{inline['PolicyName']}", statements(inline["PolicyDocument"])
