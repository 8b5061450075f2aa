"""What the functions and state machines may do: these tables, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from infra_checks import policies, roles
from infra_checks.reading import Template
from infra_checks.roles import Rights

from infra.policies import Permission
from infra.settings import Profile

IMAGES, DERIVED, DOMAIN = "BucketsImages.Arn", "BucketsDerived.Arn", "Domain.Arn"
QUEUE = "arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:imagesearch-changes-1"
CHANGES = "arn:<AWS::Partition>:sqs:<AWS::Region>:<AWS::AccountId>:imagesearch-changes-1"
ANYTHING = {"*"}
TRACES = {"xray:PutTraceSegments": ANYTHING, "xray:PutTelemetryRecords": ANYTHING}
NETWORK_INTERFACES = {
    "ec2:CreateNetworkInterface": ANYTHING,
    "ec2:DescribeNetworkInterfaces": ANYTHING,
    "ec2:DescribeSubnets": ANYTHING,
    "ec2:DeleteNetworkInterface": ANYTHING,
    "ec2:AssignPrivateIpAddresses": ANYTHING,
    "ec2:UnassignPrivateIpAddresses": ANYTHING,
}
INDEXING = {
    "s3:GetObject": {f"{IMAGES}/*", f"{DERIVED}/*"},
    "s3:PutObject": {f"{DERIVED}/*"},
    "s3:DeleteObject": {f"{DERIVED}/*"},
    "s3:ListBucket": {IMAGES, DERIVED},
    "es:ESHttpGet": {f"{DOMAIN}/images-g1/*"},
    "es:ESHttpPost": {f"{DOMAIN}/images-g1/*"},
}
STATE_MACHINE = {
    "xray:PutTraceSegments": ANYTHING,
    "xray:PutTelemetryRecords": ANYTHING,
    "xray:GetSamplingRules": ANYTHING,
    "xray:GetSamplingTargets": ANYTHING,
    "logs:CreateLogDelivery": ANYTHING,
    "logs:GetLogDelivery": ANYTHING,
    "logs:UpdateLogDelivery": ANYTHING,
    "logs:DeleteLogDelivery": ANYTHING,
    "logs:ListLogDeliveries": ANYTHING,
    "logs:PutResourcePolicy": ANYTHING,
    "logs:DescribeResourcePolicies": ANYTHING,
    "logs:DescribeLogGroups": ANYTHING,
}
STATES = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>"


def function(group: str, rights: Rights, *, in_vpc: bool) -> Rights:
    """What every function of ours may do, and this one."""
    logs = {"logs:CreateLogStream": {group}, "logs:PutLogEvents": {group}}
    return {**logs, **TRACES, **(NETWORK_INTERFACES if in_vpc else {}), **rights}


def table(*, in_vpc: bool) -> Mapping[str, Rights]:
    """By role: all that it may do."""
    return {
        "SearchSearchApiRole": function(
            "SearchSearchApiLogs.Arn",
            {
                "s3:GetObject": {f"{IMAGES}/*", f"{DERIVED}/*"},
                "s3:PutObject": {f"{IMAGES}/*"},
                "s3:DeleteObject": {f"{IMAGES}/*", f"{DERIVED}/*"},
                "s3:ListBucket": {IMAGES},
                "es:ESHttpGet": {f"{DOMAIN}/images-g1/*"},
                "es:ESHttpPost": {f"{DOMAIN}/images-g1/*"},
                "secretsmanager:GetSecretValue": {"CursorSecret"},
            },
            in_vpc=in_vpc,
        ),
        "Generation1IndexImagesRole": function(
            "Generation1IndexImagesLogs.Arn",
            {
                **INDEXING,
                "sqs:ReceiveMessage": {QUEUE},
                "sqs:DeleteMessage": {QUEUE},
                "sqs:GetQueueAttributes": {QUEUE},
                "sqs:GetQueueUrl": {QUEUE},
                "sqs:ChangeMessageVisibility": {QUEUE},
            },
            in_vpc=in_vpc,
        ),
        "Generation1BackfillBackfillImagesRole": function(
            "Generation1BackfillBackfillImagesLogs.Arn", INDEXING, in_vpc=in_vpc
        ),
        "DomainIndexManager": function(
            "Management1ManageIndexLogs.Arn",
            {
                "es:ESHttpGet": {f"{DOMAIN}/*"},
                "es:ESHttpPost": {f"{DOMAIN}/*"},
                "es:ESHttpPut": {f"{DOMAIN}/*"},
                "es:ESHttpDelete": {f"{DOMAIN}/*"},
                "s3:ListBucket": {DERIVED},
                "s3:DeleteObject": {f"{DERIVED}/*"},
            },
            in_vpc=in_vpc,
        ),
        "Generation1BackfillStateMachineRole": {
            **STATE_MACHINE,
            "s3:ListBucket": {IMAGES},
            "lambda:InvokeFunction": {"Generation1BackfillBackfillImagesFunction.Arn"},
            "s3:PutObject": {f"{DERIVED}/backfill/*"},
            "s3:GetObject": {f"{DERIVED}/backfill/*"},
            "s3:ListMultipartUploadParts": {f"{DERIVED}/backfill/*"},
            "s3:AbortMultipartUpload": {f"{DERIVED}/backfill/*"},
            "states:StartExecution": {f"{STATES}:stateMachine:imagesearch-backfill-1"},
            "states:DescribeExecution": {f"{STATES}:execution:imagesearch-backfill-1:*"},
            "states:StopExecution": {f"{STATES}:execution:imagesearch-backfill-1:*"},
            "states:RedriveExecution": {f"{STATES}:execution:imagesearch-backfill-1/Batches:*"},
        },
        "UpkeepStateMachineRole": {**STATE_MACHINE, "lambda:InvokeFunction": {"Management1ManageIndexFunction.Arn"}},
        "UpkeepScheduleRole": {"states:StartExecution": {"UpkeepStateMachine"}},
        # The CDK's own function, which puts the page's files into their bucket: no traces, no network.
        "PageUploadRole": {
            "logs:CreateLogStream": {"PageUploadLogs.Arn"},
            "logs:PutLogEvents": {"PageUploadLogs.Arn"},
            "s3:GetObject": {"arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*"},
            "s3:ListBucket": {"PageBucket.Arn"},
            "s3:GetBucketTagging": {"PageBucket.Arn"},
            "s3:PutObject": {"PageBucket.Arn/*"},
            "s3:DeleteObject": {"PageBucket.Arn/*"},
            "cloudfront:CreateInvalidation": {
                "arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution/PageDistribution"
            },
            "cloudfront:GetInvalidation": {
                "arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution/PageDistribution"
            },
        },
    }


TRUSTED = {
    "SearchSearchApiRole": "lambda.amazonaws.com",
    "SearchApiCloudWatchRole": "apigateway.amazonaws.com",
    "Generation1IndexImagesRole": "lambda.amazonaws.com",
    "Generation1BackfillBackfillImagesRole": "lambda.amazonaws.com",
    "Generation1BackfillStateMachineRole": "states.amazonaws.com",
    "UpkeepStateMachineRole": "states.amazonaws.com",
    "UpkeepScheduleRole": "scheduler.amazonaws.com",
    "PageUploadRole": "lambda.amazonaws.com",
}


def test_every_role_may_do_exactly_what_the_table_says(service: Template, library: Template, profile: Profile) -> None:
    roles.check_roles_may_do_exactly(service, library, table(in_vpc=profile == "production"))


def test_no_role_has_rights_beside_these(service: Template, library: Template) -> None:
    roles.check_roles_have_nothing_else(service, library)


def test_every_role_is_for_one_service(service: Template) -> None:
    roles.check_roles_trust(service, TRUSTED)


def test_every_function_has_a_role_of_its_own(service: Template, library: Template) -> None:
    roles.check_no_two_functions_share_a_role(service, library)


def test_no_policy_allows_a_wildcard_of_actions(service: Template) -> None:
    policies.check_no_action_is_a_wildcard(service)


def test_nothing_is_allowed_to_everybody(service: Template) -> None:
    policies.check_nobody_is_everybody(service)


def test_a_permission_with_a_wildcard_of_actions_can_not_be_written() -> None:
    with pytest.raises(ValueError, match="name the actions"):
        Permission(["s3:Get*"], ["arn:aws:s3:::bucket/key"])


def test_a_permission_on_everything_says_why() -> None:
    with pytest.raises(ValueError, match="say why"):
        Permission(["s3:GetObject"], ["*"])
