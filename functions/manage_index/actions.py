"""What `manage_index` does: looks after the generations of one library on OpenSearch.

A generation is a physical index with an alias of its own (see docs/decisions/0008-opensearch.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from imagesearch import bootstrap, generations, tidying
from imagesearch.adapters.opensearch import access, administration
from imagesearch.adapters.opensearch.administration import Generation
from imagesearch.errors import ImageSearchError, IndexMissing, InvalidRequest
from imagesearch.outcomes import reason_of
from imagesearch.ports import ImageIndex
from imagesearch.settings import IndexSettings
from manage_index.events import Action, ManageEvent

KEPT = tidying.TOMBSTONES_LAST
"""Tombstones, and derived data that looks needless."""

Answer = dict[str, Any]


def carry_out(event: ManageEvent, *, deadline: float) -> Answer:
    """Do what is asked for. Raises ImageSearchError.

    What goes through a whole library stops at the `deadline` (as `time.monotonic` counts), and says how far it came.
    """
    library, own = library_of(bootstrap.opensearch().alias)
    number = event.generation or own
    actions: Mapping[Action, Callable[[], Answer]] = {
        "create": partial(create, library, number),
        "status": partial(status, library),
        "verify": partial(verify, library, number, deadline=deadline),
        "switch": partial(switch, library, number),
        "rollback": partial(rollback, library),
        "drop": partial(drop, library, number),
        "sweep": partial(sweep, library, after=event.after, deadline=deadline),
    }
    return actions[event.action]()


def library_of(alias: str) -> tuple[str, int]:
    """A generation's alias taken apart: whose library, which number. Raises InvalidRequest where it is none."""
    match = re.fullmatch(r"(.+)-g([1-9]\d*)", alias)
    if match is None:
        raise InvalidRequest(
            f"IMAGESEARCH_INDEX_URL ends with {alias!r}: it must be a generation's, such as images-g1."
        )
    return match[1], int(match[2])


def create(library: str, number: int) -> Answer:
    """Make a generation for the function's own model, or see that it is there; the first one becomes current.

    Who may use it is put into force before anything is there to be used.
    """
    manifest = bootstrap.manifest()
    connection = bootstrap.opensearch()
    settings = IndexSettings()
    if settings.roles:
        # Else what is there would lose its roles to an index that is never made.
        administration.check_model(connection, number, manifest.space_id, library=library)
        access.grant(connection, number, manifest.space_id, settings.roles, library=library)
    administration.create(connection, number, manifest.space_id, manifest.descriptors, settings, library=library)
    return {"generation": asdict(_generation(library, number))}


def status(library: str) -> Answer:
    """All generations, and how many images each has in which state, or why that can't be told."""
    found = [{**asdict(each), **_states(_index(library, each.number))} for each in _all(library)]
    return {"current": administration.current(bootstrap.opensearch(), library=library), "generations": found}


def _states(index: ImageIndex) -> Answer:
    """One that is outdated, or red, hides nothing of the others."""
    try:
        return {"states": dict(index.status().states)}
    except ImageSearchError as error:
        return {"error": reason_of(error)}


def verify(library: str, number: int, *, deadline: float) -> Answer:
    """Compare a generation with the current one; the current one with the only other. A part, where time runs out."""
    current = _current(library)
    old, new = (_other(library), number) if number == current else (current, number)
    report = generations.verify(_index(library, old), _index(library, new), deadline=deadline)
    return {
        "old": old,
        "new": new,
        "agrees": report.agrees,
        "complete": report.complete,
        "states": {state: {"old": ours, "new": theirs} for state, (ours, theirs) in report.states.items()},
        "checks": [asdict(check) for check in report.checks],
    }


def switch(library: str, number: int) -> Answer:
    """Make a generation the current one. Searches move with the search function, not by this."""
    before = administration.current(bootstrap.opensearch(), library=library)
    administration.switch(bootstrap.opensearch(), number, library=library)
    return {"current": number, "before": before}


def rollback(library: str) -> Answer:
    """Make the only other generation the current one."""
    return switch(library, _other(library))


def drop(library: str, number: int) -> Answer:
    """Delete a generation that is not the current one, and what was kept of its model if no other has it."""
    doomed = _generation(library, number)
    if doomed.current:
        raise InvalidRequest(f"Generation {number} is the current one: switch to another first.")
    is_shared = any(each.space_id == doomed.space_id for each in _all(library) if each.number != number)
    # The index goes last: while it is there, a drop that was cut off can be told to go on.
    forgotten = 0 if is_shared else tidying.forget_space(doomed.space_id, derived=bootstrap.derived_store())
    if IndexSettings().roles:
        access.withdraw(bootstrap.opensearch(), number, library=library)
    administration.drop(bootstrap.opensearch(), number, library=library)
    return {"dropped": number, "forgotten": forgotten}


def sweep(library: str, *, after: str, deadline: float) -> Answer:
    """Forget old tombstones, and derived data that no generation needs. Each must have been backfilled.

    Where time runs out, `after` of the answer is the key to go on from: it belongs into the next event.
    """
    before = datetime.now(UTC) - KEPT
    swept = tidying.sweep(
        [(_index(library, each.number), each.space_id) for each in _all(library)],
        bootstrap.derived_store(),
        tombstones_before=before,
        derived_before=before,
        after=after,
        deadline=deadline,
    )
    return {"swept": swept.objects, "after": swept.after}


def _index(library: str, number: int) -> ImageIndex:
    return bootstrap.opensearch_index(administration.alias_name(number, library=library))


def _all(library: str) -> list[Generation]:
    return administration.generations(bootstrap.opensearch(), library=library)


def _generation(library: str, number: int) -> Generation:
    for each in _all(library):
        if each.number == number:
            return each
    raise IndexMissing(f"There is no generation {number}.")


def _current(library: str) -> int:
    current = administration.current(bootstrap.opensearch(), library=library)
    if current is None:
        raise IndexMissing(f"No generation of {library} is the current one: switch to one.")
    return current


def _other(library: str) -> int:
    """The generation beside the current one. Raises InvalidRequest where there is none, or more than one."""
    current = _current(library)
    others = [each.number for each in _all(library) if each.number != current]
    if len(others) != 1:
        raise InvalidRequest(f"Beside the current generation {current} there are {others or 'none'}: say which.")
    return others[0]
