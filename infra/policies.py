"""What may be done to what: each function gives one permission, and where it has a wildcard, why.

Never a construct's own `grant_*`, whose actions have wildcards (`s3:GetObject*`, `s3:List*`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledged import acknowledge, wildcards

ANYTHING = "*"
"""Only where AWS knows no narrower resource; each use says where that is written."""

_NO_RESOURCES = "AWS takes no narrower resource for these (see policies.py)."


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions by their full names, on resources. Raises ValueError for a wildcard without a reason."""

    actions: Sequence[str]
    resources: Sequence[str]
    because: str = ""
    """Why there is a wildcard in the resources, for cdk-nag."""

    def __post_init__(self) -> None:
        for action in self.actions:
            if "*" in action:
                raise ValueError(f"{action} is a wildcard: name the actions")
        for resource in self.resources:
            if "*" in resource and not self.because:
                raise ValueError(f"{resource} has a wildcard: say why")


def permit(scope: Construct, construct_id: str, *, role: iam.Role, permissions: Sequence[Permission]) -> iam.Policy:
    """A policy of its own in this stack, since the role may be another one's that must not know of it."""
    statements = [
        iam.PolicyStatement(actions=list(each.actions), resources=list(each.resources)) for each in permissions
    ]
    policy = iam.Policy(scope, construct_id, roles=[role], statements=statements)
    for each in permissions:
        acknowledge(policy, dict.fromkeys(wildcards(policy, each.resources), each.because))
    return policy


def objects(bucket: s3.IBucket, *actions: str, prefix: str = "") -> Permission:
    """Actions on the objects of a bucket, or on those under a prefix."""
    return Permission(
        actions,
        [bucket.arn_for_objects(f"{prefix}*")],
        "The bucket's objects, which come and go; the actions are named.",
    )


def listing(bucket: s3.IBucket) -> Permission:
    """Listing; and who may not list is told 403, not 404, of an object that is not there."""
    return Permission(["s3:ListBucket"], [bucket.bucket_arn])


def consuming(queue: sqs.IQueue) -> Permission:
    """What an event source does with a queue, and `index_images` itself: postpone a message, by the queue's name."""
    return Permission(
        [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ChangeMessageVisibility",
        ],
        [queue.queue_arn],
    )


def index(domain: opensearch.IDomain, *methods: str, alias: str = "") -> Permission:
    """HTTP methods on a domain, or on what lies below one alias: `es:ESHttpGet` and so on.

    What they may do there is said by the domain's own roles (fine-grained access control).
    """
    path = f"{alias}/*" if alias else "*"
    return Permission(
        [f"es:ESHttp{method}" for method in methods],
        [f"{domain.domain_arn}/{path}"],
        "Paths of the index's HTTP interface; what may be done there is for the domain's own roles to say.",
    )


def secret(found: secretsmanager.ISecret) -> Permission:
    """Its value, which is encrypted with the key that AWS manages for Secrets Manager."""
    return Permission(["secretsmanager:GetSecretValue"], [found.secret_arn])


def writing_logs(group: logs.ILogGroup) -> Permission:
    """The log streams of one group, which is there already."""
    # The ARN of a group ends with ":*" and so means its streams.
    return Permission(["logs:CreateLogStream", "logs:PutLogEvents"], [group.log_group_arn])


def tracing() -> Permission:
    """X-Ray, which has no resources to name (service authorization reference, "AWS X-Ray")."""
    return Permission(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], [ANYTHING], _NO_RESOURCES)


def network_interfaces() -> Permission:
    """What Lambda does with a function's role to join a VPC; it asks for all of it on all resources.

    See "Required IAM permissions" of "Giving Lambda functions access to resources in an Amazon VPC" in its guide.
    """
    return Permission(
        [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        [ANYTHING],
        _NO_RESOURCES,
    )


def invoking(*function_arns: str) -> Permission:
    """Calling functions, without a version."""
    return Permission(["lambda:InvokeFunction"], function_arns)


def state_machine_arn(name: str) -> str:
    """Of a state machine of this account and region, by its name: its own role must name it before it is there."""
    return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{name}"


def mapping(name: str, label: str) -> list[Permission]:
    """What the role of a state machine needs to start, follow and redrive the children of its Distributed Map `label`.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    machine = state_machine_arn(name)
    children = machine.replace(":stateMachine:", ":execution:")
    return [
        Permission(["states:StartExecution"], [machine]),
        Permission(
            ["states:DescribeExecution", "states:StopExecution"],
            [f"{children}:*"],
            "The state machine's own executions, whose names Step Functions makes.",
        ),
        Permission(
            ["states:RedriveExecution"],
            [f"{children}/{label}:*"],
            "The map's own children, whose names Step Functions makes.",
        ),
    ]


def state_machine_logs() -> list[Permission]:
    """Logs and traces of a state machine, by vended logs, which have no resources to name.

    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
    """
    return [
        Permission(
            [
                "logs:CreateLogDelivery",
                "logs:GetLogDelivery",
                "logs:UpdateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:ListLogDeliveries",
                "logs:PutResourcePolicy",
                "logs:DescribeResourcePolicies",
                "logs:DescribeLogGroups",
            ],
            [ANYTHING],
            _NO_RESOURCES,
        ),
        Permission(
            [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            [ANYTHING],
            _NO_RESOURCES,
        ),
    ]
