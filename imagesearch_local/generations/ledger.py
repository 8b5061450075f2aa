"""Which generations a data folder has, and which of them answers searches: typed, and kept in one file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.paths import write_atomically

_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Generation:
    """One model build with its index, its queue and its functions."""

    number: int
    """From 1; never used again while a later one is there."""
    space_id: str
    build_id: str
    created: str
    """ISO 8601."""
    state: Literal["serving", "dropping"] = "serving"
    """`dropping`: on its way out; a start goes on with that."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All generations of a data folder. Every change makes a new one."""

    generations: tuple[Generation, ...]
    """By number."""
    current: int
    """Whose search function answers."""
    before: int | None = None
    """The one that answered before: what a rollback goes back to."""

    def __getitem__(self, number: int) -> Generation:
        """Raises GenerationError."""
        for generation in self.generations:
            if generation.number == number:
                return generation
        known = ", ".join(str(each.number) for each in self.generations)
        raise GenerationError(f"There is no generation {number}: there are {known}.")

    @property
    def next_number(self) -> int:
        return max(generation.number for generation in self.generations) + 1

    def added(self, generation: Generation) -> Ledger:
        """Raises GenerationError where there are two already."""
        self.check_room()
        return replace(self, generations=(*self.generations, generation))

    def check_room(self) -> None:
        """Raises GenerationError where there are two already: each of them costs memory and time."""
        if others := [each.number for each in self.generations if each.number != self.current]:
            raise GenerationError(f"Generation {others[0]} is there beside the current one: drop it first.")

    def switched(self, number: int) -> Ledger:
        """Raises GenerationError for one that is not there, or on its way out."""
        if self[number].state == "dropping":
            raise GenerationError(f"Generation {number} is being dropped.")
        if number == self.current:
            return self
        return replace(self, current=number, before=self.current)

    def rolled_back(self) -> Ledger:
        """Raises GenerationError where nothing was switched, or what it was switched from is dropped."""
        if self.before is None:
            raise GenerationError("There is no generation to go back to.")
        return self.switched(self.before)

    def dropping(self, number: int) -> Ledger:
        """Raises GenerationError for the current one."""
        if self[number].number == self.current:
            raise GenerationError(f"Generation {number} answers the searches: switch to another one first.")
        changed = [replace(each, state="dropping") if each.number == number else each for each in self.generations]
        return replace(self, generations=tuple(changed), before=None if self.before == number else self.before)

    def dropped(self, number: int) -> Ledger:
        return replace(self, generations=tuple(each for each in self.generations if each.number != number))

    def refreshed(self, generation: Generation) -> Ledger:
        """With another build of a generation's model."""
        changed = [generation if each.number == generation.number else each for each in self.generations]
        return replace(self, generations=tuple(changed))


def path(home: Path) -> Path:
    """Of the file, in the folder of generations of one kind."""
    return home / "generations.json"


def load(path: Path) -> Ledger | None:
    """None where there is no file yet. Raises GenerationError for one that can't be read."""
    try:
        data = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise GenerationError(f"{path} is damaged ({error}): restore it, or take another --data.") from error
    try:
        if data["schema"] != _SCHEMA:
            raise GenerationError(f"{path} was written by another version of imagesearch (schema {data['schema']}).")
        generations = tuple(Generation(**each) for each in data["generations"])
        ledger = Ledger(generations, data["current"], data["before"])
        _ = {generation.number: generation for generation in generations}[ledger.current]
    except (KeyError, TypeError) as error:
        raise GenerationError(f"{path} is damaged ({error!r}): restore it, or take another --data.") from error
    return ledger


def save(path: Path, ledger: Ledger) -> None:
    """Readers see the ledger before or after, whatever happens meanwhile."""
    write_atomically(path, json.dumps({"schema": _SCHEMA, **asdict(ledger)}, indent=2).encode() + b"\n")
