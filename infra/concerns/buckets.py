"""The buckets: people's pictures, what is derived from them, and who asked for what."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledged import acknowledge
from infra.lifetimes import removal_policy
from infra.settings import Deployment

KEPT_VERSIONS = Duration.days(30)
"""How long what was overwritten or deleted can be brought back."""
UPLOAD_LEFTOVERS = Duration.days(7)
ACCESS_LOGS = Duration.days(90)
CLOUDFRONT = "https://*.cloudfront.net"
"""Where our page is. Its exact name is made later, by the service stack, which this one must not wait for."""


def private_bucket(scope: Construct, construct_id: str, **more: Any) -> s3.Bucket:
    """A bucket that nobody reads but by rights of his own, and over TLS alone; `more` as `s3.Bucket` takes it."""
    return s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        **more,
    )


class Buckets(Construct):
    """Image bucket, derived bucket and the bucket of their access logs. Nothing in them is public."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment) -> None:
        super().__init__(scope, construct_id)
        self._removal_policy = removal_policy(deployment)
        self._origins = [CLOUDFRONT, *deployment.cors_origins]
        self.access_logs = self._access_logs()
        self.images = self._images()
        self.derived = self._derived()

    def _access_logs(self) -> s3.Bucket:
        bucket = private_bucket(
            self,
            "AccessLogs",
            removal_policy=self._removal_policy,
            lifecycle_rules=[s3.LifecycleRule(id="Old", expiration=ACCESS_LOGS)],
        )
        # The page's bucket is made later, by the service stack.
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects("page/*")],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        acknowledge(bucket, {"AwsSolutions-S1": "It is where access logs go: one of its own would never end."})
        return bucket

    def _images(self) -> s3.Bucket:
        return private_bucket(
            self,
            "Images",
            removal_policy=self._removal_policy,
            versioned=True,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="images/",
            # A presigned POST is a form of the browser's; presigned links are read by the page, too.
            cors=[self._cors(s3.HttpMethods.POST, s3.HttpMethods.GET, s3.HttpMethods.HEAD)],
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="OldVersions",
                    noncurrent_version_expiration=KEPT_VERSIONS,
                    expired_object_delete_marker=True,
                    abort_incomplete_multipart_upload_after=UPLOAD_LEFTOVERS,
                )
            ],
        )

    def _derived(self) -> s3.Bucket:
        # Not versioned: whatever is lost is computed again.
        return private_bucket(
            self,
            "Derived",
            removal_policy=self._removal_policy,
            server_access_logs_bucket=self.access_logs,
            server_access_logs_prefix="derived/",
            cors=[self._cors(s3.HttpMethods.GET, s3.HttpMethods.HEAD)],
            lifecycle_rules=[
                s3.LifecycleRule(id="Leftovers", abort_incomplete_multipart_upload_after=UPLOAD_LEFTOVERS)
            ],
        )

    def _cors(self, *methods: s3.HttpMethods) -> s3.CorsRule:
        return s3.CorsRule(
            allowed_origins=self._origins,
            allowed_methods=list(methods),
            allowed_headers=["content-type"],
            exposed_headers=["ETag"],
            max_age=3600,
        )
