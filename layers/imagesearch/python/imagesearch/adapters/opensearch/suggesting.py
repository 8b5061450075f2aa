"""How what somebody types might go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from imagesearch.adapters.opensearch.answers import NO_HITS, UNSCORED
from imagesearch.adapters.opensearch.beginnings import ENOUGH, Beginning, Counted, counted
from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.documents import TAIL_SEPARATOR
from imagesearch.adapters.opensearch.slips import corrected
from imagesearch.retrieval import Suggestion
from imagesearch.spelling import storable, words_of


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

    def is_enough(found: Sequence[Counted]) -> bool:
        tails, spelled = found
        return _stand_out(tails, limit) and len(spelled) >= limit

    tails, spelled = counted(connection, asked, is_enough)
    tags = _tags(tails)
    texts = {before + word: count for word, count in spelled.items()}
    # A tag's words are words of captions and tags, too: what is a tag is among the tags found, if these are all.
    known = tags.keys() if len(tails) < ENOUGH else _that_are_tags(connection, texts)
    found = [Suggestion(tag, "tag", count) for tag, count in tags.items()]
    found += [Suggestion(text, "words", count) for text, count in texts.items() if text not in known]
    return _sorted(found, limit)


def _tags_of_signs(connection: Connection, signs: str, limit: int) -> list[Suggestion]:
    """Tags that begin with signs or pictographs, which are no words."""
    if not signs:
        return []
    # In the order of frequency and value, which is the one wanted: the first ones are enough.
    (tags,) = counted(connection, [Beginning("tag", signs)], lambda _: limit <= ENOUGH)
    return _sorted((Suggestion(tag, "tag", count) for tag, count in tags.items()), limit)


def _tags(tails: Counted) -> dict[str, int]:
    """By tag; it may have several tails that begin so, with the same count."""
    return {tail.partition(TAIL_SEPARATOR)[2]: count for tail, count in tails.items()}


def _stand_out(tails: Counted, limit: int) -> bool:
    """Whether the `limit` most frequent tags are more frequent than what was not told any more."""
    best = sorted(_tags(tails).values(), reverse=True)[:limit]
    return len(tails) < ENOUGH or (len(best) == limit and best[-1] > min(tails.values()))


def _that_are_tags(connection: Connection, texts: Iterable[str]) -> set[str]:
    listed = list(texts)
    values = {"field": "tag", "include": listed, "size": max(1, len(listed))}
    body: Json = {"query": {"terms": {"tag": listed}}, "aggs": {"values": {"terms": values}}, **NO_HITS}
    buckets = connection.search(body, search_type=UNSCORED)["aggregations"]["values"]["buckets"]
    return {bucket["key"] for bucket in buckets}


def _sorted(found: Iterable[Suggestion], limit: int) -> list[Suggestion]:
    return sorted(found, key=lambda each: (-each.count, each.text, each.kind))[:limit]
