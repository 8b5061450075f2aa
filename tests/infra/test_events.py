"""From the image bucket to a queue for each generation."""

from __future__ import annotations

from infra_checks import events, policies
from infra_checks.reading import Template

from infra.settings import INDEX_TIMEOUT_SECONDS


def test_whatever_comes_or_goes_in_the_image_bucket_reaches_the_topic(library: Template) -> None:
    events.check_changes_reach_the_topic(library)


def test_the_topic_reaches_the_queue_and_nobody_else_does(library: Template) -> None:
    events.check_queue_gets_changes_alone(library, 1)
    events.check_nobody_sends_dead_letters(library, 1)


def test_an_outage_of_the_index_loses_nothing(library: Template) -> None:
    events.check_queue_loses_nothing(library, 1, timeout_seconds=INDEX_TIMEOUT_SECONDS)


def test_topics_and_queues_are_encrypted(library: Template) -> None:
    events.check_topics_are_encrypted(library)
    events.check_queues_are_encrypted(library)


def test_topics_and_queues_refuse_plain_http(library: Template) -> None:
    events.check_topics_and_queues_refuse_plain_http(library)


def test_services_use_queues_topics_and_keys_for_this_account_alone(library: Template) -> None:
    policies.check_services_act_for_this_account(
        library, kinds=("AWS::KMS::Key", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy")
    )


def test_no_policy_allows_a_wildcard_of_actions(library: Template) -> None:
    policies.check_no_action_is_a_wildcard(library)
