"""Ways to break what stays."""

from __future__ import annotations

from infra_checks import buckets, domain, events, observability, policies, users
from infra_mutations.mutation import Mutation, add_statement, drop, drop_denials, put, without_conditions

BUCKET, BUCKET_POLICY = "AWS::S3::Bucket", "AWS::S3::BucketPolicy"
QUEUE, QUEUE_POLICY = "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"
TOPIC, TOPIC_POLICY = "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"
DOMAIN = "AWS::OpenSearchService::Domain"
POOL = "AWS::Cognito::UserPool"
IMAGES, CHANGES, DEAD = "BucketsImages", "EventsChanges1", "EventsDeadLetters1"

_BUCKETS = [
    Mutation(
        "the image bucket may have public policies",
        put("library", BUCKET, IMAGES, False, "PublicAccessBlockConfiguration", "BlockPublicPolicy"),
        buckets.check_buckets_are_private,
    ),
    Mutation(
        "everybody may read pictures",
        add_statement("library", BUCKET_POLICY, f"{IMAGES}Policy", Principal="*", Action="s3:GetObject", Resource="*"),
        policies.check_nobody_is_everybody,
    ),
    Mutation(
        "pictures are not encrypted",
        drop("library", BUCKET, IMAGES, "BucketEncryption"),
        buckets.check_buckets_are_encrypted,
    ),
    Mutation(
        "pictures travel without TLS",
        drop_denials("library", BUCKET_POLICY, f"{IMAGES}Policy"),
        buckets.check_buckets_are_reached_by_tls_alone,
    ),
    Mutation(
        "thumbnails travel without TLS",
        drop("library", BUCKET_POLICY, "BucketsDerivedPolicy"),
        buckets.check_buckets_are_reached_by_tls_alone,
    ),
    Mutation(
        "what is overwritten is gone",
        put("library", BUCKET, IMAGES, "Suspended", "VersioningConfiguration", "Status"),
        buckets.check_nothing_is_lost_by_overwriting,
    ),
    Mutation(
        "pictures vanish after a year",
        put("library", BUCKET, IMAGES, 365, "LifecycleConfiguration", "Rules", 0, "ExpirationInDays"),
        buckets.check_nothing_is_lost_by_overwriting,
    ),
    Mutation(
        "nobody knows who read pictures",
        drop("library", BUCKET, IMAGES, "LoggingConfiguration"),
        buckets.check_access_is_logged,
    ),
]
_EVENTS = [
    Mutation(
        "removed pictures are not told",
        drop("library", BUCKET, IMAGES, "NotificationConfiguration", "TopicConfigurations", 1),
        events.check_changes_reach_the_topic,
    ),
    Mutation(
        "topics are not encrypted",
        drop("library", TOPIC, "EventsImages", "KmsMasterKeyId"),
        events.check_topics_are_encrypted,
    ),
    Mutation(
        "the key never turns",
        put("library", "AWS::KMS::Key", "EventsTopicKey", False, "EnableKeyRotation"),
        events.check_topics_are_encrypted,
    ),
    Mutation(
        "changes are published without TLS",
        drop_denials("library", TOPIC_POLICY, "EventsImagesPolicy"),
        events.check_topics_and_queues_refuse_plain_http,
    ),
    Mutation(
        "changes are fetched without TLS",
        drop_denials("library", QUEUE_POLICY, f"{CHANGES}Policy"),
        events.check_topics_and_queues_refuse_plain_http,
    ),
    Mutation(
        "there is no way to the dead letters",
        drop("library", QUEUE, CHANGES, "RedrivePolicy"),
        events.check_queue_loses_nothing,
    ),
    Mutation(
        "three failures are enough",
        put("library", QUEUE, CHANGES, 3, "RedrivePolicy", "maxReceiveCount"),
        events.check_queue_loses_nothing,
    ),
    Mutation(
        "changes are kept for four days",
        put("library", QUEUE, CHANGES, 345_600, "MessageRetentionPeriod"),
        events.check_queue_loses_nothing,
    ),
    Mutation(
        "dead letters are kept for four days",
        put("library", QUEUE, DEAD, 345_600, "MessageRetentionPeriod"),
        events.check_queue_loses_nothing,
    ),
    Mutation(
        "a change comes again before it is done",
        put("library", QUEUE, CHANGES, 300, "VisibilityTimeout"),
        events.check_queue_loses_nothing,
    ),
    Mutation(
        "any queue may send its dead letters",
        put("library", QUEUE, DEAD, "allowAll", "RedriveAllowPolicy", "redrivePermission"),
        events.check_queue_loses_nothing,
    ),
    Mutation(
        "changes wait unencrypted",
        put("library", QUEUE, CHANGES, False, "SqsManagedSseEnabled"),
        events.check_queues_are_encrypted,
    ),
    Mutation(
        "any topic may send changes",
        without_conditions("library", QUEUE_POLICY, f"{CHANGES}Policy"),
        events.check_queue_gets_changes_alone,
    ),
    Mutation(
        "anybody may send dead letters",
        add_statement("library", QUEUE_POLICY, f"{DEAD}Policy", Principal={"Service": "sns.amazonaws.com"}, Action="*"),
        events.check_nobody_sends_dead_letters,
    ),
    Mutation(
        "buckets of any account tell the topic",
        without_conditions("library", TOPIC_POLICY, "EventsImagesPolicy"),
        policies.check_services_act_for_this_account,
    ),
    Mutation(
        "CloudWatch can't send alarms",
        drop("library", TOPIC_POLICY, "EventsAlarmsPolicy", "PolicyDocument", "Statement", -1),
        observability.check_alarm_topic_takes_what_is_sent,
    ),
]
_DOMAIN = [
    Mutation(
        "the index is not encrypted",
        put("library", DOMAIN, "Domain", False, "EncryptionAtRestOptions", "Enabled"),
        domain.check_domain_is_encrypted_everywhere,
    ),
    Mutation(
        "nodes talk in the clear",
        put("library", DOMAIN, "Domain", False, "NodeToNodeEncryptionOptions", "Enabled"),
        domain.check_domain_is_encrypted_everywhere,
    ),
    Mutation(
        "the domain answers plain HTTP",
        put("library", DOMAIN, "Domain", False, "DomainEndpointOptions", "EnforceHTTPS"),
        domain.check_domain_is_encrypted_everywhere,
    ),
    Mutation(
        "the domain takes TLS 1.0",
        put("library", DOMAIN, "Domain", "Policy-Min-TLS-1-0-2019-07", "DomainEndpointOptions", "TLSSecurityPolicy"),
        domain.check_domain_is_encrypted_everywhere,
    ),
    Mutation(
        "the domain has users with passwords",
        put("library", DOMAIN, "Domain", True, "AdvancedSecurityOptions", "InternalUserDatabaseEnabled"),
        domain.check_domain_knows_roles_alone,
    ),
    Mutation(
        "the domain answers everybody",
        put("library", DOMAIN, "Domain", {"AWS": "*"}, "AccessPolicies", "Statement", 0, "Principal"),
        policies.check_nobody_is_everybody,
    ),
    Mutation(
        "the domain answers another account",
        put(
            "library",
            DOMAIN,
            "Domain",
            "arn:aws:iam::111122223333:root",
            *("AccessPolicies", "Statement", 0),
            "Principal",
            "AWS",
        ),
        domain.check_domain_answers_this_account_alone,
    ),
    Mutation(
        "slow searches are not logged",
        drop("library", DOMAIN, "Domain", "LogPublishingOptions", "SEARCH_SLOW_LOGS"),
        domain.check_domain_writes_logs,
    ),
]
_USERS = [
    Mutation(
        "everybody may sign up",
        put("library", POOL, "UsersPool", False, "AdminCreateUserConfig", "AllowAdminCreateUserOnly"),
        users.check_administrators_alone_make_users,
    ),
    Mutation(
        "six letters are a password",
        put("library", POOL, "UsersPool", 6, "Policies", "PasswordPolicy", "MinimumLength"),
        users.check_passwords_are_strong,
    ),
    Mutation(
        "there are no editors",
        drop("library", "AWS::Cognito::UserPoolGroup", "UsersPooleditors"),
        users.check_there_are_viewers_and_editors,
    ),
]

MUTATIONS = [*_BUCKETS, *_EVENTS, *_DOMAIN, *_USERS]
