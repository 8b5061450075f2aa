"""One search, sent in two ways: through `search_api`'s handler, and as comparable projects send it. See
opensearch_search.py.
"""  # noqa: D205 - one sentence, and where to read on

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mixed_library import Library
from numpy.typing import NDArray
from opensearchpy import OpenSearch

from imagesearch.adapters.opensearch.client import Connection
from imagesearch.ports import ImageIndex
from imagesearch.ranking import SCORE_DIGITS, text_scores
from imagesearch.records import SEMANTIC
from imagesearch.retrieval import Filters, TextLeg, TextMatches
from imagesearch.spelling import words_of
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext

HITS = 10
KINDS = ("image", "text", "hybrid")
RARE = 0.02
"""Share of the samples whose caption or tags have a word that is searched for, at the most."""
_DEEP = 10_000
"""Matches of a query's words that are scored exactly: as many as OpenSearch lists. Words that have more are not asked
for."""
_FIELD = f"descriptor.{SEMANTIC}"
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for."""

    number: int
    """The image that hits should look like."""
    text: str


def queries(library: Library, index: ImageIndex, count: int, seed: int) -> list[Query]:
    """Images by chance, each with two words of another one's caption that are not in every other caption."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    captions = [set(words_of(sample.words.caption or "")) for sample in library.samples]
    searched = [
        set(words_of(" ".join(sample.words.tags or ()))) | own
        for sample, own in zip(library.samples, captions, strict=True)
    ]
    have = Counter(word for words in searched for word in words)
    common = {word for word, count in have.items() if count > RARE * len(captions)}
    telling = [sorted(words - common) for words in captions if len(words - common) > 1]
    found = []
    for number in chance.sample(range(len(library.vectors)), count):
        text = " ".join(chance.sample(chance.choice(telling), 2))
        while index.count(Filters(), text, (), 0).total >= _DEEP:
            text = " ".join(chance.sample(chance.choice(telling), 2))
        found.append(Query(number, text))
    return found


@contextmanager
def functions(index_url: str, model: Path) -> Iterator[None]:
    """The environment of `search_api`. Links are signed offline, with keys of nobody."""
    before = dict(os.environ)
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "IMAGESEARCH_IMAGE_BUCKET": "mixed",
        "IMAGESEARCH_DERIVED_BUCKET": "derived",
        "IMAGESEARCH_INDEX_URL": index_url,
        "IMAGESEARCH_MODEL_DIR": str(model.resolve()),
        "IMAGESEARCH_CURSOR_SECRET": "not secret",
    }
    from imagesearch import bootstrap
    from search_api.handler import logger

    logger.setLevel("WARNING")
    bootstrap.forget()
    try:
        yield
    finally:
        bootstrap.forget()
        os.environ.clear()
        os.environ.update(before)


def our_event(query: Query, kind: str, library: Library) -> dict[str, Any]:
    """`POST /search`, as API Gateway sends it."""
    asked: dict[str, Any] = {"limit": HITS}
    if kind != "text":
        asked["image_id"] = library.ref(query.number).image_id
    if kind != "image":
        asked["text"] = query.text
    event: dict[str, Any] = json.loads((CHECKOUT / "events" / "api_search.json").read_bytes())
    return event | {"body": json.dumps(asked), "isBase64Encoded": False}


def ours(event: Mapping[str, Any]) -> dict[str, Any]:
    from search_api.handler import handler

    answer = handler(dict(event), LambdaContext("search_api", 30))  # type: ignore[arg-type]  # all that is used of it
    assert answer["statusCode"] == 200, answer["body"]
    return answer


def our_hits(answer: Mapping[str, Any]) -> list[str]:
    return [hit["id"] for hit in json.loads(answer["body"])["hits"]]


def their_body(query: Query, kind: str, library: Library, brute: str) -> dict[str, Any]:
    """Every vector is compared. One hit more than wanted: the first one is the query itself."""
    vector = library.vectors[query.number].tolist()
    script = {
        "knn_score": {
            "lang": "knn",
            "source": "knn_score",
            "params": {"field": _FIELD, "query_value": vector, "space_type": "cosinesimil"},
        },
        "painless": {
            "source": f"cosineSimilarity(params.query_value, doc['{_FIELD}']) + 1.0",
            "params": {"query_value": vector},
        },
    }[brute]
    search: dict[str, Any] = {"script_score": {"query": {"match_all": {}}, "script": script}}
    if kind == "hybrid":
        words = {"multi_match": {"query": query.text, "fields": ["text.caption", "text.tags"]}}
        search = {"bool": {"should": [words, search]}}
    return {"size": HITS + 1, "query": search, "_source": ["id", "key", "text.caption", "text.tags"]}


def theirs(client: OpenSearch, index: str, body: Mapping[str, Any]) -> Any:
    return client.search(index=index, body=body)


def their_hits(answer: Mapping[str, Any], query: Query, library: Library) -> list[str]:
    own = library.ref(query.number).image_id
    return [hit["_id"] for hit in answer["hits"]["hits"] if hit["_id"] != own][:HITS]


def exact_scores(query: Query, library: Library, index: ImageIndex) -> dict[str, Scores]:
    """By kind of search, every image's true score; of the query itself none."""
    cosines = (library.vectors @ library.vectors[query.number]).astype(np.float64)
    unrelated = library.manifest.descriptor(SEMANTIC).unrelated_cosine
    visual = np.clip((cosines - unrelated) / (1 - unrelated), 0, 1)
    (matches,) = index.retrieve([TextLeg(query.text)], Filters(), _DEEP)
    assert isinstance(matches, TextMatches)
    assert len(matches.matches) < _DEEP
    numbers = {library.ref(number).image_id: number for number in range(len(cosines))}
    by_words = np.zeros(len(cosines))
    for image_id, score in text_scores(matches).items():
        by_words[numbers[image_id]] = score
    found = {"image": cosines, "hybrid": np.round((visual + by_words) / 2, SCORE_DIGITS)}
    for scores in found.values():
        scores[query.number] = -np.inf
    return found


def recall(hits: Sequence[int], scores: Scores) -> float:
    """The share of the true best HITS that were found; an equal of the last one is as good."""
    last = np.sort(scores)[-HITS]
    # Fused scores are rounded, so that the last digit may differ.
    return float(np.sum(scores[list(hits)] >= last - 1.5 * 10**-SCORE_DIGITS)) / HITS


@contextmanager
def watched() -> Iterator[list[tuple[float, float]]]:
    """Every request of ours to OpenSearch: milliseconds that it took us, and those that OpenSearch says it worked."""
    seen: list[tuple[float, float]] = []
    request = Connection.request

    def timed(self: Connection, *arguments: Any, **options: Any) -> Any:
        started = time.perf_counter()
        answer = request(self, *arguments, **options)
        took = answer.get("took", 0) if isinstance(answer, dict) else 0
        seen.append((1000 * (time.perf_counter() - started), float(took)))
        return answer

    Connection.request = timed  # type: ignore[method-assign]  # for as long as it is watched
    try:
        yield seen
    finally:
        Connection.request = request  # type: ignore[method-assign]
