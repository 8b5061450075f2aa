"""The templates, synthesised once for all tests."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

if not shutil.which("node") and not os.environ.get("CI"):
    pytest.skip("without Node: the CDK runs on it", allow_module_level=True)

# Otherwise Node 20 greets every start on standard error; it must be said before the CDK is imported.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")

from aws_cdk.assertions import Template

from infra.app import synthesised
from infra.assets import CHECKOUT, Assets
from infra.settings import Deployment, Profile

PROFILES: tuple[Profile, ...] = ("development", "production")


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Assets:
    """Our functions and page, with layers so small that nothing needs to be built."""
    layers = tmp_path_factory.mktemp("layers")
    for name in ("imagesearch", "runtime-x86_64", "runtime-arm64"):
        (layers / name / "python").mkdir(parents=True)
        (layers / name / "python" / "packages.txt").write_text(name)
    for number in (1, 2):
        (layers / f"model-{number}" / "model").mkdir(parents=True)
        (layers / f"model-{number}" / "model" / "model.json").write_text(json.dumps({"name": f"model {number}"}))
    return Assets(functions=CHECKOUT / "functions", layers=layers, web=CHECKOUT / "web")


@pytest.fixture(scope="session")
def assemblies(assets: Assets, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Profile, Path]:
    """For each profile, the folder with all that `cdk deploy` would take. cdk-nag has nothing against it."""
    folders = {profile: tmp_path_factory.mktemp(profile) for profile in PROFILES}
    for profile, folder in folders.items():
        synthesised(Deployment(profile=profile), assets, folder)
    return folders


@pytest.fixture(scope="session")
def templates(assemblies: Mapping[Profile, Path]) -> Mapping[Profile, tuple[Template, Template]]:
    """For each profile: of the library stack, and of the service stack."""
    return {
        profile: (_template(folder, "library"), _template(folder, "service")) for profile, folder in assemblies.items()
    }


@pytest.fixture(params=PROFILES)
def profile(request: pytest.FixtureRequest) -> Profile:
    """Each profile in turn."""
    chosen: Profile = request.param
    return chosen


@pytest.fixture
def library(templates: Mapping[Profile, tuple[Template, Template]], profile: Profile) -> Mapping[str, Any]:
    """The library stack's template of each profile in turn."""
    return dict(templates[profile][0].to_json())


@pytest.fixture
def service(templates: Mapping[Profile, tuple[Template, Template]], profile: Profile) -> Mapping[str, Any]:
    """The service stack's template of each profile in turn."""
    return dict(templates[profile][1].to_json())


def _template(folder: Path, stack: str) -> Template:
    return Template.from_json(json.loads((folder / f"imagesearch-{stack}.template.json").read_bytes()))
