"""What others say of the templates: cdk-nag's AwsSolutions, and cfn-lint."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, Validations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks
from constructs import Construct

from infra import app
from infra.acknowledged import acknowledge
from infra.assets import Assets
from infra.library_stack import LibraryStack
from infra.settings import Deployment, Profile

HARMLESS = {
    "W3005",  # a dependency is said twice: by reference and by the CDK's own DependsOn
}


def test_cdk_nag_has_nothing_against_either_profile(assemblies: Mapping[str, Path], profile: Profile) -> None:
    """Synthesis has raised where it has."""
    report = json.loads((assemblies[profile] / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def test_a_violation_ends_synthesis(assets: Assets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a queue without dead letters in our own stack, then synthesis fails and says which."""

    class Careless(LibraryStack):
        def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
            super().__init__(scope, construct_id, **kwargs)
            sqs.Queue(self, "Careless")

    monkeypatch.setattr(app, "LibraryStack", Careless)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synthesised(Deployment(), assets, tmp_path)
    report = (tmp_path / "validation-report.json").read_text()
    assert "AwsSolutions-SQS3" in report
    assert "imagesearch-library/Careless" in report


def test_an_acknowledgement_is_of_one_finding_at_one_place(tmp_path: Path) -> None:
    """Given two careless buckets of which one is acknowledged, then the other is still found."""
    found = App(outdir=str(tmp_path))
    stack = Stack(found, "Stack")
    acknowledged = s3.Bucket(stack, "Acknowledged", enforce_ssl=True)
    acknowledge(acknowledged, {"AwsSolutions-S1": "a test"})
    s3.Bucket(stack, "Other", enforce_ssl=True)
    Validations.of(found).add_plugins(AwsSolutionsChecks(found))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        found.synth()
    report = (tmp_path / "validation-report.json").read_text()
    assert "Stack/Other" in report
    assert "Stack/Acknowledged" not in report


def test_cfn_lint_has_nothing_against_the_templates(assemblies: Mapping[str, Path]) -> None:
    templates = [str(each) for folder in assemblies.values() for each in sorted(folder.glob("*.template.json"))]
    assert len(templates) == 4
    done = subprocess.run(
        [
            Path(sys.executable).with_name("cfn-lint"),
            "--ignore-checks",
            *HARMLESS,
            "--format",
            "parseable",
            "--",
            *templates,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == ""
