"""The one-liner that docs/events.md shows: any sample event, through a real Lambda process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imagesearch_local.paths import CHECKOUT
from model_export.fetch import cache_dir

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's emulator is a program for Linux")
SAMPLES = CHECKOUT / "events"


def invoke(*paths: Path, **options: str) -> tuple[int, dict[str, Any]]:
    """Exit code, and answers by the event's name."""
    command = [sys.executable, "tests/support/invoke.py", *map(str, paths)]
    command += [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(paths), done.stderr
    return done.returncode, {line["event"]: line["answer"] for line in lines}


@pytest.fixture(autouse=True)
def _samples_are_there(model: object) -> None:
    if not (cache_dir() / "samples" / "pictures" / "animals" / "amphibians").is_dir():
        pytest.skip("the samples are not in the cache: run `make samples`")


def test_every_sample_of_bucket_and_api_and_backfill_is_answered(tmp_path: Path) -> None:
    """The bucket is made as each event tells. Given one that is none at the end, too: it fails alone, and is told."""
    of_the_bucket = sorted(SAMPLES.glob("s3_*.json"))
    of_the_api = sorted(SAMPLES.glob("api_*.json"), key=lambda path: path.stem == "api_delete")  # the frog goes last
    odd = tmp_path / "odd.json"
    odd.write_text('{"httpMethod": null}')

    code, answers = invoke(*of_the_api, *of_the_bucket, SAMPLES / "backfill_batch.json", odd)

    assert [path.stem for path in of_the_bucket if answers[path.stem] != {"batchItemFailures": []}] == []
    expected = {"api_delete": 202, "api_edit": 202, "api_no_such_route": 404, "api_upload": 201}
    for name in (path.stem for path in of_the_api):
        assert (name, answers[name]["statusCode"]) == (name, expected.get(name, 200))
    assert json.loads(answers["api_search"]["body"])["hits"][0]["key"] == "animals/amphibians/frog.png"
    assert sum(answers["backfill_batch"]["results"].values()) == 4
    assert "errorType" in answers["odd"]
    assert code == 1


def test_the_samples_of_manage_index_look_after_generations_in_opensearch(opensearch: str) -> None:
    order = ("manage_create", "manage_status", "manage_switch", "manage_rollback", "manage_sweep", "manage_drop")

    code, answers = invoke(*(SAMPLES / f"{name}.json" for name in (*order, "api_search_get")), opensearch=opensearch)

    assert [name for name in order if "errorType" in answers[name]] == []
    assert [each["number"] for each in answers["manage_status"]["generations"]] == [1, 2]
    assert answers["api_search_get"]["statusCode"] == 200
    assert code == 0
