"""What must hold on the way from the image bucket to the queues."""

from __future__ import annotations

from infra_checks.policies import allowed, refuses_plain_http
from infra_checks.reading import Template, arn, joined, named, of_type, properties, ref, several

QUEUE = "AWS::SQS::Queue"
TOPIC = "AWS::SNS::Topic"
DAYS_14 = 14 * 24 * 3600
THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def check_changes_reach_the_topic(template: Template) -> None:
    """Whatever comes or goes is told to the topic, whose policy is there before S3 tries it."""
    topic, _ = named(template, TOPIC, "EventsImages")
    policy, resource = named(template, "AWS::SNS::TopicPolicy", "EventsImagesPolicy")
    _, bucket = named(template, "AWS::S3::Bucket", "BucketsImages")
    told = bucket["Properties"].get("NotificationConfiguration", {}).get("TopicConfigurations", [])
    assert {(each["Event"], each["Topic"]["Ref"]) for each in told} == {
        ("s3:ObjectCreated:*", topic),
        ("s3:ObjectRemoved:*", topic),
        ("s3:LifecycleExpiration:*", topic),
    }
    assert policy in several(bucket.get("DependsOn")), "S3 would try the topic before it may publish"
    assert [
        (each["Principal"], each["Action"], each["Resource"], each["Condition"])
        for each in allowed(resource["Properties"]["PolicyDocument"])
    ] == [({"Service": "s3.amazonaws.com"}, "sns:Publish", ref(topic), THIS_ACCOUNT)]


def check_topics_are_encrypted(template: Template) -> None:
    """With a key of ours that turns every year and that the publishing services may use."""
    key, resource = named(template, "AWS::KMS::Key", "EventsTopicKey")
    assert resource["Properties"]["EnableKeyRotation"] is True
    for name, topic in of_type(template, TOPIC).items():
        assert topic["Properties"].get("KmsMasterKeyId") == arn(key), name
    uses = {
        service: (several(each["Action"]), each["Condition"])
        for each in allowed(resource["Properties"]["KeyPolicy"])
        for service in several(each["Principal"].get("Service", []))
    }
    use = (["kms:Decrypt", "kms:GenerateDataKey"], THIS_ACCOUNT)
    assert uses == dict.fromkeys(("s3.amazonaws.com", "cloudwatch.amazonaws.com", "budgets.amazonaws.com"), use)


def check_topics_and_queues_refuse_plain_http(template: Template) -> None:
    for kind, policy_kind, key in (
        (TOPIC, "AWS::SNS::TopicPolicy", "Topics"),
        (QUEUE, "AWS::SQS::QueuePolicy", "Queues"),
    ):
        refusing = {
            target["Ref"]
            for policy in of_type(template, policy_kind).values()
            if refuses_plain_http(policy["Properties"]["PolicyDocument"])
            for target in policy["Properties"][key]
        }
        assert refusing >= of_type(template, kind).keys(), f"a {kind} can be reached without TLS"


def check_queue_loses_nothing(template: Template, number: int, *, timeout_seconds: int) -> None:
    """14 days, six timeouts, 20 receives, then the dead letters, which take them from this queue alone."""
    name, queue = named(template, QUEUE, f"EventsChanges{number}")
    dead, dead_letters = named(template, QUEUE, f"EventsDeadLetters{number}")
    found = queue["Properties"]
    assert found["MessageRetentionPeriod"] == DAYS_14
    assert found["VisibilityTimeout"] >= 6 * timeout_seconds
    assert found.get("RedrivePolicy") == {"deadLetterTargetArn": arn(dead), "maxReceiveCount": 20}
    assert dead_letters["Properties"]["MessageRetentionPeriod"] == DAYS_14
    allow = dead_letters["Properties"]["RedriveAllowPolicy"]
    assert allow["redrivePermission"] == "byQueue"
    (source,) = allow["sourceQueueArns"]
    assert joined(source).endswith(f":{found['QueueName']}"), f"the dead letters of {name} are another queue's"


def check_queues_are_encrypted(template: Template) -> None:
    for name, queue in of_type(template, QUEUE).items():
        assert queue["Properties"].get("SqsManagedSseEnabled") is True, name


def check_queue_gets_changes_alone(template: Template, number: int) -> None:
    """The topic sends S3's own words to it, and nobody else may."""
    topic, _ = named(template, TOPIC, "EventsImages")
    queue, _ = named(template, QUEUE, f"EventsChanges{number}")
    policy = properties(template, "AWS::SQS::QueuePolicy", f"EventsChanges{number}Policy")
    assert policy["Queues"] == [ref(queue)]
    assert [
        (each["Principal"], each["Action"], each["Resource"], each["Condition"])
        for each in allowed(policy["PolicyDocument"])
    ] == [
        (
            {"Service": "sns.amazonaws.com"},
            "sqs:SendMessage",
            arn(queue),
            {"ArnEquals": {"aws:SourceArn": ref(topic)}},
        )
    ]
    subscriptions = [
        each["Properties"]
        for each in of_type(template, "AWS::SNS::Subscription").values()
        if each["Properties"]["Endpoint"] == arn(queue)
    ]
    assert subscriptions == [
        {"Endpoint": arn(queue), "Protocol": "sqs", "RawMessageDelivery": True, "TopicArn": ref(topic)}
    ]


def check_nobody_sends_dead_letters(template: Template, number: int) -> None:
    """SQS moves messages there by itself: that takes no permission."""
    policy = properties(template, "AWS::SQS::QueuePolicy", f"EventsDeadLetters{number}Policy")
    assert allowed(policy["PolicyDocument"]) == []
