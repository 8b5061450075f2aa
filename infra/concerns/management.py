"""`manage_index`: makes each generation's index at deployment, before anything reads or writes it."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CfnResource, CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import policies
from infra.concerns.foundation import Foundation
from infra.concerns.generation import environment
from infra.function import Function

MEMORY_MIB = 1024
TIMEOUT = Duration.minutes(15)
PATIENCE = Duration.minutes(20)
"""CloudFormation's. The function answers in its own time, and this is for when it could not even start."""


class Management(Construct):
    """`manage_index` of one generation, and the index that it makes (`ready` is when it has).

    The domain trusts one role to say what others may do: the library's, which all generations' functions run as. Each
    function says it of its own generation alone: only `writers` may index there, and only `readers` search.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        foundation: Foundation,
        number: int,
        writers: Sequence[iam.IRole],
        readers: Sequence[iam.IRole],
    ) -> None:
        super().__init__(scope, construct_id)
        deployment, library, layers = foundation.deployment, foundation.library, foundation.layers
        roles = {"index": [role.role_arn for role in writers], "search": [role.role_arn for role in readers]}
        settings = {
            "IMAGESEARCH_INDEX_SHARDS": str(deployment.shards_of(number)),
            "IMAGESEARCH_INDEX_REPLICAS": str(deployment.replicas),
            "IMAGESEARCH_INDEX_ROLES": Stack.of(self).to_json_string(roles),
        }
        self.function = Function(
            self,
            "ManageIndex",
            deployment=deployment,
            package="manage_index",
            description=f"Looks after the index (generation {number})",
            code=layers.code,
            layers=layers.of(number),
            environment={**environment(library, number), **settings},
            permissions=[
                # Roles, scripts, indexes and aliases are not below any one name.
                policies.index(library.domain, "Get", "Post", "Put", "Delete"),
                # The sweep: what no image needs any more.
                policies.listing(library.derived_bucket),
                policies.objects(library.derived_bucket, "s3:DeleteObject"),
            ],
            memory_mib=MEMORY_MIB,
            timeout=TIMEOUT,
            role=library.index_manager_role,
            network=foundation.network,
        )
        made = CustomResource(
            self,
            "Index",
            resource_type="Custom::ImagesearchIndex",
            service_token=self.function.function.function_arn,
            service_timeout=PATIENCE,
            # All but the number is for CloudFormation alone: it asks again when something of it changes, a version of a
            # layer too, since another version of the product, or a model, may want another index. Asking is cheap.
            properties={
                "Generation": number,
                "Layers": [layer.layer_version_arn for layer in layers.of(number)],
                "Settings": settings,
            },
        )
        ready = made.node.default_child
        assert isinstance(ready, CfnResource)
        self.ready = ready
