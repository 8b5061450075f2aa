"""The OpenSearch domain: encrypted everywhere, reached with SigV4 by roles of this account alone.

Left out in development is what one small node refuses or has no use for: several zones, dedicated managers, a VPC, and
audit logs, for which it has no memory to spare. T3 refuses Auto-Tune, too; that is no property of CloudFormation's: the
service turns it on where it can (OpenSearch Service developer guide, "Auto-Tune").
"""

from __future__ import annotations

from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.concerns.network import Network
from infra.lifetimes import removal_policy, retention
from infra.settings import ZONES, Deployment

HTTP_ACTIONS = ("es:ESHttpDelete", "es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPatch", "es:ESHttpPost", "es:ESHttpPut")


class Domain(Construct):
    """OpenSearch 2.19, with the role that is its master user."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        network: Network | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.index_manager_role = iam.Role(
            self,
            "IndexManager",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="manage_index: the domain's master user, who maps the other functions' roles",
        )
        log_groups = _LogGroups(self, "Logs", deployment=deployment)
        self.domain = opensearch.Domain(
            self,
            "Domain",
            domain_name=deployment.name,
            version=opensearch.EngineVersion.OPENSEARCH_2_19,
            enable_version_upgrade=True,
            enable_auto_software_update=True,
            capacity=_capacity(deployment),
            zone_awareness=opensearch.ZoneAwarenessConfig(enabled=True, availability_zone_count=ZONES)
            if deployment.production
            else opensearch.ZoneAwarenessConfig(enabled=False),
            ebs=opensearch.EbsOptions(volume_size=deployment.volume_gib, volume_type=ec2.EbsDeviceVolumeType.GP3),
            encryption_at_rest=opensearch.EncryptionAtRestOptions(enabled=True),
            node_to_node_encryption=True,
            enforce_https=True,
            tls_security_policy=opensearch.TLSSecurityPolicy.TLS_1_2_PFS,
            fine_grained_access_control=opensearch.AdvancedSecurityOptions(
                master_user_arn=self.index_manager_role.role_arn
            ),
            logging=log_groups.options,
            suppress_logs_resource_policy=True,  # the CDK's own is a function with wide rights
            vpc=network.vpc if network else None,
            vpc_subnets=[network.subnets] if network else None,
            security_groups=[network.domain_security_group] if network else None,
            removal_policy=removal_policy(deployment),
        )
        self.domain.node.add_dependency(log_groups.policy)  # the service tries to write when it is told where to
        self._allow_this_account(deployment)
        self._acknowledge(deployment)

    @property
    def url(self) -> str:
        return f"https://{self.domain.domain_endpoint}"

    def _allow_this_account(self, deployment: Deployment) -> None:
        """The account, rather than its roles: those of the functions are made later, by a stack that comes and goes.

        It opens nothing: a role also needs a statement of its own, and then what fine-grained access control maps it
        to, which `manage_index` does by exact ARNs. The CDK's `access_policies` would bring a function with wide
        rights, to learn the ARN of a domain that has no name.
        """
        resource = cast("opensearch.CfnDomain", self.domain.node.default_child)
        arn = f"arn:{Aws.PARTITION}:es:{Aws.REGION}:{Aws.ACCOUNT_ID}:domain/{deployment.name}/*"
        resource.access_policies = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    principals=[iam.AccountRootPrincipal()], actions=list(HTTP_ACTIONS), resources=[arn]
                )
            ]
        )

    def _acknowledge(self, deployment: Deployment) -> None:
        reasons = {
            "AwsSolutions-OS3": "Functions have no addresses of their own. Every request is signed with SigV4, by "
            "roles of this account that fine-grained access control knows.",
        }
        if not deployment.production:
            reasons |= {
                "AwsSolutions-OS1": "The profile 'development' does without a VPC, whose endpoints cost more than "
                "its node. 'production' has one.",
                "AwsSolutions-OS4": "One small node manages itself. 'production' has three dedicated managers.",
                "AwsSolutions-OS7": "One node can't be in two zones. 'production' has three.",
            }
        acknowledge(self.domain, reasons)


def _capacity(deployment: Deployment) -> opensearch.CapacityConfig:
    return opensearch.CapacityConfig(
        data_nodes=deployment.data_nodes,
        data_node_instance_type=deployment.data_node_type,
        master_nodes=3 if deployment.manager_node_type else None,
        master_node_instance_type=deployment.manager_node_type,
        multi_az_with_standby_enabled=False,  # it would keep a third of the nodes idle, and burstable ones refuse it
    )


class _LogGroups(Construct):
    """Where the domain writes its logs, and that it may."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        audits = deployment.production
        groups = {
            name: logs.LogGroup(self, name, retention=retention(deployment), removal_policy=removal_policy(deployment))
            for name in ("SlowSearch", "SlowIndex", "Application", *(["Audit"] if audits else []))
        }
        self.options = opensearch.LoggingOptions(
            slow_search_log_enabled=True,
            slow_search_log_group=groups["SlowSearch"],
            slow_index_log_enabled=True,
            slow_index_log_group=groups["SlowIndex"],
            app_log_enabled=True,
            app_log_group=groups["Application"],
            audit_log_enabled=audits or None,  # off, it would be told of all the same
            audit_log_group=groups.get("Audit"),
        )
        domain_arn = f"arn:{Aws.PARTITION}:es:{Aws.REGION}:{Aws.ACCOUNT_ID}:domain/{deployment.name}"
        self.policy = logs.ResourcePolicy(
            self,
            "Policy",
            resource_policy_name=f"{deployment.name}-domain",
            policy_statements=[
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("es.amazonaws.com")],
                    actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:PutLogEventsBatch"],
                    resources=[group.log_group_arn for group in groups.values()],
                    conditions={
                        "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                        "ArnLike": {"aws:SourceArn": domain_arn},
                    },
                )
            ],
        )
