"""All generations of a data folder while they run, and what can be done with them: add, compare, switch, drop.

The ledger is written at the moment from which a restart goes on with the new state; all else can be done again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from imagesearch import generations
from imagesearch.adapters.s3 import S3ObjectStore
from imagesearch.errors import Unavailable
from imagesearch.generations import Verification
from imagesearch.tidying import TOMBSTONES_LAST, forget_space, sweep
from imagesearch_local.cloud.resources import DERIVED, IMAGES, notify
from imagesearch_local.functions.process import FunctionClosed
from imagesearch_local.generations import ledger as ledgers
from imagesearch_local.generations import listing, models
from imagesearch_local.generations.builds import described
from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.generations.ledger import Generation, Ledger
from imagesearch_local.generations.serving import Serving, Site, close_all, delete
from imagesearch_local.relay.reconcile import present

SWEEP_AGE = timedelta(days=1)
"""Derived data that is younger may still be in the making."""


class Library:
    """Safe to use from several threads; one change at a time."""

    def __init__(self, site: Site, ledger: Ledger) -> None:
        """Start the index functions of all, and the current one's search function, without waiting for them."""
        self._site = site
        self._ledger = ledger
        self._changing = threading.Lock()
        self._servings = {each.number: Serving(site, each) for each in ledger.generations if each.state == "serving"}
        self._search = self.current.search()

    @property
    def current(self) -> Serving:
        return self._servings[self._ledger.current]

    def open(self) -> int:
        """Have every index and listen to every queue. Returns how many changes any index had missed.

        Raises whatever an index or a function can't be started for.
        """
        for serving in self._servings.values():
            serving.open()
        self._site.indexes.switch(self._ledger.current)  # it may have ended between that and the ledger
        if self._ledger.generations != (self.current.generation,) or self.current.number != 1:
            self._notify()
        objects = present(self._site.s3, IMAGES)
        announced = sum(serving.announce_missed(objects) for serving in self._servings.values())
        for serving in self._servings.values():
            serving.wait_until_ready()
            serving.listen()
        self._search.wait_until_ready()
        self._save(self._ledger)
        for generation in self._ledger.generations:
            if generation.state == "dropping":
                self._finish_dropping(generation)
        return announced

    def close(self) -> None:
        """Finish what is in flight, and end everything."""
        close_all(list(self._servings.values()))

    def search(self, event: dict[str, Any], context: Any) -> Any:
        """The answer of the current generation's search function."""
        while True:
            function = self._search
            try:
                return function(event, context)
            except FunctionClosed:  # replaced since, and nobody has the call yet
                if function is self._search:
                    raise

    def listed(self) -> list[dict[str, Any]]:
        """Every generation, by number, for people and scripts."""
        return [self._row(generation) for generation in self._ledger.generations]

    def add(self, model: Path) -> int:
        """Start a generation with a copy of this model. From now on it hears of every change. Returns its number.

        Raises GenerationError, ModelMissing, FunctionFailed, IndexUnavailable; then nothing is left of it.
        """
        with self._one_at_a_time():
            self._ledger.check_room()
            number = self._ledger.next_number
            manifest = models.keep(model, models.folder(self._site.home, number))
            serving = Serving(self._site, described(number, manifest))
            try:
                serving.wait_until_ready()
                serving.open()
                self._save(self._ledger.added(serving.generation))
            except BaseException:
                serving.close()
                with suppress(Unavailable):
                    delete(self._site, number)
                raise
            self._servings[number] = serving
            self._notify()
            serving.listen()
            return number

    def backfill(self, number: int, etags: Mapping[str, str]) -> dict[str, Any]:
        """Bring objects that are in the bucket into a generation's index. Raises GenerationError, FunctionFailed."""
        return self._serving(number).backfill(etags)

    def verify(self, number: int) -> Verification:
        """Compare a generation with the current one. Raises GenerationError, IndexUnavailable."""
        if number == self._ledger.current:
            raise GenerationError(f"Generation {number} is the current one: name the other one.")
        return generations.verify(self.current.index, self._serving(number).index)

    def switch(self, number: int) -> None:
        """Move searches to a generation; those under way are answered by the one before. Raises GenerationError, ..."""
        with self._one_at_a_time():
            self._switch(self._ledger.switched(number))

    def rollback(self) -> int:
        """Move searches back to the generation before. Returns its number. Raises GenerationError, ..."""
        with self._one_at_a_time():
            self._switch(self._ledger.rolled_back())
            return self._ledger.current

    def drop(self, number: int) -> int:
        """Delete a generation that does not answer searches, with all it has. Returns how many objects went with it."""
        with self._one_at_a_time():
            self._save(self._ledger.dropping(number))
            return self._finish_dropping(self._ledger[number])

    def create(self) -> int:
        """Make indexes that are missing, and announce what is not in them. Returns how many changes that were."""
        with self._one_at_a_time():
            for serving in self._servings.values():
                serving.reopen()
            objects = present(self._site.s3, IMAGES)
            return sum(serving.announce_missed(objects) for serving in self._servings.values())

    def sweep(self) -> int:
        """Forget what no generation needs any more. Returns how many objects went.

        Raises GenerationError while there are changes to be indexed: what an index has yet to hear of looks needless.
        """
        with self._one_at_a_time():
            if pending := sum(serving.counts()["pending"] for serving in self._servings.values()):
                raise GenerationError(f"{pending} changes wait to be indexed: sweep when they are.")
            return self._sweep()

    def sweep_complete(self) -> int:
        """The same for indexes that are known to have heard of all that matters."""
        with self._one_at_a_time():
            return self._sweep()

    def _sweep(self) -> int:
        now = datetime.now(UTC)
        swept = sweep(
            [(serving.index, serving.manifest.space_id) for serving in self._servings.values()],
            self._derived(),
            tombstones_before=now - TOMBSTONES_LAST,
            derived_before=now - SWEEP_AGE,
        )
        return swept.objects

    def _switch(self, ledger: Ledger) -> None:
        if ledger == self._ledger:
            return
        function = self._serving(ledger.current).search()
        function.wait_until_ready()
        self._site.indexes.switch(ledger.current)
        self._save(ledger)
        self._search = function

    def _finish_dropping(self, generation: Generation) -> int:
        serving = self._servings.pop(generation.number, None)
        self._notify()
        if serving:
            serving.close()
        delete(self._site, generation.number)
        left = self._ledger.dropped(generation.number)
        is_shared = any(each.space_id == generation.space_id for each in left.generations)
        forgotten = 0 if is_shared else forget_space(generation.space_id, derived=self._derived())
        self._save(left)  # at the end: until then the next start finishes what was cut off
        return forgotten

    def _row(self, generation: Generation) -> dict[str, Any]:
        row = listing.row(generation, self._ledger, self._site.indexes)
        serving = self._servings.get(generation.number)
        if serving is None:
            return row
        counts = serving.counts()
        return {**row, "queue": serving.queue.url.rpartition("/")[2], **counts, "trouble": serving.trouble}

    def _serving(self, number: int) -> Serving:
        _ = self._ledger[number]
        if number not in self._servings:
            raise GenerationError(f"Generation {number} is being dropped.")
        return self._servings[number]

    def _notify(self) -> None:
        notify(self._site.s3, self._site.sqs, [serving.queue.url for serving in self._servings.values()])

    def _save(self, ledger: Ledger) -> None:
        ledgers.save(ledgers.path(self._site.home), ledger)
        self._ledger = ledger

    def _derived(self) -> S3ObjectStore:
        return S3ObjectStore(DERIVED, self._site.s3)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._changing.acquire(blocking=False):
            raise GenerationError("Another change to the generations is under way: try again when it is done.")
        try:
            yield
        finally:
            self._changing.release()
