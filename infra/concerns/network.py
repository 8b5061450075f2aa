"""Production's network: three zones without a way out. What the functions call has an endpoint in it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.lifetimes import removal_policy, retention
from infra.settings import ZONES, Deployment

HTTPS = ec2.Port.tcp(443)


class Network(Construct):
    """A VPC with one private subnet a zone, and who may speak to whom in it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        buckets: Sequence[s3.Bucket],
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            availability_zones=list(deployment.availability_zones)
            or [Fn.select(zone, Fn.get_azs()) for zone in range(ZONES)],
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22)
            ],
            # Emptying it would take a function of the CDK's with wide rights, and nothing is in it.
            restrict_default_security_group=False,
        )
        self.subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.function_security_group = self._security_group("Functions", "Functions that reach the index")
        self.domain_security_group = self._security_group("Domain", "The index")
        self._endpoint_security_group = self._security_group("Endpoints", "Endpoints of AWS services")
        for group in (self.domain_security_group, self._endpoint_security_group):
            group.add_ingress_rule(self.function_security_group, HTTPS, "functions")
            self.function_security_group.add_egress_rule(group, HTTPS)
        # S3's gateway answers under public addresses; the routes lead nowhere else.
        self.function_security_group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "S3 through its gateway")
        self._endpoints(buckets)
        self._flow_log(deployment)

    def _security_group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _endpoints(self, buckets: Sequence[s3.Bucket]) -> None:
        gateway = self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        gateway.add_to_policy(_bucket_access(buckets))
        gateway.add_to_policy(_cloudformation_answers())
        for name, service in (
            ("Sqs", ec2.InterfaceVpcEndpointAwsService.SQS),
            ("SecretsManager", ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER),
        ):
            self.vpc.add_interface_endpoint(
                name, service=service, open=False, security_groups=[self._endpoint_security_group]
            )

    def _flow_log(self, deployment: Deployment) -> None:
        group = logs.LogGroup(
            self, "FlowLogGroup", retention=retention(deployment), removal_policy=removal_policy(deployment)
        )
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )


def _bucket_access(buckets: Sequence[s3.Bucket]) -> iam.PolicyStatement:
    """Through the gateway one reaches our buckets alone, so that nothing is carried into somebody else's."""
    return iam.PolicyStatement(
        principals=[iam.StarPrincipal()],
        actions=["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"],
        resources=[arn for bucket in buckets for arn in (bucket.bucket_arn, bucket.arn_for_objects("*"))],
        conditions={"StringEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}},
    )


def _cloudformation_answers() -> iam.PolicyStatement:
    """`manage_index` answers CloudFormation under a link into a bucket of CloudFormation's, signed by it."""
    return iam.PolicyStatement(
        principals=[iam.StarPrincipal()],
        actions=["s3:PutObject"],
        resources=[f"arn:{Aws.PARTITION}:s3:::cloudformation-custom-resource-response-*/*"],
    )
