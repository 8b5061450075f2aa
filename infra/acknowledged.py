"""What cdk-nag finds and why it stays: each finding by its own id, at the narrowest construct, with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Say of each finding (`AwsSolutions-COG2`, `AwsSolutions-IAM5[Resource::*]`) why it is right here."""
    for rule, reason in reasons.items():
        Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
