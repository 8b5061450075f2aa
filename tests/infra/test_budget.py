"""The budget tells early, and whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template
from infra_checks import observability
from infra_checks.reading import of_type

from infra.concerns.budget import Budget
from infra.settings import Deployment, Profile


def test_it_has_the_limit_of_the_profile(service: Mapping[str, Any], profile: Profile) -> None:
    usd = Deployment(profile=profile).monthly_budget_usd

    observability.check_budget_is_told(service, usd=usd, email=None)


def test_it_can_be_replaced_when_somebody_else_is_to_be_told(service: Mapping[str, Any]) -> None:
    """CloudFormation makes a new budget for other subscribers before it deletes the old one: a fixed name is taken."""
    (budget,) = of_type(service, "AWS::Budgets::Budget").values()

    assert "BudgetName" not in budget["Properties"]["Budget"]


def test_who_named_an_address_is_told_by_mail_too() -> None:
    """Given an e-mail address, when the budget is passed, then it is written to without having confirmed anything."""
    deployment = Deployment(alarm_email="operator@example.org", monthly_budget_usd=7)
    stack = Stack(App(), "Stack")
    Budget(stack, "ObservabilityBudget", deployment=deployment, topic=sns.Topic(stack, "EventsAlarms"))

    template = Template.from_stack(stack).to_json()

    budget = of_type(template, "AWS::Budgets::Budget")
    renamed = {"Resources": {"ObservabilityBudget00000000": next(iter(budget.values()))}}
    observability.check_budget_is_told(renamed, usd=7, email="operator@example.org")
