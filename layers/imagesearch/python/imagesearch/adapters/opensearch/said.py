"""What a part says of words, ready to be searched: the document's `said`.

With it the script puts the words in force together without knowing how words are split, folded or counted: by part,
then by field (absent where the part says nothing), `{text, words, columns, spellings}`: the text to analyse, how many
words it has, further columns, and its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from imagesearch.adapters.columns import attribute_rows, listed, tails, texts_of, word_count
from imagesearch.adapters.opensearch.client import Json
from imagesearch.records import AttributeValue, Words
from imagesearch.spelling import storable, words_of

TAIL_SEPARATOR = "\x1f"
"""Between a tail of a tag and the tag, in `tag_tails`. No tag has one: it is a control character."""


def said_by(words: Words) -> Json:
    """Of the words of one part."""
    said: Json = {}
    if words.caption is not None:
        said["caption"] = _field(words.caption, spelled=True)
    if words.tags is not None:
        said["tags"] = _field(listed(words.tags), spelled=True, **_tag_columns(words.tags))
    if words.attributes is not None:
        said["attributes"] = _field(texts_of(words.attributes), spelled=False, **_attribute_columns(words.attributes))
    return said


def _field(text: str, *, spelled: bool, **columns: Any) -> Json:
    text = storable(text)
    return {
        "text": text,
        "words": word_count(text),
        "columns": columns,
        "spellings": sorted(set(words_of(text))) if spelled else [],
    }


def _tag_columns(tags: Sequence[str]) -> Json:
    folded = sorted({storable(tag.lower()) for tag in tags})
    ends = [f"{tail}{TAIL_SEPARATOR}{tag}" for tag in folded for tail in sorted(tails(words_of(tag)))]
    return {"tag": folded, "tag_tails": ends}


def _attribute_columns(attributes: Mapping[str, AttributeValue]) -> Json:
    rows = [
        {"name": storable(name), "shown": storable(shown), "number": number, "truth": truth}
        for name, shown, number, truth in attribute_rows(attributes)
    ]
    return {"attribute": [{field: value for field, value in row.items() if value is not None} for row in rows]}
