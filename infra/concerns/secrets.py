"""The secret that signs cursors."""

from __future__ import annotations

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.lifetimes import removal_policy
from infra.settings import Deployment


def cursor_secret(scope: Construct, *, deployment: Deployment) -> secretsmanager.Secret:
    """64 letters and digits that nobody has ever seen."""
    secret = secretsmanager.Secret(
        scope,
        "CursorSecret",
        description="Signs the cursors of searches",
        generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        removal_policy=removal_policy(deployment),
    )
    acknowledge(
        secret,
        {
            "AwsSolutions-SMG4": "It opens nothing: it only shows that a cursor is ours, and a cursor works for an "
            "hour. A rotation would break the pages of whoever searches at that moment."
        },
    )
    return secret
