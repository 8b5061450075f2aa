"""What stays: pictures, the queues of their changes, the index, and who may use them."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.concerns.buckets import Buckets
from infra.concerns.domain import Domain
from infra.concerns.events import Events
from infra.concerns.network import Network
from infra.concerns.secrets import cursor_secret
from infra.concerns.users import Users
from infra.settings import Deployment


class LibraryStack(Stack):
    """All that people would miss, and what can't be made anew in a minute.

    The service stack reads its attributes; nothing here knows of that stack. Policies for `index_manager_role` are
    made there (`iam.Policy(…, roles=[role])`), so that this stack does not wait for it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        **kwargs: Any,  # of every stack: env, stack_name, …
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        buckets = Buckets(self, "Buckets", deployment=deployment)
        self.image_bucket = buckets.images
        self.derived_bucket = buckets.derived
        self.access_logs_bucket = buckets.access_logs

        events = Events(self, "Events", deployment=deployment, image_bucket=buckets.images)
        self.image_topic = events.image_topic
        self.alarm_topic = events.alarm_topic
        self.queues = events.queues

        self.network = (
            Network(self, "Network", deployment=deployment, buckets=[buckets.images, buckets.derived])
            if deployment.production
            else None
        )
        domain = Domain(self, "Domain", deployment=deployment, network=self.network)
        self.domain = domain.domain
        self.domain_url = domain.url
        self.index_manager_role = domain.index_manager_role

        self.user_pool = Users(self, "Users", deployment=deployment).pool
        self.cursor_secret = cursor_secret(self, deployment=deployment)

        for name, value, description in (
            ("ImageBucketName", self.image_bucket.bucket_name, "Put pictures here"),
            ("DerivedBucketName", self.derived_bucket.bucket_name, "Thumbnails, kept descriptors, backfill results"),
            ("UserPoolId", self.user_pool.user_pool_id, "Add users here"),
        ):
            CfnOutput(self, name, value=value, description=description)
