"""The one construct of every state machine: its log group, its role, its definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import policies
from infra.lifetimes import retention
from infra.settings import Deployment


class StateMachine(Construct):
    """States as the Amazon States Language has them, with JSONata; the first one starts.

    Written as data, since the CDK's own states add permissions with wildcards.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        name: str,
        comment: str,
        states: Mapping[str, Any],
        permissions: Sequence[policies.Permission],
    ) -> None:
        super().__init__(scope, construct_id)
        group = logs.LogGroup(
            self,
            "Logs",
            # CloudWatch's own prefix for such logs: else each state machine adds to a policy of limited length.
            log_group_name=f"/aws/vendedlogs/states/{name}",
            retention=retention(deployment),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        policy = policies.permit(
            self, "Policy", role=self.role, permissions=[*policies.state_machine_logs(), *permissions]
        )
        definition = {"Comment": comment, "QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            definition_body=sfn.DefinitionBody.from_string(Stack.of(self).to_json_string(definition)),
            role=self.role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=group, level=sfn.LogLevel.ALL, include_execution_data=False),
        )
        self.state_machine.node.add_dependency(policy)
