"""What flows between the resources that are drawn, read from how they refer to each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from infra.picture.nodes import Node
from infra.picture.reading import Resource, Resources

PEOPLE = "people"
OPERATOR = "operator"
DEPLOYMENT = "deployment"
ACTORS = {PEOPLE: "people", OPERATOR: "operator", DEPLOYMENT: "cdk deploy"}


Way = Literal["forward", "back", "both"]


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """Something that goes between two nodes, by their names."""

    source: str
    target: str
    label: str
    way: Way = "forward"
    """Where it goes; `source` stands left of `target` in any case."""


def flows(resources: Resources, nodes: Mapping[str, Node]) -> list[Flow]:
    """All of them, in order. Flows of the same pair are one."""
    found: dict[tuple[str, str], list[Flow]] = defaultdict(list)
    for flow in (*_changes(resources), *_requests(resources), *_permissions(resources), *_watching(resources)):
        if all(name in ACTORS or name in nodes for name in (flow.source, flow.target)):
            source, target = (nodes[name].name if name in nodes else name for name in (flow.source, flow.target))
            found[source, target].append(flow)
    return sorted(_merged(source, target, each) for (source, target), each in found.items())


def _merged(source: str, target: str, found: Sequence[Flow]) -> Flow:
    labels = dict.fromkeys(flow.label for flow in found)
    ways = {flow.way for flow in found}
    way = next(iter(ways)) if len(ways) == 1 else "both"
    return Flow(source, target, ", ".join(labels), way)


def _changes(resources: Resources) -> Iterator[Flow]:
    """From the bucket to the function that indexes, and what goes wrong on the way."""
    for bucket in resources.of_kind("AWS::S3::Bucket"):
        for topic in resources.referred(bucket.stack, bucket.properties.get("NotificationConfiguration")):
            yield Flow(bucket.key, topic.key, "what came or went")
        for rule in bucket.properties.get("CorsConfiguration", {}).get("CorsRules", []):
            if "POST" in rule["AllowedMethods"]:
                yield Flow(PEOPLE, bucket.key, "uploads (signed forms)")
            if "GET" in rule["AllowedMethods"]:
                yield Flow(PEOPLE, bucket.key, "signed links", "back")
    for subscription in resources.of_kind("AWS::SNS::Subscription"):
        (topic,) = resources.referred(subscription.stack, subscription.properties["TopicArn"])
        for queue in resources.referred(subscription.stack, subscription.properties["Endpoint"]):
            yield Flow(topic.key, queue.key, "each change")
    for queue in resources.of_kind("AWS::SQS::Queue"):
        redrive = queue.properties.get("RedrivePolicy", {})
        for dead_letters in resources.referred(queue.stack, redrive.get("deadLetterTargetArn")):
            yield Flow(queue.key, dead_letters.key, f"after {redrive['maxReceiveCount']} attempts")
    for mapping in resources.of_kind("AWS::Lambda::EventSourceMapping"):
        (queue,) = resources.referred(mapping.stack, mapping.properties["EventSourceArn"])
        (function,) = resources.referred(mapping.stack, mapping.properties["FunctionName"])
        yield Flow(queue.key, function.key, f"batches of {mapping.properties['BatchSize']}")


def _requests(resources: Resources) -> Iterator[Flow]:
    """From people to the function that searches."""
    for distribution in resources.of_kind("AWS::CloudFront::Distribution"):
        yield Flow(PEOPLE, distribution.key, "searches")
        for origin in distribution.properties["DistributionConfig"]["Origins"]:
            for target in resources.referred(distribution.stack, origin["DomainName"]):
                if target.kind == "AWS::S3::Bucket":
                    yield Flow(distribution.key, target.key, "files", "back")
                else:
                    yield Flow(distribution.key, target.key, "/api")
    for method in resources.of_kind("AWS::ApiGateway::Method"):
        (api,) = resources.referred(method.stack, method.properties["RestApiId"])
        for function in _functions(resources, method, method.properties["Integration"].get("Uri")):
            yield Flow(api.key, function.key, "requests")
    for authorizer in resources.of_kind("AWS::ApiGateway::Authorizer"):
        (api,) = resources.referred(authorizer.stack, authorizer.properties["RestApiId"])
        for pool in resources.referred(authorizer.stack, authorizer.properties["ProviderARNs"]):
            yield Flow(PEOPLE, pool.key, "sign in")
            yield Flow(pool.key, api.key, "tokens")
    for association in resources.of_kind("AWS::WAFv2::WebACLAssociation"):
        (firewall,) = resources.referred(association.stack, association.properties["WebACLArn"])
        for api in resources.of_kind("AWS::ApiGateway::RestApi"):
            yield Flow(firewall.key, api.key, "guards")


def _permissions(resources: Resources) -> Iterator[Flow]:
    """What each role may do with what is drawn: only what is allowed can flow."""
    holders = _holders(resources)
    for policy in resources.of_kind("AWS::IAM::Policy"):
        roles = resources.referred(policy.stack, policy.properties.get("Roles"))
        for holder in (each for role in roles for each in holders.get(role.key, [])):
            if policy.logical_id.startswith(_stem(holder)):
                yield from _allowed(resources, policy, holder)
    for schedule in resources.of_kind("AWS::Scheduler::Schedule"):
        (machine,) = resources.referred(schedule.stack, schedule.properties["Target"]["Arn"])
        yield Flow(schedule.key, machine.key, "starts")
    for custom in resources.of_kind("Custom::ImagesearchIndex"):
        for function in resources.referred(custom.stack, custom.properties["ServiceToken"]):
            yield Flow(DEPLOYMENT, function.key, "makes the index")
    for machine in resources.of_kind("AWS::StepFunctions::StateMachine"):
        if "Backfill" in machine.logical_id:
            yield Flow(OPERATOR, machine.key, "starts")


def _allowed(resources: Resources, policy: Resource, holder: Resource) -> Iterator[Flow]:
    for statement in policy.properties["PolicyDocument"]["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for target in resources.referred(policy.stack, statement["Resource"]):
            for action, (kind, label, way) in _MEANINGS.items():
                if action not in actions or kind != target.kind:
                    continue
                if "NotificationConfiguration" in target.properties:  # where all begins: left of who uses it
                    yield Flow(target.key, holder.key, label, _TURNED[way])
                else:
                    yield Flow(holder.key, target.key, label, way)


_TURNED: Mapping[Way, Way] = {"forward": "back", "back": "forward", "both": "both"}


_MEANINGS: Mapping[str, tuple[str, str, Way]] = {
    "s3:GetObject": ("AWS::S3::Bucket", "reads", "back"),
    "s3:PutObject": ("AWS::S3::Bucket", "writes", "forward"),
    "s3:DeleteObject": ("AWS::S3::Bucket", "deletes", "forward"),
    "es:ESHttpGet": ("AWS::OpenSearchService::Domain", "SigV4", "both"),
    "es:ESHttpPost": ("AWS::OpenSearchService::Domain", "SigV4", "both"),
    "secretsmanager:GetSecretValue": ("AWS::SecretsManager::Secret", "reads", "back"),
    "lambda:InvokeFunction": ("AWS::Lambda::Function", "calls", "forward"),
}
"""What an action is done to, what it means for who looks at the picture, and whether things come or go by it."""


def _watching(resources: Resources) -> Iterator[Flow]:
    for alarm in resources.of_kind("AWS::CloudWatch::Alarm"):
        for topic in resources.referred(alarm.stack, alarm.properties["AlarmActions"]):
            yield Flow(alarm.key, topic.key, "ring")
            yield Flow(topic.key, OPERATOR, "mail")
    for budget in resources.of_kind("AWS::Budgets::Budget"):
        for topic in resources.referred(budget.stack, budget.properties["NotificationsWithSubscribers"]):
            yield Flow(budget.key, topic.key, "is passed")


def _holders(resources: Resources) -> dict[str, list[Resource]]:
    """Who runs as a role, by the role's key."""
    holders: dict[str, list[Resource]] = defaultdict(list)
    for kind, field in (("AWS::Lambda::Function", "Role"), ("AWS::StepFunctions::StateMachine", "RoleArn")):
        for each in resources.of_kind(kind):
            for role in resources.referred(each.stack, each.properties[field]):
                holders[role.key].append(each)
    return holders


def _stem(holder: Resource) -> str:
    """What the logical ids of a construct's parts begin with: two generations' `manage_index` share a role."""
    return holder.logical_id[:-8].removesuffix("Function").removesuffix("StateMachine")


def _functions(resources: Resources, method: Resource, uri: object) -> list[Resource]:
    """Behind a method, also by an alias."""
    found = []
    for each in resources.referred(method.stack, uri):
        if each.kind == "AWS::Lambda::Alias":
            found += resources.referred(each.stack, each.properties["FunctionName"])
        else:
            found.append(each)
    return found
