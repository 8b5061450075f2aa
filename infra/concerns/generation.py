"""What serves one generation: the function behind its queue, and the backfill of what is in the bucket already."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnResource, Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import policies
from infra.concerns.backfill import Backfill
from infra.concerns.foundation import Foundation
from infra.function import Function
from infra.library_stack import LibraryStack
from infra.settings import INDEX_BATCHING_WINDOW_SECONDS, INDEX_TIMEOUT_SECONDS

BATCH = 10
"""Messages at a time: as many as SQS gives at once without waiting, and few enough to end in time."""


def alias(number: int) -> str:
    """Through which a generation's functions reach its index."""
    return f"images-g{number}"


def environment(library: LibraryStack, number: int) -> Mapping[str, str]:
    """What every function of a generation is told (`imagesearch.settings`)."""
    return {
        "IMAGESEARCH_IMAGE_BUCKET": library.image_bucket.bucket_name,
        "IMAGESEARCH_DERIVED_BUCKET": library.derived_bucket.bucket_name,
        "IMAGESEARCH_INDEX_URL": f"{library.domain_url}/{alias(number)}",
        "IMAGESEARCH_INDEX_SIGV4": "true",
    }


class Indexing(Construct):
    """`index_images` and `backfill_images` of one generation."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        number: int,
    ) -> None:
        super().__init__(scope, construct_id)
        deployment, library, layers = foundation.deployment, foundation.library, foundation.layers
        queue = library.queues[number].queue
        indexing = [
            policies.objects(library.image_bucket, "s3:GetObject"),
            policies.listing(library.image_bucket),
            policies.objects(library.derived_bucket, "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
            policies.listing(library.derived_bucket),
            # Mapping; searches, documents and bulk requests, all of them by POST.
            policies.index(library.domain, "Get", "Post", alias=alias(number)),
        ]
        self.index_images = Function(
            self,
            "IndexImages",
            deployment=deployment,
            package="index_images",
            description=f"Indexes what changes in the image bucket (generation {number})",
            code=layers.code,
            layers=layers.of(number),
            environment=environment(library, number),
            permissions=[*indexing, policies.consuming(queue)],
            memory_mib=deployment.index_memory_mib,
            timeout=Duration.seconds(INDEX_TIMEOUT_SECONDS),
            network=foundation.network,
        )
        self._events = lambda_.EventSourceMapping(
            self,
            "Events",
            target=self.index_images.function,
            event_source_arn=queue.queue_arn,
            batch_size=BATCH,
            max_batching_window=Duration.seconds(INDEX_BATCHING_WINDOW_SECONDS),
            max_concurrency=deployment.index_concurrency,
            report_batch_item_failures=True,
        )
        self.backfill = Backfill(
            self,
            "Backfill",
            foundation=foundation,
            number=number,
            environment=environment(library, number),
            permissions=indexing,
        )

    def start_after(self, ready: CfnResource) -> None:
        """Take no events before there is an index to write to, and a right to."""
        self._events.node.add_dependency(ready)
