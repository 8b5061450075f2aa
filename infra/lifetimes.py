"""How long things live: logs, and what a deleted stack leaves behind."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from infra.settings import Deployment


def retention(deployment: Deployment) -> logs.RetentionDays:
    """Of every log group."""
    return logs.RetentionDays[deployment.log_retention.upper().replace("-", "_")]


def removal_policy(deployment: Deployment) -> RemovalPolicy:
    """Of what people would miss. What a failed first deployment made goes again: its names would block the next."""
    return RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if deployment.protected else RemovalPolicy.DESTROY
