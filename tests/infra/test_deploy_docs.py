"""docs/deploy.md: every name in its commands is one of the templates, of the settings, or of AWS's own services."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import botocore.session
import pytest
import typer.main
from botocore import xform_name
from infra_checks import observability
from infra_checks.reading import of_type

from imagesearch_local.cli import app
from infra.assets import CHECKOUT
from infra.settings import Deployment

PAGE = (CHECKOUT / "docs" / "deploy.md").read_text(encoding="utf-8")
COMMANDS = "\n".join(re.findall(r"^```(?:sh|console)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
AWS = re.findall(r"aws ((?:\w+-?)+) ((?:\w+-?)+)([^\n|;)]*)", COMMANDS)
CUSTOM = {"s3", "logs"}
"""Services whose commands are the command line's own, such as `aws logs tail`."""
GLOBAL = {
    "output",
    "query",
    "cli-binary-format",
    "cli-input-json",
    "cli-read-timeout",
    "no-paginate",
    "max-items",
    "username",
}
EXECUTED = {"stepfunctions", "sqs", "cognito-idp", "cloudformation", "lambda", "s3api", "sts", "iam", "scheduler"}
RETAINED = {
    "AWS::Cognito::UserPool",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::OpenSearchService::Domain",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
}
MODELS = {"2": "1"}
"""A second generation's names are those of the first with another number."""


def of_first_generation(name: str) -> str:
    return re.sub(r"\d", lambda digit: MODELS.get(digit[0], digit[0]), name)


def deployments() -> Iterator[Mapping[str, str]]:
    """The context of each `cdk deploy`, with what the page keeps in variables."""
    variables = {
        name: shlex.split(value)
        for name, value in re.findall(r"^(settings|both)=\((.*?)\)(?: *#.*)?$", COMMANDS, re.MULTILINE)
    }
    for line in re.findall(r"cdk deploy (?:--all|imagesearch-library) *([^\n`]*)", PAGE.replace("\\\n", " ")):
        words: list[str] = []
        for word in shlex.split(line, comments=True):
            match = re.fullmatch(r"\$\{(\w+)\[@\]\}", word)
            words += variables[match[1]] if match else [word]
        yield dict(value.split("=", 1) for flag, value in pairwise(words) if flag == "-c")


@pytest.mark.parametrize(("stack", "name"), sorted(set(re.findall(r"output (library|service) (\w+)", PAGE))))
def test_every_output_exists(library: Mapping[str, Any], service: Mapping[str, Any], stack: str, name: str) -> None:
    template = library if stack == "library" else service

    assert of_first_generation(name) in template["Outputs"]


def test_every_resource_that_is_looked_up_is_one_of_a_kind(
    library: Mapping[str, Any], service: Mapping[str, Any]
) -> None:
    looked_up = re.findall(r'resource (library|service) "?([\w$]+)', PAGE)

    assert len(looked_up) >= 4
    for stack, written in looked_up:
        start = re.sub(r"\d|\$1", "1", written)
        found = (library if stack == "library" else service)["Resources"]
        kinds = [
            each["Type"]
            for name, each in found.items()
            if name.startswith(start) and not each["Type"].endswith("Policy")
        ]
        assert len(kinds) == 1, f"{start}: {kinds}"


def test_queues_stacks_and_dashboard_are_called_so(library: Mapping[str, Any], service: Mapping[str, Any]) -> None:
    queues = {each["Properties"]["QueueName"] for each in of_type(library, "AWS::SQS::Queue").values()}
    (dashboard,) = of_type(service, "AWS::CloudWatch::Dashboard").values()

    assert set(re.findall(r"imagesearch-(?:dead-letters|changes)-\d", PAGE)) <= queues
    assert f"dashboard `{dashboard['Properties']['DashboardName']}`" in PAGE
    assert set(re.findall(r"(?:stack-name |destroy |deploy )(imagesearch-\w+)", PAGE)) == {
        Deployment().library_stack,
        Deployment().service_stack,
    }


@pytest.mark.parametrize("context", list(deployments()), ids=str)
def test_every_deployment_is_one(context: Mapping[str, str]) -> None:
    Deployment.of_context(context, {})


def test_every_setting_is_in_the_table_and_nothing_else() -> None:
    (table,) = re.findall(r"^\| setting \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    told = {name for row in table.strip().splitlines()[2:] for name in re.findall(r"`([a-z-]+)`", row.split("|")[1])}

    fields = {name.replace("_", "-") for name in Deployment.model_fields}
    assert told == fields - {"account", "region"}


@pytest.mark.parametrize(("service", "command", "rest"), AWS, ids=lambda value: value.strip()[:30])
def test_every_command_of_aws_is_one_with_these_options(service: str, command: str, rest: str) -> None:
    """By the service's own description, which the command line is made from."""
    if service in CUSTOM:
        return
    assert service in EXECUTED
    model = botocore.session.get_session().get_service_model(service.removesuffix("api"))
    operations = {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}
    shape = operations[command].input_shape
    known = {xform_name(name, "-") for name in shape.members} if shape else set()

    assert set(re.findall(r"--([a-z-]+)", rest)) <= known | GLOBAL


def test_every_command_of_ours_exists() -> None:
    command: Any = typer.main.get_command(app)
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"^(?:\$ )?imagesearch (\w+)", COMMANDS, re.MULTILINE)) <= set(command.commands)
    assert set(re.findall(r"\bmake ([a-z]+)\b", COMMANDS)) <= targets


@pytest.mark.parametrize("profile", ["production"], indirect=True)
def test_what_is_said_to_be_retained_is(library: Mapping[str, Any]) -> None:
    policies = {"Retain", "RetainExceptOnCreate"}
    kept = {each["Type"] for each in library["Resources"].values() if each.get("DeletionPolicy") in policies}

    assert kept == RETAINED


def test_alarms_name_a_section_that_is_there(service: Mapping[str, Any]) -> None:
    named = {
        section
        for alarm in observability.alarms(service).values()
        for section in re.findall(r"docs/deploy\.md, '([^']+)'", alarm["AlarmDescription"])
    }

    assert named
    assert all(f"\n## {section}\n" in PAGE for section in named)
