"""Alarms, dashboard and budget, of both stacks."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.concerns.alarms import Alarms, function_rules, queue_rules, search_rules, state_machine_rules
from infra.concerns.budget import Budget
from infra.concerns.dashboard import Dashboard
from infra.concerns.domain_alarms import domain_rules
from infra.function import Function
from infra.library_stack import LibraryStack
from infra.settings import Deployment


class Observability(Construct):
    """What an operator looks at, and what calls him."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        library: LibraryStack,
        functions: Mapping[str, Function],
        api: apigateway.RestApi,
        state_machines: Mapping[str, sfn.StateMachine],
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = Alarms(
            self,
            "Alarms",
            deployment=deployment,
            topic=library.alarm_topic,
            rules=[
                *queue_rules(library.queues),
                *function_rules(functions),
                *search_rules(functions["search_api"], api),
                *state_machine_rules(state_machines),
                *domain_rules(deployment, library.domain),
            ],
        )
        self.dashboard = Dashboard(
            self,
            "Dashboard",
            deployment=deployment,
            alarms=self.alarms.all,
            functions=functions,
            api=api,
            queues=library.queues,
            domain=library.domain,
        )
        self.budget = Budget(self, "Budget", deployment=deployment, topic=library.alarm_topic)
