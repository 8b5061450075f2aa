"""AWS SAM's command line takes what `make synth` writes, with the events of `events/`. Docker is not needed here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sam
from infra_checks import functions
from infra_checks.reading import Template

from infra.assets import CHECKOUT
from infra.settings import Profile

SEEN = """
import json, sys
from samcli.lib.providers.sam_function_provider import SamFunctionProvider
from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

stacks, _ = SamLocalStackProvider.get_stacks(sys.argv[1])
found = [(each.handler, each.codeuri, [layer.codeuri for layer in each.layers])
         for each in SamFunctionProvider(stacks).get_all()]
print(json.dumps(found))
"""
"""What `sam local` finds in a template, told by SAM's own code."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """SAM's Python, in the checkout, where `.cfnlintrc` is."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(sam.prepared().parents[1]),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    command = [str(sam.prepared()), *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def template(assemblies: Mapping[Profile, Path], profile: Profile) -> Path:
    return assemblies[profile] / "imagesearch-service.template.json"


def test_sam_has_nothing_against_the_template(assemblies: Mapping[Profile, Path], profile: Profile) -> None:
    done = run("-m", "samcli", "validate", "--lint", "--template", str(template(assemblies, profile)))
    assert done.returncode == 0, done.stdout + done.stderr


def test_sam_would_tell_of_a_mistake(assemblies: Mapping[Profile, Path], tmp_path: Path) -> None:
    """So that the test before means something."""
    broken = json.loads(template(assemblies, "development").read_bytes())
    next(iter(functions.ours(broken).values()))["MemorySize"] = "plenty"  # type: ignore[index]  # JSON
    (tmp_path / "template.json").write_text(json.dumps(broken))
    done = run("-m", "samcli", "validate", "--lint", "--template", str(tmp_path / "template.json"))
    assert done.returncode == 1
    assert "E3012" in done.stdout + done.stderr


def test_sam_finds_code_and_layers_of_every_function(assemblies: Mapping[Profile, Path], service: Template) -> None:
    done = run("-c", SEEN, str(template(assemblies, "development")))
    assert done.returncode == 0, done.stderr
    found = {
        handler: (Path(code), [Path(each) for each in layers]) for handler, code, layers in json.loads(done.stdout)
    }
    assert set(found) >= {each["Handler"] for each in functions.ours(service).values()}
    for properties in functions.ours(service).values():
        code, (runtime, product, model) = found[properties["Handler"]]
        package = properties["Handler"].partition(".")[0]
        assert (code / package / "handler.py").is_file()
        assert (runtime / "python").is_dir()
        assert (product / "python").is_dir()
        assert (model / "model" / "model.json").is_file()


@pytest.fixture(scope="module")
def config() -> Mapping[str, Any]:
    """`samconfig.toml`, for the commands that are given nothing else."""
    told: Mapping[str, Any] = tomllib.loads((CHECKOUT / "samconfig.toml").read_text(encoding="utf-8"))["default"]
    return told


def test_sam_is_told_where_make_synth_writes(config: Mapping[str, Any]) -> None:
    told = {each["parameters"]["template"] for each in config.values()}
    assert told == {"cdk.out/development/imagesearch-service.template.json"}
    recipe = (CHECKOUT / "Makefile").read_text(encoding="utf-8").partition("\nsynth:")[2].partition("\n\n")[0]
    assert "cdk.out/$$profile" in recipe


def test_what_is_known_only_at_deployment_is_told_on_a_laptop_by_a_file(
    config: Mapping[str, Any], templates: Mapping[Profile, tuple[Any, Any]]
) -> None:
    """Every variable of a function that is another stack's, or a role's, stands in `infra/sam_local.json`."""
    told = json.loads((CHECKOUT / config["local_invoke"]["parameters"]["env_vars"]).read_bytes())["Parameters"]
    service = templates["development"][1].to_json()
    variables = [each["Environment"]["Variables"] for each in functions.ours(service).values()]
    unknown = {name for each in variables for name, value in each.items() if not isinstance(value, str)}
    assert unknown <= set(told)
    assert set(told) <= set().union(*variables), "SAM ignores what the template does not name"


def test_the_functions_that_the_docs_invoke_are_there(service: Template) -> None:
    docs = (CHECKOUT / "docs" / "events.md").read_text(encoding="utf-8")
    invoked = re.findall(r"^sam local invoke (\w+) --event (\S+)$", docs, re.MULTILINE)
    assert invoked
    for function, event in invoked:
        assert service["Resources"][function]["Type"] == "AWS::Lambda::Function"
        assert (CHECKOUT / event).is_file()
