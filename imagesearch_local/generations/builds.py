"""Which build of a model a generation has: when it begins, and at each start."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from imagesearch.errors import ModelMissing
from imagesearch.manifest import Manifest
from imagesearch_local.generations import ledger as ledgers
from imagesearch_local.generations import models
from imagesearch_local.generations.ledger import Generation, Ledger


def described(number: int, manifest: Manifest) -> Generation:
    """A new generation for the model of this manifest."""
    return Generation(number, manifest.space_id, manifest.build_id, datetime.now(UTC).isoformat(timespec="seconds"))


def ledger_of(home: Path, model: Path) -> Ledger:
    """The ledger that is kept; where there is none yet, one with this model.

    Another build of the current generation's model takes its place: their descriptors compare. A model of another
    space does not: that takes a new generation. A copy that is not the whole of that build is made again. The ledger is
    not saved yet. Raises GenerationError, ModelMissing, OSError.
    """
    found = ledgers.load(ledgers.path(home))
    if found is None:
        manifest = models.keep(model, models.folder(home, 1))
        return Ledger((described(1, manifest),), current=1)
    current = found[found.current]
    try:
        manifest = models.manifest_of(model)
    except ModelMissing:
        return found
    if manifest.space_id != current.space_id:
        return found
    kept = models.folder(home, current.number)
    if models.build_in(kept) != manifest.build_id:
        models.keep(model, kept)
    return found.refreshed(replace(current, build_id=manifest.build_id))


def passed_over(home: Path, ledger: Ledger, model: Path) -> str | None:
    """What to tell who put a model there that no generation has: by itself it changes nothing."""
    try:
        given = models.manifest_of(model)
        kept = models.manifest_of(models.folder(home, ledger.current))
    except ModelMissing:
        return None
    if given.space_id in {generation.space_id for generation in ledger.generations}:
        return None
    add = f"imagesearch index add --model {shlex.quote(str(model))}"
    return f"The library keeps its model {kept.name}, not {given.name}; `{add}` begins the change."
