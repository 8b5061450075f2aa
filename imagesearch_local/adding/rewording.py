"""New words for pictures that the library has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from imagesearch_local.adding.outcomes import outcomes_of
from imagesearch_local.adding.sources import Outcome, Source, words_of_source
from imagesearch_local.client import Client


def reword(
    sources: Sequence[Source],
    client: Client,
    id_of_key: Callable[[str], str | None],
    *,
    on_done: Callable[[Outcome], None] = lambda _outcome: None,
    on_stop: Callable[[int], None] = lambda _in_hand: None,
) -> list[Outcome]:
    """Write the words of sources that have nothing else; of unknown keys by the id given.

    Stops and raises as `outcomes_of` does.
    """

    def one(source: Source) -> Outcome:
        image_id = id_of_key(source.key) or source.image_id
        if image_id is None:
            return Outcome(source, "failed", "there is no such picture, and the row has no `id` of one in the library")
        return Outcome(source, "words" if edited(client, image_id, words_of_source(source)) else "unchanged")

    return outcomes_of(one, sources, failures=(ValueError,), retries=client.retries, on_done=on_done, on_stop=on_stop)


def edited(client: Client, image_id: str, words: Mapping[str, Any]) -> bool:
    """Whether there was anything to change; words that are not said stay. Raises ApiProblem, also for a lost race."""
    image, etag = client.image_and_etag(image_id)
    # No caption and an empty one are the same.
    if all((image.get(name) or None) == (value or None) for name, value in words.items()):
        return False
    client.edit(image_id, words, if_match=etag)
    return True
