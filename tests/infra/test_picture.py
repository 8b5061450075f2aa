"""The picture of the architecture is of these templates, and leaves nothing out by accident."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk.assertions import Template
from hypothesis import given
from hypothesis import strategies as st

from infra.assets import CHECKOUT
from infra.picture.__main__ import MARK, source_hash
from infra.picture.dot import dot_of
from infra.picture.flows import ACTORS, flows
from infra.picture.nodes import NotPlaced, placed
from infra.picture.reading import Resources

PICTURE = CHECKOUT / "docs" / "images" / "architecture.svg"
FUNCTION = "AWS::Lambda::Function"
CHAIN: dict[str, Any] = {
    "BucketsImages0000000A": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "NotificationConfiguration": {"TopicConfigurations": [{"Topic": {"Ref": "EventsImages0000000B"}}]}
        },
    },
    "EventsImages0000000B": {"Type": "AWS::SNS::Topic"},
    "EventsChanges10000000C": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["EventsDeadLetters10000000D", "Arn"]},
                "maxReceiveCount": 20,
            }
        },
    },
    "EventsDeadLetters10000000D": {"Type": "AWS::SQS::Queue"},
    "Subscription0000000E": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "TopicArn": {"Ref": "EventsImages0000000B"},
            "Endpoint": {"Fn::GetAtt": ["EventsChanges10000000C", "Arn"]},
        },
    },
}
"""A library of nothing but the way of an event."""


@pytest.fixture
def resources(templates: Mapping[str, tuple[Template, Template]]) -> Mapping[str, Resources]:
    """Of both stacks, by profile."""
    return {
        profile: Resources.of_templates({"library": library.to_json(), "service": service.to_json()})
        for profile, (library, service) in templates.items()
    }


def of_library(found: Mapping[str, Any]) -> Resources:
    return Resources.of_templates({"library": {"Resources": found}})


def test_the_picture_is_of_the_templates_as_they_are_now(resources: Mapping[str, Resources]) -> None:
    """If this fails: `make picture`, and look at what it draws."""
    (drawn,) = re.findall(rf"{MARK}([0-9a-f]{{64}})", PICTURE.read_text(encoding="utf-8"))

    assert drawn == source_hash(dot_of(resources["development"])), "the picture is stale: make picture"


@pytest.mark.parametrize("profile", ["development", "production"])
def test_every_function_of_ours_is_drawn_and_reached(resources: Mapping[str, Resources], profile: str) -> None:
    found = resources[profile]
    nodes = placed(found)
    reached = {flow.target for flow in flows(found, nodes)}

    ours = [each for each in found.of_kind(FUNCTION) if not each.logical_id.startswith("CustomCDK")]
    assert len(ours) >= 4
    assert {each.key for each in ours} <= nodes.keys() & reached


@pytest.mark.parametrize("profile", ["development", "production"])
def test_every_flow_is_labelled_and_between_what_is_drawn(resources: Mapping[str, Resources], profile: str) -> None:
    nodes = placed(resources[profile])
    names = {node.name for node in nodes.values()} | ACTORS.keys()

    for flow in flows(resources[profile], nodes):
        assert {flow.source, flow.target} <= names
        assert flow.label


def test_only_production_has_a_firewall(resources: Mapping[str, Resources]) -> None:
    assert "guards" in dot_of(resources["production"])
    assert "guards" not in dot_of(resources["development"])


def test_the_way_of_an_event_is_read_from_what_refers_to_what() -> None:
    found = of_library(CHAIN)
    nodes = placed(found)

    titles = {node.name: node.title for node in nodes.values()}
    assert [(titles[flow.source], flow.label, titles[flow.target]) for flow in flows(found, nodes)] == [
        ("pictures", "what came or went", "changes"),
        ("changes of generation 1", "after 20 attempts", "dead letters"),
        ("changes", "each change", "changes of generation 1"),
    ]


@given(st.permutations(sorted(CHAIN)))
def test_the_source_is_the_same_in_whatever_order_the_template_is(order: list[str]) -> None:
    assert dot_of(of_library({name: CHAIN[name] for name in order})) == dot_of(of_library(CHAIN))


def test_a_value_of_the_other_stack_is_followed() -> None:
    """Given an exported ARN, when the other template imports it, then the picture knows whose it is."""
    found = Resources.of_templates(
        {
            "library": {
                "Resources": {"EventsAlarms0000000A": {"Type": "AWS::SNS::Topic"}},
                "Outputs": {"Out": {"Value": {"Ref": "EventsAlarms0000000A"}, "Export": {"Name": "library:Alarms"}}},
            },
            "service": {"Resources": {}},
        }
    )

    (topic,) = found.referred("service", [{"Fn::ImportValue": "library:Alarms"}])

    assert topic.key == "library:EventsAlarms0000000A"


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [("Queue0000000A", "AWS::SQS::Queue", "has no place"), ("New0000000A", "AWS::Neptune::DBCluster", "neither drawn")],
)
def test_what_the_picture_does_not_know_is_an_error(name: str, kind: str, said: str) -> None:
    """So a new part of the deployment can't be forgotten in it."""
    with pytest.raises(NotPlaced, match=said):
        dot_of(of_library({name: {"Type": kind}}))
