"""SQLite and OpenSearch give the same answers on the sample pictures, with the real model's descriptors.

SQLite compares every vector, so that it is also the truth that the approximate search of OpenSearch is measured by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

import apsw
import opensearch_indexes
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from image_indexes import stamp

from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.adapters.opensearch.terms import terms_of
from imagesearch.adapters.sqlite import tokens as sqlite_tokens
from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.cursors import Cursors
from imagesearch.describer import load_describer
from imagesearch.images import read_picture, read_query
from imagesearch.manifest import Manifest
from imagesearch.planning import plan_of
from imagesearch.ports import ImageIndex
from imagesearch.ranking import text_scores
from imagesearch.records import Descriptors, ImagePart, ImageRef, Write
from imagesearch.retrieval import Counts, DateOrder, Filters, NumberRange, TextLeg, TextMatches
from imagesearch.searches import Example, Hit, Query
from imagesearch.searching import next_page, search
from imagesearch.words import sidecar_words
from imagesearch_local.samples.fetching import SamplesUnavailable, fetch_samples
from model_export.fetch import cache_dir

CURSORS = Cursors("a secret of this test", 3600)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOP = 10
FACETS = ("tags", "format", "orientation", "year")


@dataclass(frozen=True)
class Samples:
    """Pictures in the library, and some to search by that are not."""

    manifest: Manifest
    writes: Sequence[Write]
    queries: Mapping[str, Descriptors]
    """By what they show."""

    def like(self, shows: str) -> tuple[Example, ...]:
        return (Example(self.queries[shows]),)


@pytest.fixture(scope="module")
def samples(model: Path) -> Samples:
    """All sample pictures, described by the real model."""
    try:
        fetched = fetch_samples(cache_dir(), lambda *_: None)
    except SamplesUnavailable as error:
        pytest.skip(str(error))
    describer = load_describer(model)
    pictures = sorted((fetched / "pictures").rglob("*.png"))
    writes = []
    for number, path in enumerate(pictures):
        picture = read_picture(path.read_bytes(), sizing=describer.manifest.sizing, max_pixels=10**8, thumbnail_size=64)
        part = ImagePart(
            sequencer=stamp(number + 1),
            state="indexed",
            uploaded=NOON + timedelta(seconds=number // 3),  # ties, too
            facts=picture.facts,
            words=sidecar_words(path.with_suffix(".json").read_bytes()),
            space_id=describer.manifest.space_id,
            descriptors=describer.describe([picture.pixels])[0],
        )
        writes.append(Write(ImageRef("images", path.relative_to(fetched / "pictures").as_posix()), part))
    queries = {}
    for path in sorted((fetched / "queries").iterdir()):
        query = read_query(path.read_bytes(), sizing=describer.manifest.sizing, max_pixels=10**8)
        queries[path.stem] = describer.describe([query.pixels])[0]
    return Samples(describer.manifest, writes, queries)


@pytest.fixture(scope="module")
def sqlite(samples: Samples, tmp_path_factory: pytest.TempPathFactory) -> ImageIndex:
    index = SqliteIndex(tmp_path_factory.mktemp("index") / "index.sqlite")
    index.write(samples.writes)
    return index


@pytest.fixture(scope="module", params=[1, 3], ids=["one shard", "three shards"])
def approximate(request: pytest.FixtureRequest, opensearch: str, samples: Samples) -> Iterator[OpenSearchIndex]:
    with opensearch_indexes.index_for(opensearch, samples.manifest, request.param) as index:
        assert {written.outcome for written in index.write(samples.writes, visible=True)} == {"written"}
        yield index


def the_searches(samples: Samples) -> list[Query]:
    """Thirty: by words, by picture, by both, filtered, by date."""
    shown = list(samples.queries)
    animals, wide = (
        Filters(tags_all=("animals",)),
        Filters(width=NumberRange(250), orientations=("landscape", "square")),
    )
    return [
        *(
            Query(text)
            for text in ("frog", "red flower", "a yellow bird", "The Cat's toys", "house with a tree", "!!!")
        ),
        Query("green frog", filters=animals),
        Query("a red car", filters=wide, facets=FACETS),
        Query("fish", filters=Filters(key_prefix="animals/", tags_none=("birds",))),
        Query("plant", sort=DateOrder(newest_first=False)),
        *(Query(like=samples.like(what)) for what in shown[:6]),
        Query(like=samples.like(shown[0]), unlike=samples.like(shown[1])),
        Query(like=(*samples.like(shown[2]), *samples.like(shown[3])), facets=FACETS),
        *(Query(like=samples.like(what), filters=animals) for what in shown[2:4]),
        Query(like=samples.like(shown[4]), filters=wide),
        *(Query(what, like=samples.like(what)) for what in shown[:4]),
        Query("green", like=samples.like(shown[2]), filters=animals, facets=FACETS),
        Query("red", like=samples.like(shown[0]), weights={"text": 1, "semantic": 3}, fusion="rrf"),
        Query(filters=animals, facets=FACETS),
        Query(sort=DateOrder(newest_first=True)),
        Query(filters=Filters(uploaded_from=NOON + timedelta(seconds=30), uploaded_to=NOON + timedelta(seconds=90))),
    ]


def all_pages(index: ImageIndex, query: Query, samples: Samples) -> tuple[list[Hit], Counts]:
    """Every hit of a search, seven at a time."""
    page = search(query, 7, index=index, manifest=samples.manifest, cursors=CURSORS)
    hits, counts = list(page.hits), page.counts
    while page.cursor:
        page = next_page(page.cursor, 7, index=index, cursors=CURSORS)
        hits += page.hits
    return hits, counts


def test_thirty_searches_find_the_same(sqlite: ImageIndex, approximate: ImageIndex, samples: Samples) -> None:
    """Totals, facets, and what words or filters match, in its order, are equal; of the ten most alike at least 95 %."""
    searches = the_searches(samples)
    assert len(searches) == 30
    overlaps = []
    for query in searches:
        (exact, counts), (found, other_counts) = (all_pages(index, query, samples) for index in (sqlite, approximate))
        assert counts == other_counts, query
        ids, other_ids = ([hit.record.image_id for hit in hits] for hits in (exact, found))
        assert len(set(other_ids)) == len(other_ids) == len(ids), query
        if not query.like:
            assert ids == other_ids, query
        if ids and query.like:
            overlaps.append(len(set(ids[:TOP]) & set(other_ids[:TOP])) / len(ids[:TOP]))
        by_id = {hit.record.image_id: hit for hit in found}
        for hit in exact:
            other = by_id.get(hit.record.image_id)
            if other and hit.ranking and other.ranking and query.fusion == "weighted":
                assert other.ranking.score == pytest.approx(hit.ranking.score, abs=1.1e-4), query  # of 4 digits
            assert other is None or other.highlights == hit.highlights, query
    assert len(overlaps) >= 10
    assert mean(overlaps) >= 0.95


def test_scores_by_words_and_cosines_agree(sqlite: ImageIndex, approximate: ImageIndex, samples: Samples) -> None:
    """Cosines within 1e-5 and words exactly, on what each of the legs retrieves and on what it is asked to score."""
    everyone = [write.ref.image_id for write in samples.writes]
    compared = 0
    for query in the_searches(samples):
        legs = plan_of(query, samples.manifest).legs
        for one, other in (
            *zip(
                sqlite.retrieve(legs, query.filters, query.depth),
                approximate.retrieve(legs, query.filters, query.depth),
                strict=True,
            ),
            *zip(sqlite.score(legs, everyone), approximate.score(legs, everyone), strict=True),
        ):
            if isinstance(one, TextMatches):
                assert isinstance(other, TextMatches)
                assert (other.documents, other.document_frequency) == (one.documents, one.document_frequency)
                assert text_scores(other) == text_scores(one)
                assert {match.image_id: match for match in other.matches} == {
                    match.image_id: match for match in one.matches
                }
            else:
                assert not isinstance(other, TextMatches)
                cosines = {match.image_id: match.cosine for match in one.matches}
                others = {match.image_id: match.cosine for match in other.matches}
                shared = cosines.keys() & others.keys()
                assert len(shared) >= 0.95 * len(cosines)
                assert {id_: others[id_] for id_ in shared} == pytest.approx(
                    {id_: cosines[id_] for id_ in shared}, abs=1e-5
                )
                compared += len(shared)
    assert compared > 1000 or len(samples.writes) < 100


@pytest.mark.parametrize("depth", [1, 10, 200])
def test_words_find_the_same_in_the_same_order(
    sqlite: ImageIndex, approximate: ImageIndex, samples: Samples, depth: int
) -> None:
    """However many share a score, and wherever the list is cut."""
    found, ties = 0, 0
    for query in the_searches(samples):
        (one,) = sqlite.retrieve([TextLeg(query.text or "")], query.filters, depth)
        assert approximate.retrieve([TextLeg(query.text or "")], query.filters, depth) == [one], query
        assert isinstance(one, TextMatches)
        found += len(one.matches)
        ties += len(one.matches) - len(set(text_scores(one).values()))
    assert found
    assert ties or depth == 1


BASES = ("relat", "happi", "pond", "walk", "stopp", "organ", "hop", "fall", "cri", "conflat", "sens", "pon", "gent")
ENDINGS = (
    "",
    "s",
    "es",
    "ies",
    "sses",
    "ed",
    "ing",
    "ings",
    "ational",
    "ization",
    "fulness",
    "iveness",
    "ly",
    "y",
    "e",
)
WORD = st.builds("{}{} ".format, st.sampled_from(BASES), st.sampled_from(ENDINGS))
PIECES = WORD | st.sampled_from([*"aéÉÜßñøŒçİςΣдЙ字カ1²", *"'-_ .,", "\u0301", "\U0001f438", "\x00", "\ud800"])


@settings(max_examples=300, deadline=None)
@given(text=st.lists(PIECES, max_size=30).map("".join))
@example(text="relational happiness of the ΟΔΟΣ, naïve cafe\u0301s can't")
def test_both_make_the_same_terms_of_any_text(approximate: OpenSearchIndex, text: str) -> None:
    """Of words that are words: of a few that are none, such as `yyed`, the two stemmers leave different ends."""
    with closing(apsw.Connection(":memory:")) as connection:
        expected = sqlite_tokens.terms_of(connection, text)
    found = terms_of(approximate._connection, text)
    assert list(found.items()) == list(expected.items())


def test_suggestions_are_the_same(sqlite: ImageIndex, approximate: ImageIndex) -> None:
    for typed in ("a", "fr", "b", "red", "red f", "the c", "animals", "anim", "green frog", "z", "!", "a b"):
        assert approximate.suggest(typed, 10) == sqlite.suggest(typed, 10), typed
