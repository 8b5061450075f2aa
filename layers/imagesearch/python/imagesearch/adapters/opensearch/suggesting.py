"""How what somebody types might go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from imagesearch.adapters.opensearch.answers import NO_HITS
from imagesearch.adapters.opensearch.beginnings import SIZES, Beginning, tallies
from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.said import TAIL_SEPARATOR
from imagesearch.adapters.opensearch.slips import corrected
from imagesearch.adapters.opensearch.tallies import Place, is_sure
from imagesearch.retrieval import Suggestion
from imagesearch.spelling import storable, words_of

Asked = tuple[list[Suggestion], list[Place | None]]
"""What was found, and the first places of what may be missing."""


def suggest(connection: Connection, typed: str, limit: int, *, fuzzy: bool) -> list[Suggestion]:
    """See `ports.ImageIndex.suggest`. What goes on from what is typed comes before what forgives a slip."""
    words = words_of(typed)
    if not words:
        return _tags_of_signs(connection, storable(typed).strip().lower(), limit)
    found = _going_on(connection, words, limit)
    if not fuzzy or len(found) >= limit:
        return found
    *complete, begun = words
    forgiven = [
        each for word in corrected(connection, begun) for each in _going_on(connection, [*complete, word], limit)
    ]
    return [*found, *_sorted(set(forgiven) - set(found), limit - len(found))]


def _going_on(connection: Connection, words: Sequence[str], limit: int) -> list[Suggestion]:
    *complete, begun = words
    before = "".join(f"{word} " for word in complete)
    having = [{"term": {"spellings": word}} for word in dict.fromkeys(complete)]
    asked = [Beginning("tag_tails", " ".join(words)), Beginning("spellings", begun, having)]

    def ask(size: int) -> Asked:
        tails, spelled = tallies(connection, asked, size)
        tags = _tags(tails.counts)
        texts = {before + word: count for word, count in spelled.counts.items()}
        # A tag's words are words of captions and tags, too: what is a tag is among the tags found, if these are all.
        known = tags.keys() if tails.unsure is None else _that_are_tags(connection, texts)
        found = [Suggestion(tag, "tag", count) for tag, count in tags.items()]
        found += [Suggestion(text, "words", count) for text, count in texts.items() if text not in known]
        # A tag stands elsewhere than its tails, among those that are as frequent.
        unsure = [tails.unsure and (tails.unsure[0], ""), spelled.unsure and _before(before, spelled.unsure)]
        return _sorted(found, limit), unsure

    return _told(ask, limit)


def _tags_of_signs(connection: Connection, signs: str, limit: int) -> list[Suggestion]:
    """Tags that begin with signs or pictographs, which are no words."""
    if not signs:
        return []

    def ask(size: int) -> Asked:
        (tags,) = tallies(connection, [Beginning("tag", signs)], size)
        return _sorted((Suggestion(tag, "tag", count) for tag, count in tags.counts.items()), limit), [tags.unsure]

    return _told(ask, limit)


def _told(ask: Callable[[int], Asked], limit: int) -> list[Suggestion]:
    """What is found among so many values as tell the first `limit`, or among as many as can be asked for."""
    found: list[Suggestion] = []
    for size in SIZES:
        found, unsure = ask(size)
        places = [(-each.count, each.text) for each in found]
        if all(is_sure(places, limit, place) for place in unsure):
            break
    return found


def _before(before: str, place: Place) -> Place:
    count, word = place
    return (count, before + word if word else "")


def _tags(tails: Mapping[str, int]) -> dict[str, int]:
    """By tag; it may have several tails that begin so, all of the same images."""
    tags: dict[str, int] = {}
    for tail, count in tails.items():
        tag = tail.partition(TAIL_SEPARATOR)[2]
        tags[tag] = max(count, tags.get(tag, 0))
    return tags


def _that_are_tags(connection: Connection, texts: Iterable[str]) -> set[str]:
    listed = list(texts)
    values = {"field": "tag", "include": listed, "size": max(1, len(listed))}
    body: Json = {"query": {"terms": {"tag": listed}}, "aggs": {"values": {"terms": values}}, **NO_HITS}
    buckets = connection.search(body)["aggregations"]["values"]["buckets"]
    return {bucket["key"] for bucket in buckets}


def _sorted(found: Iterable[Suggestion], limit: int) -> list[Suggestion]:
    return sorted(found, key=lambda each: (-each.count, each.text, each.kind))[:limit]
