"""What happens in the image bucket, to a queue for each generation; and where alarms go.

S3 -> SNS -> SQS: a second generation gets the same events by one more subscription, without a change to the bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.lifetimes import removal_policy
from infra.settings import QUEUE_VISIBILITY_SECONDS, Deployment

KEPT = Duration.days(14)
"""As long as SQS keeps anything: so long may the index be away."""
RECEIVES = 20
"""How often a message is delivered before it goes to the dead letters."""
CHANGES = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:LifecycleExpiration:*")
PUBLISHERS = ("s3.amazonaws.com", "cloudwatch.amazonaws.com", "budgets.amazonaws.com")
"""Services that send to the topics, and so need their key."""

KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListResourceTags",
    "kms:ListRetirableGrants",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
)


@dataclass(frozen=True)
class GenerationQueue:
    """The changes that one generation has yet to index."""

    queue: sqs.IQueue
    dead_letters: sqs.IQueue


class Events(Construct):
    """Topics of changes and of alarms, under one key, and the queues."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployment: Deployment,
        image_bucket: s3.Bucket,
    ) -> None:
        super().__init__(scope, construct_id)
        key = _topic_key(self, deployment)
        self.image_topic = sns.Topic(self, "Images", master_key=key, enforce_ssl=True)
        self.alarm_topic = sns.Topic(self, "Alarms", master_key=key, enforce_ssl=True)
        _let_publish(self.alarm_topic, "AlarmsOfThisAccount", "cloudwatch", f"{Aws.REGION}:{Aws.ACCOUNT_ID}:alarm:*")
        # https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html
        _let_publish(self.alarm_topic, "BudgetsOfThisAccount", "budgets", f":{Aws.ACCOUNT_ID}:*")
        if deployment.alarm_email:
            self.alarm_topic.add_subscription(subscriptions.EmailSubscription(deployment.alarm_email))
        self.queues: Mapping[int, GenerationQueue] = {
            generation.number: _queue(self, deployment, generation.number, self.image_topic)
            for generation in deployment.generations
        }
        _notify(image_bucket, self.image_topic)


def _let_publish(topic: sns.Topic, sid: str, service: str, sources: str) -> None:
    """A topic with a policy of its own lets nobody in whom it does not name."""
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:{service}:{sources}"},
            },
        )
    )


def _topic_key(scope: Construct, deployment: Deployment) -> kms.Key:
    key = kms.Key(
        scope,
        "TopicKey",
        description="Encrypts what S3 tells of pictures, and alarms, on their way",
        enable_key_rotation=True,
        removal_policy=removal_policy(deployment),
        policy=iam.PolicyDocument(statements=[_key_administration()]),
    )
    for service in PUBLISHERS:
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],  # in a key's policy: this key
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
    return key


def _key_administration() -> iam.PolicyStatement:
    """Leave the key to this account's own policies, for what keeping a key takes; none of it uses the key."""
    return iam.PolicyStatement(
        principals=[iam.AccountRootPrincipal()],
        actions=list(KEY_ADMINISTRATION),
        resources=["*"],  # in a key's policy: this key
    )


def _queue(scope: Construct, deployment: Deployment, number: int, topic: sns.Topic) -> GenerationQueue:
    known = GenerationQueue(
        queue=_by_name(scope, f"Queue{number}", f"{deployment.name}-changes-{number}"),
        dead_letters=_by_name(scope, f"Dead{number}", f"{deployment.name}-dead-letters-{number}"),
    )
    dead_letters = sqs.Queue(
        scope,
        f"DeadLetters{number}",
        queue_name=known.dead_letters.queue_name,
        retention_period=KEPT,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        redrive_allow_policy=sqs.RedriveAllowPolicy(
            redrive_permission=sqs.RedrivePermission.BY_QUEUE, source_queues=[known.queue]
        ),
    )
    queue = sqs.Queue(
        scope,
        f"Changes{number}",
        queue_name=known.queue.queue_name,
        retention_period=KEPT,
        visibility_timeout=Duration.seconds(QUEUE_VISIBILITY_SECONDS),
        receive_message_wait_time=Duration.seconds(20),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=RECEIVES),
    )
    topic.add_subscription(subscriptions.SqsSubscription(queue, raw_message_delivery=True))
    return known


def _by_name(scope: Construct, construct_id: str, name: str) -> sqs.IQueue:
    """A queue as others know it.

    The policies of a queue and its dead letters name each other, and one of them must come first. And a generation's
    queue can go: what the service stack imports from this one, which is deployed before it, could not.
    """
    arn = f"arn:{Aws.PARTITION}:sqs:{Aws.REGION}:{Aws.ACCOUNT_ID}:{name}"
    return sqs.Queue.from_queue_attributes(scope, construct_id, queue_arn=arn, queue_name=name)


def _notify(bucket: s3.Bucket, topic: sns.Topic) -> None:
    """Have the bucket tell the topic of changes.

    By the bucket's own property: `bucket.add_event_notification` would bring a function that may change the
    notifications of every bucket. The topic's policy can't name the bucket, which must come after it; S3 says which
    account an event is of.
    """
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ChangesOfOurBuckets",
            principals=[iam.ServicePrincipal("s3.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    resource = cast("s3.CfnBucket", bucket.node.default_child)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        topic_configurations=[
            s3.CfnBucket.TopicConfigurationProperty(event=change, topic=topic.topic_arn) for change in CHANGES
        ]
    )
    policy = topic.node.find_child("Policy")  # S3 tries the topic when it is told of it
    resource.node.add_dependency(policy)
