"""What cdk-nag finds and why it stays: each finding by its own id, at the narrowest construct, with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aws_cdk import Acknowledgment, IResolvable, Reference, Stack, Token, Tokenization, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Say of each finding (`AwsSolutions-COG2`, `AwsSolutions-IAM5[Resource::*]`) why it is right here."""
    for rule, reason in reasons.items():
        Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def wildcards(policy: IConstruct, resources: Sequence[str]) -> Iterator[str]:
    """The ids of what cdk-nag finds of a policy's resources: `AwsSolutions-IAM5[Resource::<Bucket.Arn>/*]`."""
    for resource in resources:
        shown = _shown(policy, resource)
        if "*" in shown:
            yield f"AwsSolutions-IAM5[Resource::{shown}]"


def _shown(scope: IConstruct, text: str) -> str:
    """As cdk-nag writes what is known only at deployment (its `flattenCfnReference`)."""
    for token in Tokenization.reverse_string(text).tokens:
        text = text.replace(Token.as_string(token), _flat(_resolved(Stack.of(scope), token)))
    return text


def _resolved(stack: Stack, token: IResolvable) -> Any:
    """What stands in the stack's template. What is another stack's comes by an export of that one."""
    if isinstance(token, Reference):
        owner = Stack.of(token.target)
        if owner.node.path != stack.node.path:
            return stack.resolve(owner.export_value(Token.as_string(token)))
    return stack.resolve(token)


def _flat(value: Any) -> str:
    """Joined and named: `{"Fn::GetAtt": ["Bucket", "Arn"]}` is `<Bucket.Arn>`."""
    match value:
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(map(_flat, parts))
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return _flat(name)
        case {"Ref": name}:
            return f"<{name}>"
        case _:
            return str(value)
