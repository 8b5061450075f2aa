"""`imagesearch index list` of a data folder on which nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Run

from imagesearch_local.generations import ledger as ledgers
from imagesearch_local.generations.ledger import Generation, Ledger

KINDS = ("sqlite", "opensearch")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that was used with the embedded index, and with OpenSearch."""
    for kind in KINDS:
        generation = Generation(1, "space", "build", "2026-01-01T00:00:00+00:00")
        ledgers.save(ledger_file(tmp_path, kind), Ledger((generation,), current=1))
    return tmp_path


def ledger_file(data: Path, kind: str) -> Path:
    return ledgers.path(data / "generations" / kind)


def test_each_generation_is_listed_with_the_kind_of_its_index(run: Run, data: Path) -> None:
    listed = run("index", "list", "--data", data, "--json").json["generations"]
    assert [(row["kind"], row["number"], row["current"]) for row in listed] == [(kind, 1, True) for kind in KINDS]

    printed = run("index", "list", "--data", data).out.splitlines()
    assert [line.split()[2] for line in printed[1:]] == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_named_in_one_line(run: Run, data: Path, kind: str) -> None:
    ledger_file(data, kind).write_text("{")
    ran = run("index", "list", "--data", data)
    assert ran.code == 1
    assert f"{kind}/generations.json is damaged" in ran.err
    assert len(ran.err.splitlines()) == 1
