"""Indexing what is in the bucket already, and the daily sweep: state machines whose states our functions understand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from infra_checks import roles
from infra_checks.reading import Template, named, of_type
from infra_checks.roles import Names

from backfill_images.events import etags_of
from infra.settings import Profile
from manage_index.events import event_of

EXPRESSION = re.compile(r"\{% \$states\.context\.Map\.Item\.Value\.(\w+) %\}")
LISTED = {
    "Etag": '"5f363e0e58a95f06cbe9bbc662c5dfb6"',
    "Key": "holidays/beach 1.jpg",
    "LastModified": 1795337554,
    "Size": 137,
    "StorageClass": "STANDARD",
}
"""An object of S3's list, as Step Functions hands it to a map ("ItemReader (Map)" in its guide)."""


def definition(service: Template, library: Template, name: str) -> Mapping[str, Any]:
    """A state machine's states, with names in place of what is known at deployment."""
    _, machine = named(service, "AWS::StepFunctions::StateMachine", name)
    parsed: Mapping[str, Any] = json.loads(Names(service, library).of(machine["Properties"]["DefinitionString"]))
    return parsed


def mapped(service: Template, library: Template) -> Mapping[str, Any]:
    states: Mapping[str, Any] = definition(service, library, "Generation1BackfillStateMachine")["States"]
    return dict(states["All objects"])


def test_the_whole_image_bucket_is_listed(service: Template, library: Template) -> None:
    reader = mapped(service, library)["ItemReader"]
    assert reader["Resource"].endswith(":states:::s3:listObjectsV2")
    assert reader["Arguments"] == {"Bucket": "BucketsImages"}


def test_the_function_understands_the_batches_that_the_map_makes(service: Template, library: Template) -> None:
    """Given an object of S3's list, when the map selects from it, then `backfill_images` takes the batch."""
    states = mapped(service, library)
    item = {name: LISTED[_selected(value)] for name, value in states["ItemSelector"].items()}
    batch = {"Items": [item], "BatchInput": states["ItemBatcher"]["BatchInput"]}
    assert etags_of(batch, bucket="BucketsImages") == {LISTED["Key"]: LISTED["Etag"]}


def _selected(expression: str) -> str:
    match = EXPRESSION.fullmatch(expression)
    assert match, expression
    return match[1]


def test_a_batch_of_the_longest_keys_fits_into_a_states_input(service: Template, library: Template) -> None:
    """256 KiB (Step Functions quotas); keys have at most 1,024 bytes, each six in JSON at the worst."""
    batcher = mapped(service, library)["ItemBatcher"]
    item = json.dumps({"Key": "x" * 1024, "Etag": LISTED["Etag"]})
    assert batcher["MaxItemsPerBatch"] == 64
    assert batcher["MaxItemsPerBatch"] * len(item) < 256 * 1024


def test_few_batches_run_at_once_so_that_searching_is_never_starved(
    service: Template, library: Template, profile: Profile
) -> None:
    assert mapped(service, library)["MaxConcurrency"] == (8 if profile == "production" else 2)


def test_what_fails_is_tried_again_with_growing_waits_and_an_outage_is_borne(
    service: Template, library: Template
) -> None:
    states = mapped(service, library)
    (batch,) = states["ItemProcessor"]["States"].values()
    (retry,) = batch["Retry"]
    assert retry["ErrorEquals"] == ["States.ALL"]
    assert retry["BackoffRate"] >= 2
    assert retry["JitterStrategy"] == "FULL"
    waits = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt, retry["MaxDelaySeconds"])
        for attempt in range(retry["MaxAttempts"])
    ]
    assert sum(waits) > 3600
    assert 0 < states["ToleratedFailurePercentage"] <= 10


def test_the_map_may_redrive_its_own_children(service: Template, library: Template) -> None:
    """Their ARNs have the map's label, and so has the permission."""
    label = mapped(service, library)["Label"]
    allowed = roles.rights(service, library)["Generation1BackfillStateMachineRole"]["states:RedriveExecution"]
    assert {arn.rpartition(":execution:")[2] for arn in allowed} == {f"imagesearch-backfill-1/{label}:*"}


def test_results_are_kept_where_no_sweep_takes_them(service: Template, library: Template) -> None:
    writer = mapped(service, library)["ResultWriter"]
    assert writer["Arguments"] == {"Bucket": "BucketsDerived", "Prefix": "backfill/generation-1"}


def test_the_map_calls_the_generations_own_function(service: Template, library: Template) -> None:
    (batch,) = mapped(service, library)["ItemProcessor"]["States"].values()
    assert batch["Arguments"] == {
        "FunctionName": "Generation1BackfillBackfillImagesFunction.Arn",
        "Payload": "{% $states.input %}",
    }
    function, _ = named(service, "AWS::Lambda::Function", "Generation1BackfillBackfillImagesFunction")
    assert service["Resources"][function]["Properties"]["Handler"] == "backfill_images.handler.handler"


def test_every_run_is_logged_without_the_names_of_pictures(service: Template) -> None:
    for machine in of_type(service, "AWS::StepFunctions::StateMachine").values():
        logging = machine["Properties"]["LoggingConfiguration"]
        assert logging["Level"] == "ALL"
        assert logging["IncludeExecutionData"] is False
        assert machine["Properties"]["TracingConfiguration"] == {"Enabled": True}


def test_how_to_start_it_is_told(service: Template) -> None:
    told = service["Outputs"]["Backfill1StateMachineArn"]
    assert "start-execution" in told["Description"]


def test_the_sweep_goes_on_from_where_the_function_stopped(service: Template, library: Template) -> None:
    """`manage_index` answers a sweep with `after`: a key, or nothing where it is through."""
    states = definition(service, library, "UpkeepStateMachine")["States"]
    sweep, choice = states["Sweep"], states["Is there more?"]
    payload = sweep["Arguments"]["Payload"]
    assert event_of({**payload, "after": "thumbnails/abc"}).after == "thumbnails/abc"
    assert event_of({**payload, "after": ""}).action == "sweep"
    assert sweep["Arguments"]["FunctionName"] == "Management1ManageIndexFunction.Arn"
    assert sweep["Next"] == "Is there more?"
    assert [each["Next"] for each in choice["Choices"]] == ["Sweep"]
    assert states[choice["Default"]]["Type"] == "Succeed"


def test_the_sweep_runs_every_day(service: Template, library: Template) -> None:
    (schedule,) = of_type(service, "AWS::Scheduler::Schedule").values()
    properties = schedule["Properties"]
    assert properties["ScheduleExpression"] == "cron(17 3 * * ? *)"
    assert properties["State"] == "ENABLED"
    assert Names(service, library).of(properties["Target"]["Arn"]) == "UpkeepStateMachine"
    assert json.loads(properties["Target"]["Input"]) == {}
