"""The app, as `cdk` and `make synth` start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.assets import CHECKOUT


def test_wrong_context_ends_with_status_2_and_one_line(tmp_path: Path) -> None:
    done = _app({"profil": "production"}, tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Wrong context: there is no context key 'profil'; did you mean 'profile'?")


def test_what_is_not_built_ends_with_status_1_and_what_to_run(tmp_path: Path) -> None:
    """Given a generation whose model no layer was made of, then no template is left that lacks it."""
    done = _app({"generations": [{"number": 4711}], "current": 4711}, tmp_path)
    assert done.returncode == 1
    assert "make layers" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.template.json"))


def _app(context: Mapping[str, object], outdir: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "CDK_CONTEXT_JSON": json.dumps(context),
        "CDK_OUTDIR": str(outdir),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
    return subprocess.run(
        [sys.executable, "-m", "infra.app"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
