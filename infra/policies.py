"""What may be done to what: each function gives the statements of one permission.

Never a construct's own `grant_*`, whose actions have wildcards (`s3:GetObject*`, `s3:List*`).
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

ANYTHING = "*"
"""Only where AWS knows no narrower resource; each use says where that is written."""


def allow(actions: Sequence[str], resources: Sequence[str]) -> iam.PolicyStatement:
    """Actions by their full names, on resources."""
    wild = [action for action in actions if "*" in action]
    if wild:
        raise ValueError(f"{wild[0]} is a wildcard: name the actions")
    return iam.PolicyStatement(actions=list(actions), resources=list(resources))


def objects(bucket: s3.IBucket, *actions: str, prefix: str = "") -> iam.PolicyStatement:
    """Actions on the objects of a bucket, or on those under a prefix."""
    return allow(actions, [bucket.arn_for_objects(f"{prefix}*")])


def listing(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Listing; and who may not list is told 403, not 404, of an object that is not there."""
    return allow(["s3:ListBucket"], [bucket.bucket_arn])


def consuming(queue: sqs.IQueue) -> iam.PolicyStatement:
    """What an event source does with a queue, and `index_images` itself: postpone a message, by the queue's name."""
    return allow(
        [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ChangeMessageVisibility",
        ],
        [queue.queue_arn],
    )


def index(domain: opensearch.IDomain, *methods: str, alias: str = "") -> iam.PolicyStatement:
    """HTTP methods on a domain, or on what lies below one alias: `es:ESHttpGet` and so on.

    What they may do there is said by the domain's own roles (fine-grained access control).
    """
    path = f"{alias}/*" if alias else "*"
    return allow([f"es:ESHttp{method}" for method in methods], [f"{domain.domain_arn}/{path}"])


def secret(found: secretsmanager.ISecret) -> iam.PolicyStatement:
    """Its value, which is encrypted with the key that AWS manages for Secrets Manager."""
    return allow(["secretsmanager:GetSecretValue"], [found.secret_arn])


def writing_logs(group: logs.ILogGroup) -> iam.PolicyStatement:
    """The log streams of one group, which is there already."""
    # The ARN of a group ends with ":*" and so means its streams.
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [group.log_group_arn])


def tracing() -> iam.PolicyStatement:
    """X-Ray, which has no resources to name (service authorization reference, "AWS X-Ray")."""
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], [ANYTHING])


def network_interfaces() -> iam.PolicyStatement:
    """What Lambda does with a function's role to join a VPC; it asks for all of it on all resources.

    See "Required IAM permissions" of "Giving Lambda functions access to resources in an Amazon VPC" in its guide.
    """
    return allow(
        [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        [ANYTHING],
    )


def invoking(*function_arns: str) -> iam.PolicyStatement:
    """Calling functions, without a version."""
    return allow(["lambda:InvokeFunction"], function_arns)


def state_machine_arn(name: str) -> str:
    """Of a state machine of this account and region, by its name: its own role must name it before it is there."""
    return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{name}"


def mapping(name: str) -> list[iam.PolicyStatement]:
    """What the role of a state machine with a Distributed Map needs to start, follow and redrive its children.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    machine = state_machine_arn(name)
    children = machine.replace(":stateMachine:", ":execution:")
    return [
        allow(["states:StartExecution"], [machine]),
        allow(["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"], [f"{children}/*"]),
    ]


def state_machine_logs() -> list[iam.PolicyStatement]:
    """Logs and traces of a state machine, by vended logs, which have no resources to name.

    https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
    """
    return [
        allow(
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
        ),
        allow(
            [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            [ANYTHING],
        ),
    ]
