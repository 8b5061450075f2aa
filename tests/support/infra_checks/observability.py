"""What must hold for alarms, dashboard and budget."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra_checks.policies import allowed
from infra_checks.reading import Template, joined, named, of_type, properties, ref, several

ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = "AWS::Lambda::Function"
RECOMMENDED = {
    "ClusterStatus.red",
    "ClusterStatus.yellow",
    "FreeStorageSpace",
    "ClusterIndexWritesBlocked",
    "Nodes",
    "AutomatedSnapshotFailure",
    "CPUUtilization",
    "JVMMemoryPressure",
    "OldGenJVMMemoryPressure",
    "KMSKeyError",
    "KMSKeyInaccessible",
    "MasterReachableFromNode",
    "ThreadpoolSearchQueue",
    "ThreadpoolWriteQueue",
}
"""By AWS, for each domain: docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html"""
OF_MANAGERS = {"MasterCPUUtilization", "MasterJVMMemoryPressure", "MasterOldGenJVMMemoryPressure"}

Alarm = Mapping[str, Any]
Metric = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, name, and dimensions in order."""


def alarms(service: Template) -> dict[str, Alarm]:
    """By name, without the deployment's."""
    found = [each["Properties"] for each in of_type(service, ALARM).values()]
    return {str(each["AlarmName"]).removeprefix("imagesearch-"): each for each in found}


def metrics_of(alarm: Alarm) -> Iterator[Metric]:
    """Those that an alarm watches, also below an expression."""
    stats = (
        [alarm] if "MetricName" in alarm else [m["MetricStat"]["Metric"] for m in alarm["Metrics"] if "MetricStat" in m]
    )
    for each in stats:
        dimensions = tuple(sorted((d["Name"], joined(d["Value"])) for d in each["Dimensions"]))
        yield each["Namespace"], each["MetricName"], dimensions


def check_alarms_are_told(service: Template) -> None:
    """Each says what to do, and is sent when it begins and when it ends."""
    for name, alarm in alarms(service).items():
        assert len(alarm.get("AlarmDescription", "")) > 40, f"{name} does not say what to do"
        for actions in (alarm.get("AlarmActions"), alarm.get("OKActions")):
            assert actions is not None, f"{name} tells nobody"
            assert len(actions) == 1, name
            assert "EventsAlarms" in joined(actions[0]), name
        assert alarm.get("ActionsEnabled") is not False, name


def check_alarm_topic_takes_what_is_sent(library: Template) -> None:
    """A topic with a policy of its own lets nobody publish whom it does not name."""
    topic, _ = named(library, "AWS::SNS::Topic", "EventsAlarms")
    policy = properties(library, "AWS::SNS::TopicPolicy", "EventsAlarmsPolicy")
    statements = allowed(policy["PolicyDocument"])
    assert {each["Principal"]["Service"] for each in statements} == {
        "cloudwatch.amazonaws.com",
        "budgets.amazonaws.com",
    }
    for each in statements:
        assert (each["Action"], each["Resource"]) == ("sns:Publish", ref(topic))
        assert each["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def check_queues_have_alarms(service: Template, number: int) -> None:
    """Any dead letter rings; so does a change that waited for an hour."""
    found = alarms(service)
    dead, oldest = found[f"dead-letters-{number}"], found[f"oldest-message-{number}"]
    ((_, dead_metric, dead_queue),) = metrics_of(dead)
    ((_, oldest_metric, queue),) = metrics_of(oldest)
    assert (dead_metric, dead["Statistic"]) == ("ApproximateNumberOfMessagesVisible", "Maximum")
    assert (dead["Threshold"], dead["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert dead_queue[0][1] == f"imagesearch-dead-letters-{number}"
    assert (oldest_metric, oldest["Statistic"]) == ("ApproximateAgeOfOldestMessage", "Maximum")
    assert oldest["Threshold"] <= 3600
    assert queue[0][1] == f"imagesearch-changes-{number}"


def check_functions_have_alarms(service: Template) -> None:
    """Of each of ours errors and throttles ring; the CDK's own run at deployment, which then fails by itself."""
    ours = {
        name for name, each in of_type(service, FUNCTION).items() if ".handler.handler" in each["Properties"]["Handler"]
    }
    for metric in ("Errors", "Throttles"):
        watched = {
            dimensions[0][1].strip("{}")
            for alarm in alarms(service).values()
            for _, found, dimensions in metrics_of(alarm)
            if found == metric and alarm["Threshold"] == 1
        }
        assert watched == ours, f"{metric} of {ours ^ watched}"


def check_searches_have_alarms(service: Template) -> None:
    slow, errors = alarms(service)["slow-searches"], alarms(service)["server-errors"]
    assert (slow["MetricName"], slow["ExtendedStatistic"]) == ("Duration", "p99")
    assert slow["Threshold"] <= 29_000, "API Gateway would give up first"
    assert "SearchApi" in joined(slow["Dimensions"][0]["Value"])
    assert (errors["Namespace"], errors["MetricName"], errors["Statistic"]) == ("AWS/ApiGateway", "5XXError", "Sum")


def check_state_machines_have_alarms(service: Template) -> None:
    """Failed and timed out; each of them."""
    machines = {f"{{{name}}}" for name in of_type(service, "AWS::StepFunctions::StateMachine")}
    for metric in ("ExecutionsFailed", "ExecutionsTimedOut"):
        watched = {
            dimensions[0][1]
            for alarm in alarms(service).values()
            for _, found, dimensions in metrics_of(alarm)
            if found == metric
        }
        assert watched == machines, f"{metric} of {machines ^ watched}"


def check_domain_has_recommended_alarms(library: Template, service: Template) -> None:
    domain = properties(library, "AWS::OpenSearchService::Domain", "Domain")
    cluster = domain["ClusterConfig"]
    of_domain = {each["MetricName"]: each for each in alarms(service).values() if each.get("Namespace") == "AWS/ES"}
    managers = cluster.get("DedicatedMasterCount", 0)
    assert of_domain.keys() == RECOMMENDED | (OF_MANAGERS if managers else set())
    for metric, alarm in of_domain.items():
        assert {each["Name"] for each in alarm["Dimensions"]} == {"DomainName", "ClientId"}, metric
    assert of_domain["Nodes"]["Threshold"] == cluster["InstanceCount"] + managers
    assert of_domain["FreeStorageSpace"]["Threshold"] == domain["EBSOptions"]["VolumeSize"] * 1024 / 4
    assert of_domain["FreeStorageSpace"]["Statistic"] == of_domain["Nodes"]["Statistic"] == "Minimum"


def check_budget_is_told(service: Template, *, usd: int, email: str | None) -> None:
    """Early, at the limit, and when it will be passed: to the topic, and by mail."""
    budget = properties(service, "AWS::Budgets::Budget", "ObservabilityBudget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": usd, "Unit": "USD"}
    assert (budget["Budget"]["BudgetType"], budget["Budget"]["TimeUnit"]) == ("COST", "MONTHLY")
    assert "CostFilters" not in budget["Budget"], "a tag that nobody has activated counts nothing"
    told = {
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"])
        for each in budget["NotificationsWithSubscribers"]
    }
    assert told == {("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)}
    for each in budget["NotificationsWithSubscribers"]:
        subscribers = {s["SubscriptionType"]: joined(s["Address"]) for s in each["Subscribers"]}
        assert "EventsAlarms" in subscribers.pop("SNS")
        assert subscribers == ({"EMAIL": email} if email else {})


def dashboard(service: Template) -> Mapping[str, Any]:
    """The body, with what is referred to in braces."""
    ((_, found),) = of_type(service, "AWS::CloudWatch::Dashboard").items()
    _, parts = found["Properties"]["DashboardBody"]["Fn::Join"]
    # What is imported from the other stack has quotes of its own.
    text = "".join(part if isinstance(part, str) else joined(part).replace('"', "'") for part in parts)
    body: Mapping[str, Any] = json.loads(text)
    return body


def shown(service: Template) -> set[Metric]:
    """All metrics on the dashboard."""
    found = set()
    for widget in dashboard(service)["widgets"]:
        for metric in widget["properties"].get("metrics", []):
            namespace, name, *rest = [part for part in metric if not isinstance(part, dict)] or ["", ""]
            if name:
                found.add((namespace, name, tuple(sorted(zip(rest[::2], rest[1::2], strict=True)))))
    return found


def check_dashboard_shows_all_alarms(service: Template) -> None:
    first = dashboard(service)["widgets"][0]
    assert first["type"] == "alarm"
    names = {each.strip("{}").removesuffix(".Arn") for each in first["properties"]["alarms"]}
    assert names == of_type(service, ALARM).keys()


def check_dashboard_shows_functions_queues_and_cluster(service: Template) -> None:
    metrics = {(namespace, name) for namespace, name, _ in shown(service)}
    assert metrics >= {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("AWS/ApiGateway", "Count"),
        ("AWS/ApiGateway", "5XXError"),
        ("AWS/ApiGateway", "Latency"),
        ("AWS/Lambda", "Duration"),
        ("AWS/Lambda", "ConcurrentExecutions"),
        ("AWS/ES", "ClusterStatus.red"),
        ("AWS/ES", "FreeStorageSpace"),
        ("AWS/ES", "JVMMemoryPressure"),
        ("AWS/ES", "SearchLatency"),
    }


def subscriptions_by_mail(library: Template) -> list[str]:
    return [
        str(each["Properties"]["Endpoint"])
        for each in of_type(library, "AWS::SNS::Subscription").values()
        if "email" in several(each["Properties"]["Protocol"])
    ]
