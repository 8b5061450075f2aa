"""What a deployment that brings or removes a generation asks of CloudFormation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra_checks import events
from infra_checks.reading import Template, of_type

from infra.app import synthesised
from infra.assets import Assets
from infra.settings import INDEX_TIMEOUT_SECONDS, Deployment, Generation

BOTH = (Generation(number=1), Generation(number=2, model="layers/model-2"))


def test_a_second_generation_gets_the_same_changes_and_can_go_again(assets: Assets, tmp_path: Path) -> None:
    """Given two generations of which the first is removed, then one deployment of both stacks does it.

    The library stack comes first: it can drop a queue only if the service stack imports nothing of it. And whatever is
    of the second generation keeps its logical id, or it would be made anew and lose what it holds.
    """
    both = _library(Deployment(generations=BOTH, current=2), assets, tmp_path / "both")
    after = _library(Deployment(generations=BOTH[1:], current=2), assets, tmp_path / "after")
    for number in (1, 2):
        events.check_queue_gets_changes_alone(both, number)
        events.check_queue_loses_nothing(both, number, timeout_seconds=INDEX_TIMEOUT_SECONDS)
    gone = both["Resources"].keys() - after["Resources"].keys()
    assert len(of_type(after, events.QUEUE)) == 2
    assert all(name.startswith(("EventsChanges1", "EventsDeadLetters1")) for name in gone)
    assert not after["Resources"].keys() - both["Resources"].keys()
    exported = json.dumps([output["Value"] for output in both["Outputs"].values() if "Export" in output])
    assert not [name for name in gone if name in exported]


def _library(deployment: Deployment, assets: Assets, outdir: Path) -> Template:
    synthesised(deployment, assets, outdir)
    template: dict[str, Any] = json.loads((outdir / f"{deployment.library_stack}.template.json").read_bytes())
    return template
