"""Putting the page's files into its bucket at deployment, by the CDK's own function in a role of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws, DefaultStackSynthesizer, RemovalPolicy, Stack
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as deployment_
from constructs import Construct

from infra import policies
from infra.acknowledged import acknowledge
from infra.lifetimes import retention
from infra.settings import Deployment

CONFIG = "config.json"
"""What the page reads first; the one in the repository is a laptop's."""


class PageUpload(Construct):
    """The files of `web` and a `config.json` with what is known only at deployment."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        web: Path,
        bucket: s3.Bucket,
        distribution: cloudfront.Distribution,
        config: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        group = logs.LogGroup(self, "Logs", retention=retention(deployment), removal_policy=RemovalPolicy.DESTROY)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        policy = policies.permit(
            self,
            "Policy",
            role=self.role,
            permissions=[
                policies.writing_logs(group),
                policies.Permission(["s3:GetObject"], [f"{_assets(self)}/*"], "Assets are named by what is in them."),
                policies.listing(bucket),
                policies.objects(bucket, "s3:PutObject", "s3:DeleteObject"),
                # Whether another deployment has taken the bucket over, before it is emptied.
                policies.Permission(["s3:GetBucketTagging"], [bucket.bucket_arn]),
                policies.Permission(
                    ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
                    [f"arn:{Aws.PARTITION}:cloudfront::{Aws.ACCOUNT_ID}:distribution/{distribution.distribution_id}"],
                ),
            ],
        )
        upload = deployment_.BucketDeployment(
            self,
            "Files",
            sources=[
                deployment_.Source.asset(str(web), exclude=[CONFIG]),
                deployment_.Source.json_data(CONFIG, dict(config)),
            ],
            destination_bucket=bucket,
            distribution=distribution,
            # A deployment is seen at once: browsers ask whether what they have is still current.
            cache_control=[deployment_.CacheControl.no_cache()],
            # With the stack the files go, so that the bucket can.
            retain_on_delete=False,
            memory_limit=256,
            role=self.role.without_policy_updates(),
            log_group=group,
        )
        upload.node.add_dependency(policy)
        for function in Stack.of(self).node.children:
            if function.node.id.startswith("Custom::CDKBucketDeployment"):
                acknowledge(function, {"AwsSolutions-L1": "The function is the CDK's, and so is its runtime."})


def _assets(scope: Construct) -> str:
    """The ARN of the bucket that `cdk bootstrap` made for assets."""
    synthesizer = Stack.of(scope).synthesizer
    qualifier = synthesizer.bootstrap_qualifier or DefaultStackSynthesizer.DEFAULT_QUALIFIER
    return f"arn:{Aws.PARTITION}:s3:::cdk-{qualifier}-assets-{Aws.ACCOUNT_ID}-{Aws.REGION}"
