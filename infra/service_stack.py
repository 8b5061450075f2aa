"""What comes and goes: functions, API, page. Deleting it loses nothing that can't be deployed again."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.assets import Assets
from infra.concerns.foundation import Foundation
from infra.concerns.generation import Indexing
from infra.concerns.layers import Layers
from infra.concerns.management import Management
from infra.concerns.observability import Observability
from infra.concerns.page import Page
from infra.concerns.search_api import SearchApi
from infra.concerns.upkeep import Upkeep
from infra.function import Function
from infra.library_stack import LibraryStack
from infra.settings import Deployment


class ServiceStack(Stack):
    """Both generations' functions where there are two; the API and the page of the current one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        library: LibraryStack,
        assets: Assets,
        **kwargs: Any,  # of every stack: env, stack_name, ...
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        numbers = [generation.number for generation in deployment.generations]
        layers = Layers(self, "Layers", deployment=deployment, assets=assets)
        foundation = Foundation(deployment=deployment, library=library, layers=layers)
        search = SearchApi(self, "Search", foundation=foundation)
        indexing = {
            number: Indexing(self, f"Generation{number}", foundation=foundation, number=number) for number in numbers
        }
        management = {
            number: Management(
                self,
                f"Management{number}",
                foundation=foundation,
                number=number,
                writers=[indexing[number].index_images.role, indexing[number].backfill.function.role],
                readers=[search.function.role],
            )
            for number in numbers
        }
        for number in numbers:
            indexing[number].start_after(management[number].ready)
        for earlier, later in pairwise(numbers):
            # The first index of a library becomes the current one: that must not be left to chance.
            management[later].ready.add_resource_dependency(management[earlier].ready)
        search.start_after(management[deployment.current].ready)
        upkeep = Upkeep(self, "Upkeep", deployment=deployment, manage_index=management[deployment.current].function)
        page = Page(self, "Page", deployment=deployment, library=library, search=search, assets=assets)

        self.api: apigateway.RestApi = search.api
        self.distribution: cloudfront.Distribution = page.distribution
        self.functions: Mapping[str, Function] = {
            "search_api": search.function,
            **{f"index_images-{number}": each.index_images for number, each in indexing.items()},
            **{f"backfill_images-{number}": each.backfill.function for number, each in indexing.items()},
            **{f"manage_index-{number}": each.function for number, each in management.items()},
        }
        self.state_machines: Mapping[str, sfn.StateMachine] = {
            **{f"backfill-{number}": each.backfill.state_machine for number, each in indexing.items()},
            "sweep": upkeep.state_machine,
        }
        Observability(
            self,
            "Observability",
            deployment=deployment,
            library=library,
            functions=self.functions,
            api=self.api,
            state_machines=self.state_machines,
        )
        self._tell(page)

    def _tell(self, page: Page) -> None:
        """Buckets and the user pool are the library's to tell."""
        told = {
            "PageUrl": (page.url, "The search page"),
            "ApiUrl": (f"{page.url}api", "The API, through CloudFront"),
            "ApiGatewayUrl": (self.api.url, "The API itself"),
            "UserPoolClientId": (page.client.user_pool_client_id, "Of the page"),
        }
        for name, (value, description) in told.items():
            CfnOutput(self, name, value=value, description=description)
        for name, machine in self.state_machines.items():
            CfnOutput(
                self,
                "".join(part.capitalize() for part in name.split("-")) + "StateMachineArn",
                value=machine.state_machine_arn,
                description=f"aws stepfunctions start-execution --state-machine-arn … ({name})",
            )
