"""The leg of words: ordered by `ranking.text_score` within OpenSearch, so that no match is lost to BM25's taste."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from imagesearch.adapters.opensearch.answers import NOTHING_STORED, hits_of
from imagesearch.adapters.opensearch.client import Connection, Json
from imagesearch.adapters.opensearch.filters import LIVE, having
from imagesearch.adapters.opensearch.mapping import FIELDS, text_field
from imagesearch.adapters.opensearch.terms import terms_of
from imagesearch.ranking import FIELD_WEIGHT, term_shares, text_score
from imagesearch.records import TextField
from imagesearch.retrieval import TextLeg, TextMatch, TextMatches, WordsAtLeast

_SLACK = 1e-5
"""More than the float32 sum of MAX_TERMS shares can err: a score that is just enough must not be lost."""


def best_by_words(connection: Connection, leg: TextLeg, condition: Json, depth: int) -> TextMatches:
    """The best `depth` images that meet the condition, with what it takes to score them. Up to two requests."""
    terms = terms_of(connection, leg.text)
    if not terms:
        return TextMatches(0, {}, (), leg.name)
    statistics = read_statistics(leg, terms, connection.msearch(counting(terms)))
    shares = {term: share for term, share in term_shares(statistics).items() if statistics.document_frequency[term]}
    if not shares:
        return statistics
    answer = connection.search(matching(terms, condition, depth, shares))
    matches = read_words(terms, answer)
    # Scores of OpenSearch are float32, and what they tell apart is for the last time decided exactly.
    matches.sort(key=lambda match: (-text_score(shares, match.fields), match.words, match.image_id))
    return replace(statistics, matches=tuple(matches))


def counting(terms: Iterable[str]) -> list[Json]:
    """Searches that count the live images, and those with each of the terms.

    Not one aggregation, which visits every image: a count that has no other condition is known without a visit, and
    OpenSearch keeps it until the index changes. Only live images have terms.
    """
    asked = [LIVE, *(having([term]) for term in terms)]
    return [{"query": query, "size": 0, "track_total_hits": True} for query in asked]


def read_statistics(leg: TextLeg, terms: Mapping[str, str], answers: Sequence[Json]) -> TextMatches:
    """The answers to `counting`, as matches without any image yet."""
    documents, *frequencies = (answer["hits"]["total"]["value"] for answer in answers)
    return TextMatches(documents, dict(zip(terms, frequencies, strict=True)), (), leg.name, terms)


def matching(terms: Iterable[str], condition: Json, depth: int, shares: Mapping[str, float] | None = None) -> Json:
    """A search for images with any of the terms, that names which and where.

    With `shares` (of some of the terms) its scores and its order are those of `ranking.text_score`; fewer words first
    among equal scores, then by id.
    """
    query = {"filter": [condition], **_any_of(terms, shares)}
    order = [{"_score": "desc"}, {"words": "asc"}, {"id": "asc"}]
    return {"query": {"bool": query}, "sort": order, "size": depth, **NOTHING_STORED}


def read_words(terms: Iterable[str], answer: Json) -> list[TextMatch]:
    """The answer to `matching`."""
    fields = cache(lambda names: _fields(terms, names))  # many images agree in where they have which terms
    return [TextMatch(hit["sort"][2], fields(tuple(hit["matched_queries"])), hit["sort"][1]) for hit in hits_of(answer)]


def matching_at_least(among: WordsAtLeast) -> Json:
    """A condition: the scores of `matching` with shares, from a least one on."""
    if not among.shares:
        return {"match_none": {}}
    scored = {"bool": _any_of([*among.shares], among.shares, named=False)}  # names would be found for every hit
    return {"function_score": {"query": scored, "min_score": among.score - _SLACK}}


def _any_of(terms: Iterable[str], shares: Mapping[str, float] | None, *, named: bool = True) -> Json:
    """Clauses of a `bool`, of the terms that any image has."""
    weights = {term: shares.get(term, 0.0) if shares else 1.0 for term in terms}
    found = [
        _term(term, weights[term], name=str(number) if named else None)
        for number, term in enumerate(terms)
        if weights[term]
    ]
    return {"should": found, "minimum_should_match": 1}


def _term(term: str, share: float, *, name: str | None) -> Json:
    """One term, at the weight of its best field."""
    return {
        "dis_max": {
            "queries": [
                {
                    "constant_score": {
                        "filter": {"term": {text_field(field): term}},
                        "boost": share * FIELD_WEIGHT[field],
                        **({"_name": f"{name}.{field}"} if name else {}),
                    }
                }
                for field in FIELDS
            ]
        }
    }


def _fields(terms: Iterable[str], names: Sequence[str]) -> dict[str, frozenset[TextField]]:
    """By term; `names` are such as `_any_of` gives."""
    return {
        term: where
        for number, term in enumerate(terms)
        if (where := frozenset(field for field in FIELDS if f"{number}.{field}" in names))
    }
