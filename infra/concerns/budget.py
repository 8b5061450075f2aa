"""A budget of the account: it tells, and switches nothing off."""

from __future__ import annotations

from typing import Literal

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import Deployment

EARLY_PERCENT = 80


class Budget(Construct):
    """A monthly limit on what the whole account costs.

    Not on what is tagged as ours: until somebody activates the tag `application` for cost allocation, such a budget
    would count nothing and never ring.
    """

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, topic: sns.Topic) -> None:
        super().__init__(scope, construct_id)
        self.budget = budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                # No name: AWS takes other subscribers for a new budget alone, and two can't have the same one.
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=deployment.monthly_budget_usd, unit="USD"),
            ),
            notifications_with_subscribers=[
                _notification("ACTUAL", EARLY_PERCENT, deployment, topic),
                _notification("ACTUAL", 100, deployment, topic),
                _notification("FORECASTED", 100, deployment, topic),
            ],
        )


def _notification(
    kind: Literal["ACTUAL", "FORECASTED"], percent: int, deployment: Deployment, topic: sns.Topic
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    subscribers = [budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)]
    if deployment.alarm_email:
        # Besides the topic's own subscription, which does nothing until somebody has confirmed it.
        subscribers.append(
            budgets.CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=deployment.alarm_email)
        )
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            notification_type=kind,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=subscribers,
    )
