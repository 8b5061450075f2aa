"""Words that somebody may have meant who typed another one."""

from __future__ import annotations

from imagesearch.adapters.opensearch.answers import NO_HITS
from imagesearch.adapters.opensearch.client import Connection, Json

_MOST = 5
_EDITS = ((6, 2), (3, 1))
"""From how many letters on how many of them may be wrong, missing, too many, or swapped with the next one.

As OpenSearch's fuzziness AUTO: https://docs.opensearch.org/docs/latest/query-dsl/term/fuzzy/.
"""


def corrected(connection: Connection, word: str) -> list[str]:
    """Words of captions and tags that differ from this one by a slip, the nearest ones first. One request.

    The first letter counts as right: hardly any slip is there, and every short word resembles many others.
    """
    edits = next((edits for letters, edits in _EDITS if len(word) >= letters), 0)
    if not edits:
        return []
    term = {
        "field": "spellings",
        "suggest_mode": "always",
        "max_edits": edits,
        "prefix_length": 1,
        "min_word_length": _EDITS[-1][0],
        "size": _MOST,
    }
    body: Json = {"suggest": {"meant": {"text": word, "term": term}}, **NO_HITS}
    answer = connection.search(body)
    return [option["text"] for entry in answer["suggest"]["meant"] for option in entry["options"]]
