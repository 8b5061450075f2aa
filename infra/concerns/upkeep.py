"""The daily sweep: old tombstones, and derived data that no image needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from constructs import Construct

from infra import policies
from infra.concerns.state_machine import StateMachine
from infra.function import Function
from infra.settings import Deployment

HOUR, MINUTE = "3", "17"
"""In UTC. Not on the hour, when everybody's schedules run."""
_GOES_ON = "$type($states.input.after) = 'string' and $states.input.after != ''"
"""In JSONata: there is a key to go on from, rather than nothing or null."""


class Upkeep(Construct):
    """A schedule, and the state machine that calls `manage_index` until it is through."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, manage_index: Function) -> None:
        super().__init__(scope, construct_id)
        function_arn = manage_index.function.function_arn
        self.state_machine = StateMachine(
            self,
            "StateMachine",
            deployment=deployment,
            name=f"{deployment.name}-sweep",
            comment="Forget old tombstones, and derived data that no image needs",
            states=_states(Stack.of(self).partition, function_arn),
            permissions=[policies.invoking(function_arn)],
        ).state_machine
        role = iam.Role(self, "ScheduleRole", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        policy = policies.permit(
            self,
            "SchedulePolicy",
            role=role,
            permissions=[policies.Permission(["states:StartExecution"], [self.state_machine.state_machine_arn])],
        )
        schedule = scheduler.Schedule(
            self,
            "Daily",
            description="Sweeps once a day",
            schedule=scheduler.ScheduleExpression.cron(hour=HOUR, minute=MINUTE, time_zone=TimeZone.ETC_UTC),
            target=targets.StepFunctionsStartExecution(
                self.state_machine,
                role=role.without_policy_updates(),
                input=scheduler.ScheduleTargetInput.from_object({}),
            ),
        )
        schedule.node.add_dependency(policy)


def _states(partition: str, function_arn: str) -> Mapping[str, Any]:
    """In the Amazon States Language. A call ends before its time does, and tells from which key to go on."""
    return {
        "Sweep": {
            "Type": "Task",
            "Resource": f"arn:{partition}:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": function_arn,
                "Payload": {
                    "action": "sweep",
                    "after": f"{{% {_GOES_ON} ? $states.input.after : '' %}}",
                },
            },
            "Output": "{% $states.result.Payload %}",
            "Retry": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "IntervalSeconds": 60,
                    "BackoffRate": 2,
                    "MaxAttempts": 5,
                    "JitterStrategy": "FULL",
                }
            ],
            "Next": "Is there more?",
        },
        "Is there more?": {
            "Type": "Choice",
            "Choices": [{"Condition": f"{{% {_GOES_ON} %}}", "Next": "Sweep"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
