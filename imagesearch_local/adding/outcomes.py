"""What became of each source that goes through an API, and when there is no use in going on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from itertools import takewhile

from imagesearch_local.adding.ledger import LedgerUnwritable
from imagesearch_local.adding.sources import Outcome, Source, reason
from imagesearch_local.client import ApiProblem, ClientError, is_no_answer
from imagesearch_local.parallel import in_parallel
from imagesearch_local.retries import Retries

_WORKERS = 4
_GIVE_UP_AFTER = 5
"""Sources in a row that the API left without an answer, each after the client's attempts."""
_REFUSED = frozenset({401, 403})


def outcomes_of(
    work: Callable[[Source], Outcome],
    sources: Iterable[Source],
    *,
    failures: tuple[type[Exception], ...],
    retries: Retries,
    on_done: Callable[[Outcome], None],
    on_stop: Callable[[int], None],
) -> list[Outcome]:
    """Work on several at a time. What the work raises of `failures`, and ClientError, is a source's outcome.

    An interrupt ends it after those in hand, which `on_stop` is told the number of; nothing is retried from then on.
    Raises ApiProblem where the token does not do, ClientError where one source after the other is left without an
    answer, and LedgerUnwritable: `on_done` was called with the outcomes so far, and the rest is not tried.
    """
    caught: tuple[type[Exception], ...] = (ClientError, LedgerUnwritable, *failures)

    def outcome_of(source: Source) -> tuple[Outcome, Exception | None]:
        try:
            return work(source), None
        except caught as error:
            return Outcome(source, "failed", reason(error)), error

    def stop(in_hand: int) -> None:
        retries.stop.set()
        on_stop(in_hand)

    outcomes: list[Outcome] = []
    ended: Exception | None = None
    unanswered = 0
    untried = takewhile(lambda _source: ended is None, sources)
    with closing(in_parallel(outcome_of, untried, _WORKERS, on_stop=stop)) as done:
        for outcome, error in done:
            outcomes.append(outcome)
            on_done(outcome)
            unanswered = unanswered + 1 if is_no_answer(error) else 0
            if unanswered >= _GIVE_UP_AFTER or _status(error) in _REFUSED or isinstance(error, LedgerUnwritable):
                ended = ended or error
                retries.stop.set()
    if ended:
        raise ended
    return outcomes


def _status(error: Exception | None) -> int | None:
    return error.status if isinstance(error, ApiProblem) else None
