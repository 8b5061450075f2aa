"""How what somebody types might go on."""

from __future__ import annotations

import json

import apsw

from imagesearch.retrieval import Suggestion
from imagesearch.spelling import storable, words_of

# No character's UTF-8 has this byte: all that begins with the prefix lies between it and this.
_BEGINS = "between ?1 and ?1 || x'ff'"


def suggestions(connection: apsw.Connection, typed: str, limit: int) -> list[Suggestion]:
    """Tags and words, as `ports.ImageIndex.suggest` says."""
    words = words_of(typed)
    if words:
        found = _tags(connection, words, limit) + _words(connection, words, limit)
    else:
        found = _tags_of_signs(connection, storable(typed).strip().lower(), limit)
    return sorted(found, key=lambda suggestion: (-suggestion.count, suggestion.text, suggestion.kind))[:limit]


def _tags(connection: apsw.Connection, words: list[str], limit: int) -> list[Suggestion]:
    rows = connection.execute(
        f"select t.tag, count(*) from (select distinct tag from tag_tails where tail {_BEGINS}) s"
        " join tags t on t.tag = s.tag group by t.tag order by 2 desc, 1 limit ?2",
        (" ".join(words), limit),
    )
    return [Suggestion(tag, "tag", count) for tag, count in rows]


def _tags_of_signs(connection: apsw.Connection, signs: str, limit: int) -> list[Suggestion]:
    """Tags that begin with signs or pictographs, which are no words."""
    if not signs:
        return []
    rows = connection.execute(
        f"select tag, count(*) from tags where tag {_BEGINS} group by tag order by 2 desc, 1 limit ?2", (signs, limit)
    )
    return [Suggestion(tag, "tag", count) for tag, count in rows]


def _words(connection: apsw.Connection, words: list[str], limit: int) -> list[Suggestion]:
    *complete, begun = words
    among = ""
    if complete:
        among = (
            " and s.record in (select record from spellings where word in (select value from json_each(?4))"
            " group by record having count(*) = ?5)"
        )
    before = "".join(f"{word} " for word in complete)
    rows = connection.execute(
        f"select ?3 || s.word, count(*) from spellings s where s.word {_BEGINS}{among}"
        " and not exists (select 1 from tags t where t.tag = ?3 || s.word) group by s.word order by 2 desc, 1 limit ?2",
        (begun, limit, before, json.dumps(complete), len(set(complete)))[: 5 if complete else 3],
    )
    return [Suggestion(text, "words", count) for text, count in rows]
