"""A backfill from the bucket's listing, batch by batch: it can be stopped and begun again at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from imagesearch_local.generations.control_client import Control

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BATCH = 64
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Backfilled:
    """How far it is."""

    results: Mapping[str, int]
    """Objects by what became of them, those that failed aside."""
    failed: Mapping[str, str]
    """Why, by key."""
    looked_at: int = 0
    total: int = 0


def backfilled(control: Control, s3: S3Client, bucket: str, number: int) -> Iterator[Backfilled]:
    """How far it is, after every batch. What failed is tried again at the end. Raises GenerationError, NotRunning."""
    # Of all commands one alone pays for what this imports.
    from imagesearch_local.relay.reconcile import present  # noqa: PLC0415

    etags = present(s3, bucket)
    results: Counter[str] = Counter()
    left, total = etags, len(etags)
    for _ in range(_ATTEMPTS):
        failed: dict[str, str] = {}
        for batch in _batches(left):
            answer = control("backfill", generation=number, etags=batch)
            results += Counter(answer["results"])
            failed |= answer["failed"]
            results.pop("failed", None)
            yield Backfilled(dict(results), dict(failed), results.total(), total)
        left = {key: etags[key] for key in failed}
        if not left:
            return


def _batches(etags: Mapping[str, str]) -> Iterator[dict[str, str]]:
    rest = iter(etags.items())
    while batch := dict(islice(rest, _BATCH)):
        yield batch
