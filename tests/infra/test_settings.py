"""What context may say, and how it is told what it may not."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.settings import (
    INDEX_TIMEOUT_SECONDS,
    QUEUE_VISIBILITY_SECONDS,
    Deployment,
    DeploymentError,
    Generation,
)


def described(**context: object) -> Deployment:
    return Deployment.of_context({key.replace("_", "-"): value for key, value in context.items()}, environment={})


def test_nothing_said_is_a_small_deployment_for_development() -> None:
    deployment = described()
    assert deployment == Deployment()
    assert (deployment.profile, deployment.data_nodes, deployment.protected) == ("development", 1, False)
    assert (deployment.library_stack, deployment.service_stack) == ("imagesearch-library", "imagesearch-service")


def test_production_has_defaults_of_its_own_which_context_overrides() -> None:
    deployment = described(profile="production", data_nodes="6", waf="false")
    assert (deployment.search_start, deployment.replicas, deployment.protected) == ("snapstart", 1, True)
    assert (deployment.data_nodes, deployment.waf) == (6, False)


def test_numbers_and_lists_may_come_as_text_as_the_command_line_gives_them() -> None:
    text = described(generations='[{"number": 1}, {"number": 2, "model": "layers/model-2"}]', current="2")
    json_file = described(generations=[{"number": 1}, {"number": 2, "model": "layers/model-2"}], current=2)
    assert text == json_file
    assert text.generations == (Generation(number=1), Generation(number=2, model="layers/model-2"))


def test_shards_are_a_generations_own_or_the_deployments() -> None:
    deployment = described(shards="3", generations='[{"number": 1}, {"number": 2, "shards": 5}]')
    assert [deployment.shards_of(number) for number in (1, 2)] == [3, 5]


def test_account_and_region_are_those_of_the_credentials_unless_context_names_others() -> None:
    environment = {"CDK_DEFAULT_ACCOUNT": "123456789012", "CDK_DEFAULT_REGION": "eu-central-1"}
    assert Deployment.of_context({}, environment).region == "eu-central-1"
    assert Deployment.of_context({"region": "us-east-1"}, environment).region == "us-east-1"


def test_the_cdks_own_context_is_none_of_ours() -> None:
    context = {"@aws-cdk/core:target-partitions": ["aws"], "aws:cdk:version-reporting": False}
    assert Deployment.of_context(context, {}) == Deployment()


def test_what_the_cdks_command_line_remembers_in_the_context_is_none_of_ours() -> None:
    """Given `cdk acknowledge 34892` and `cdk cli-telemetry --disable`, whose keys have neither colon nor slash."""
    context = {"acknowledged-issue-numbers": [34892], "cli-telemetry": False}
    assert Deployment.of_context(context, {}) == Deployment()


def test_messages_are_hidden_for_six_timeouts() -> None:
    assert QUEUE_VISIBILITY_SECONDS >= 6 * INDEX_TIMEOUT_SECONDS


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"profil": "production"}, "there is no context key 'profil'; did you mean 'profile'?"),
        ({"alarm_email": "a@example.org"}, "there is no context key 'alarm_email'; did you mean 'alarm-email'?"),
        ({"colour": "red"}, "there is no context key 'colour'. There are:"),
        ({"profile": "prod"}, "profile: 'prod' won't do: it must be 'development' or 'production'; for example: -c"),
        ({"name": "x"}, "name: 'x' won't do: it must be 3 to 21 small letters"),
        ({"name": "Pictures"}, "name: 'Pictures' won't do"),
        ({"name": "my-aws-pictures"}, "Cognito takes none with 'aws'"),
        ({"name": "amazonas"}, "Cognito takes none with 'amazon'"),
        ({"name": "cognito"}, "Cognito takes none with 'cognito'"),
        (
            {"monthly-budget-usd": "-5"},
            "monthly-budget-usd: '-5' won't do: it must be whole dollars a month, 1 or more",
        ),
        ({"monthly-budget-usd": "lots"}, "for example: -c monthly-budget-usd=100"),
        ({"current": "3"}, "current: there is no generation 3 among generations (1); for example: -c current=1"),
        ({"generations": "two"}, "generations: 'two' won't do (this is no JSON)"),
        ({"generations": []}, "generations: [] won't do: it must be one generation or two"),
        ({"generations": [{"number": 1}, {"number": 1}]}, "generations: two of them have the number 1"),
        ({"generations": [{"number": 1, "model": "/etc"}]}, "'model' is a folder within the checkout"),
        ({"generations": [{"number": 1, "modle": "layers/x"}]}, "generations: "),
        ({"generations": [{"number": 1, "shards": 0}]}, "generations: 0 won't do"),
        ({"index-concurrency": "1"}, "index-concurrency: '1' won't do: it must be 2 to 1000"),
        ({"cors-origins": '["example.org"]'}, "'example.org' is no origin"),
        ({"cors-origins": '["https://example.org/page"]'}, "for example: -c cors-origins='["),
        ({"alarm-email": "nobody"}, "alarm-email: 'nobody' won't do: it must be an e-mail address"),
        ({"replicas": "1"}, "replicas: 1 copies beside the first need more than 1 data nodes"),
        ({"profile": "production", "data-nodes": "4"}, "data-nodes: production spreads them over 3 zones evenly"),
        ({"profile": "production", "manager-node-type": None}, "manager-node-type: production has dedicated managers"),
        ({"manager-node-type": "t3.small.search"}, "that is not burstable"),
        ({"availability-zones": '["us-east-1a"]'}, "availability-zones: development has one node"),
        ({"profile": "production", "availability-zones": '["us-east-1a"]'}, "availability-zones: must be 3 different"),
    ],
)
def test_wrong_context_is_told_in_one_line_with_the_key_and_what_to_do(context: dict[str, object], told: str) -> None:
    with pytest.raises(DeploymentError) as caught:
        Deployment.of_context(context, {})
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.from_regex(r"[a-z-]?[a-z0-9-]{1,40}", fullmatch=True))
def test_a_name_that_is_taken_makes_names_that_aws_takes(name: str) -> None:
    """Domains have 3 to 28 small letters, digits and dashes, a letter first."""
    try:
        described(name=name)
    except DeploymentError:
        reserved = any(word in name for word in ("aws", "amazon", "cognito"))
        assert reserved or not (3 <= len(name) <= 21 and name[0] in string.ascii_lowercase)
    else:
        assert 3 <= len(name) <= 28
        assert name[0] in string.ascii_lowercase
