"""Generations as they are listed, for people and scripts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from imagesearch.errors import ModelMissing
from imagesearch_local.generations import ledger as ledgers
from imagesearch_local.generations import models
from imagesearch_local.generations.indexes import Indexes, OpenSearchIndexes, SqliteIndexes
from imagesearch_local.generations.ledger import Generation, Ledger
from imagesearch_local.generations.ownership import last_library

Row = dict[str, Any]


def row(generation: Generation, ledger: Ledger, indexes: Indexes) -> Row:
    """What can be told of a generation whether it runs or not."""
    number = generation.number
    try:
        model = models.manifest_of(models.folder(indexes.home, number)).name
    except ModelMissing:  # half dropped
        model = ""
    return {
        **asdict(generation),
        "current": number == ledger.current,
        "before": number == ledger.before,
        "model": model,
        "kind": indexes.kind,
        "index": indexes.name(number),
    }


def kept_rows(data: Path) -> list[Row]:
    """Of all generations of a data folder on which nothing runs. Raises GenerationError for a damaged file."""
    rows: list[Row] = []
    for indexes in (SqliteIndexes(data), OpenSearchIndexes(data, "http://stopped", last_library(data) or "")):
        if ledger := ledgers.load(ledgers.path(indexes.home)):
            rows += [row(generation, ledger, indexes) for generation in ledger.generations]
    return rows
