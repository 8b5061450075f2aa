"""Indexing what is in the image bucket already: a Distributed Map over its listing. Started by hand.

aws stepfunctions start-execution --state-machine-arn ARN
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, Stack
from constructs import Construct

from infra import policies
from infra.concerns.foundation import Foundation
from infra.concerns.state_machine import StateMachine
from infra.function import Function
from infra.library_stack import LibraryStack

BATCH = 64
"""Objects that one call of `backfill_images` is given, sidecars among them."""
TIMEOUT = Duration.minutes(15)
TOLERATED_PERCENT = 5
"""Of all objects. A batch fails only when it did so again and again, so this is for an outage, not for bad pictures."""
LABEL = "Batches"
"""Of the map: it is part of its children's ARNs."""
RESULTS = "backfill"
"""Where in the derived bucket the results are written. The daily sweep looks at thumbnails and models' spaces alone."""


class Backfill(Construct):
    """`backfill_images` of one generation, and the state machine that gives it the whole bucket."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        number: int,
        environment: Mapping[str, str],
        permissions: Sequence[policies.Permission],
    ) -> None:
        super().__init__(scope, construct_id)
        deployment, library, layers = foundation.deployment, foundation.library, foundation.layers
        self.function = Function(
            self,
            "BackfillImages",
            deployment=deployment,
            package="backfill_images",
            description=f"Indexes a batch of what is in the image bucket (generation {number})",
            code=layers.code,
            layers=layers.of(number),
            environment=environment,
            permissions=permissions,
            memory_mib=deployment.index_memory_mib,
            timeout=TIMEOUT,
            network=foundation.network,
        )
        name = f"{deployment.name}-backfill-{number}"
        self.state_machine = StateMachine(
            self,
            "StateMachine",
            deployment=deployment,
            name=name,
            comment=f"Index all that is in the image bucket (generation {number})",
            states=_states(self, library, self.function, deployment.index_concurrency, number),
            permissions=[
                policies.listing(library.image_bucket),
                policies.invoking(self.function.function.function_arn),
                policies.objects(
                    library.derived_bucket,
                    "s3:PutObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:AbortMultipartUpload",
                    prefix=f"{RESULTS}/",
                ),
                *policies.mapping(name, LABEL),
            ],
        ).state_machine


def _states(
    scope: Construct, library: LibraryStack, function: Function, concurrency: int, number: int
) -> Mapping[str, Any]:
    """In the Amazon States Language. The list of S3 has more of each object than `backfill_images` takes."""
    partition = Stack.of(scope).partition
    return {
        "All objects": {
            "Type": "Map",
            "Label": LABEL,
            "ItemReader": {
                "Resource": f"arn:{partition}:states:::s3:listObjectsV2",
                "Arguments": {"Bucket": library.image_bucket.bucket_name},
            },
            "ItemSelector": {
                "Key": "{% $states.context.Map.Item.Value.Key %}",
                "Etag": "{% $states.context.Map.Item.Value.Etag %}",
            },
            "ItemBatcher": {
                "MaxItemsPerBatch": BATCH,
                "BatchInput": {"bucket": library.image_bucket.bucket_name},
            },
            "MaxConcurrency": concurrency,
            "ToleratedFailurePercentage": TOLERATED_PERCENT,
            "ItemProcessor": {
                # Standard children: express ones end after five minutes.
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "A batch",
                "States": {"A batch": _batch(partition, function)},
            },
            "ResultWriter": {
                "Resource": f"arn:{partition}:states:::s3:putObject",
                "Arguments": {
                    "Bucket": library.derived_bucket.bucket_name,
                    "Prefix": f"{RESULTS}/generation-{number}",
                },
            },
            "End": True,
        }
    }


def _batch(partition: str, function: Function) -> Mapping[str, Any]:
    return {
        "Type": "Task",
        "Resource": f"arn:{partition}:states:::lambda:invoke",
        "Arguments": {"FunctionName": function.function.function_arn, "Payload": "{% $states.input %}"},
        "Output": "{% $states.result.Payload %}",
        "Retry": [
            {
                # Whatever it was: the same batch again does no harm. Waits sum up to an hour and more.
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 15,
                "BackoffRate": 2,
                "MaxDelaySeconds": 900,
                "MaxAttempts": 9,
                "JitterStrategy": "FULL",
            }
        ],
        "End": True,
    }
