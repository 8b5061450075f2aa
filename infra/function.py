"""The one construct of every Lambda function of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import policies
from infra.acknowledged import acknowledge
from infra.concerns.network import Network
from infra.lifetimes import retention
from infra.settings import Deployment

RUNTIME = lambda_.Runtime.PYTHON_3_13
"""What layers/runtime is built for."""
ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}
METRICS_NAMESPACE = "imagesearch"
LIVE = "live"
"""The alias of the version that is served."""

Start = Literal["on-demand", "snapstart", "provisioned"]
_ACKNOWLEDGED = {
    "AwsSolutions-L1": "The layers are built and tested for this version of Python, which AWS supports until 2029."
}


class Function(Construct):
    """A function with a log group and a role of its own, which may do what `permissions` say and write logs and traces.

    With `start` other than on demand, versions are published, and `alias` stands on the newest one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        package: str,
        description: str,
        code: lambda_.Code,
        layers: Sequence[lambda_.ILayerVersion],
        environment: Mapping[str, str],
        permissions: Sequence[policies.Permission],
        memory_mib: int,
        timeout: Duration,
        role: iam.Role | None = None,
        network: Network | None = None,
        start: Start = "on-demand",
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self, "Logs", retention=retention(deployment), removal_policy=RemovalPolicy.DESTROY
        )
        self.role = role or iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        policy = policies.permit(
            self,
            "Policy",
            role=self.role,
            permissions=[
                policies.writing_logs(self.log_group),
                policies.tracing(),
                *([policies.network_interfaces()] if network else []),
                *permissions,
            ],
        )
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=RUNTIME,
            architecture=ARCHITECTURES[deployment.architecture],
            handler=f"{package}.handler.handler",
            description=description,
            code=code,
            layers=list(layers),
            environment={
                "POWERTOOLS_SERVICE_NAME": package,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **environment,
            },
            memory_size=memory_mib,
            timeout=timeout,
            # The CDK would add what it thinks a function needs.
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if start == "snapstart" else None,
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=[network.function_security_group] if network else None,
        )
        self.function.node.add_dependency(policy)
        acknowledge(self.function, _ACKNOWLEDGED)
        self.alias = self._live(start) if start != "on-demand" else None

    @property
    def target(self) -> lambda_.IFunction:
        """What is to be invoked: the alias, where there is one."""
        return self.alias or self.function

    def _live(self, start: Start) -> lambda_.Alias:
        return lambda_.Alias(
            self,
            "Live",
            alias_name=LIVE,
            version=self.function.current_version,
            provisioned_concurrent_executions=1 if start == "provisioned" else None,
        )
