"""Which resources are drawn, where, and under which name. A resource that this page does not know is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from infra.picture.reading import Resource, Resources

LEFT_OUT = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::Authorizer",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::GatewayResponse",
        "AWS::ApiGateway::Method",
        "AWS::ApiGateway::Resource",
        "AWS::ApiGateway::Stage",
        "AWS::CloudFront::OriginAccessControl",
        "AWS::CloudFront::ResponseHeadersPolicy",
        "AWS::Cognito::UserPoolClient",
        "AWS::Cognito::UserPoolDomain",
        "AWS::Cognito::UserPoolGroup",
        "AWS::EC2::FlowLog",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Key",
        "AWS::Lambda::Alias",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::Logs::ResourcePolicy",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::WAFv2::WebACLAssociation",
        "Custom::CDKBucketDeployment",
        "Custom::ImagesearchIndex",
    }
)
"""What others consist of. Some are edges, some would only make the picture full."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the picture. Resources with the same `name` share one."""

    name: str
    group: str
    title: str
    service: str
    stays: bool
    """Whether it is of the stack that stays."""


SERVICES: Mapping[str, str] = {
    "AWS::ApiGateway::RestApi": "API Gateway",
    "AWS::Budgets::Budget": "AWS Budgets",
    "AWS::CloudFront::Distribution": "CloudFront",
    "AWS::CloudWatch::Alarm": "CloudWatch",
    "AWS::CloudWatch::Dashboard": "CloudWatch",
    "AWS::Cognito::UserPool": "Cognito",
    "AWS::Lambda::Function": "Lambda",
    "AWS::OpenSearchService::Domain": "OpenSearch",
    "AWS::S3::Bucket": "S3",
    "AWS::SNS::Topic": "SNS",
    "AWS::SQS::Queue": "SQS",
    "AWS::Scheduler::Schedule": "EventBridge Scheduler",
    "AWS::SecretsManager::Secret": "Secrets Manager",
    "AWS::StepFunctions::StateMachine": "Step Functions",
    "AWS::WAFv2::WebACL": "WAF",
}

_PLACES: tuple[tuple[str, str, str], ...] = (
    # Start of the logical id (a pattern), group, title. The first that matches.
    (r"BucketsAccessLogs", "", ""),
    (r"CustomCDKBucketDeployment", "", ""),
    (r"BucketsImages", "Indexing", "pictures"),
    (r"BucketsDerived", "What searches need", "thumbnails, descriptors"),
    (r"EventsImages", "Indexing", "changes"),
    (r"EventsChanges(\d+)", "Indexing", "changes of generation {}"),
    (r"EventsDeadLetters(\d+)", "Indexing", "dead letters"),
    (r"Generation\d+IndexImages", "Indexing", "index_images"),
    (r"Generation\d+BackfillBackfillImages", "Backfill", "backfill_images"),
    (r"Generation\d+BackfillStateMachine", "Backfill", "every picture there is"),
    (r"Domain", "What searches need", "words and vectors"),
    (r"Management\d+ManageIndex", "Upkeep", "manage_index"),
    (r"UpkeepStateMachine", "Upkeep", "sweep"),
    (r"UpkeepDaily", "Upkeep", "once a day"),
    (r"UsersPool", "Searching", "viewers, editors"),
    (r"CursorSecret", "Searching", "secret of cursors"),
    (r"SearchSearchApi", "Searching", "search_api"),
    (r"SearchFirewall", "Searching", "firewall"),
    (r"SearchApi", "Searching", "API"),
    (r"PageDistribution", "Searching", "page and /api"),
    (r"PageBucket", "Searching", "page"),
    (r"EventsAlarms", "Watching", "alarms"),
    (r"ObservabilityAlarms", "Watching", "{} alarms"),
    (r"ObservabilityDashboard", "Watching", "dashboard"),
    (r"ObservabilityBudget", "Watching", "monthly budget"),
)


_DIGITS = 8
"""Of the hash that the CDK ends a logical id with."""


class NotPlaced(Exception):
    """A resource that the picture neither draws nor leaves out on purpose."""


def placed(resources: Resources) -> dict[str, Node]:
    """The node of each resource that is drawn, by the resource's key. Raises NotPlaced."""
    found: dict[str, Node] = {}
    for key, resource in resources.by_key.items():
        if resource.kind in LEFT_OUT:
            continue
        node = _node(resource)
        if node:
            found[key] = node
    alarms = [key for key, node in found.items() if resources.by_key[key].kind == "AWS::CloudWatch::Alarm"]
    for key in alarms:
        node = found[key]
        found[key] = Node("alarms", node.group, f"{len(alarms)} alarms", node.service, node.stays)
    return found


def _node(resource: Resource) -> Node | None:
    if resource.kind not in SERVICES:
        raise NotPlaced(f"{resource.kind} is neither drawn nor left out: see infra/picture/nodes.py.")
    for pattern, group, title in _PLACES:
        if match := re.match(pattern, resource.logical_id[:-_DIGITS]):
            if not group:
                return None
            shown = title.format(*match.groups()) if match.groups() else title
            return Node(resource.key, group, shown, SERVICES[resource.kind], resource.stack == "library")
    raise NotPlaced(f"{resource.logical_id} ({resource.kind}) has no place: see infra/picture/nodes.py.")
