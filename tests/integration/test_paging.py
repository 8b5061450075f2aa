"""Pages of a library that changes under the reader: none of them repeats an image, and none that stayed is lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.cursors import Cursors
from imagesearch.manifest import DescriptorSpec, Manifest
from imagesearch.records import (
    Descriptor,
    ImagePart,
    ImageRef,
    PictureFacts,
    Sizing,
    Words,
    Write,
    padded_sequencer,
)
from imagesearch.retrieval import DateOrder, Filters
from imagesearch.searches import Example, Page, Query, RankedHit
from imagesearch.searching import next_page, search

DIMENSION = 8
MANIFEST = Manifest(
    name="directions",
    space_id="directions",
    build_id="directions-1",
    sizing=Sizing(32, "squeeze", "bilinear"),
    descriptors=(DescriptorSpec("semantic", DIMENSION, 0.2),),
    precision="fp32",
    sha256="",
    details={},
)
CURSORS = Cursors("secret", 3600)
START = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = 400
"""Far fewer moments than images: most share theirs with others."""
TAGS = ("animal", "plant", "sea", "town", "night", "red")
NOUNS = ("frog", "tulip", "harbour", "tram", "lantern", "apple", "owl", "bridge")
ORDERS = [DateOrder(by, newest) for by in ("uploaded", "taken") for newest in (True, False)]


@dataclass
class ChangingLibrary:
    """A real index whose images come and go, by a seeded hand."""

    index: SqliteIndex
    hand: random.Random
    living: dict[str, ImagePart] = field(default_factory=dict)
    """By id."""
    refs: dict[str, ImageRef] = field(default_factory=dict)

    def add(self, count: int, *, uploaded: datetime | None = None) -> list[str]:
        """Write so many new images, in one go. Returns their ids."""
        new = {}
        for _ in range(count):
            ref = ImageRef("images", f"{len(self.refs):05}.png")
            self.refs[ref.image_id] = ref
            new[ref.image_id] = _an_image(self.hand, uploaded or self.moment())
        self.index.write([Write(self.refs[image_id], part) for image_id, part in new.items()])
        self.living |= new
        return list(new)

    def add_likenesses(self, count: int) -> None:
        """Add near-duplicates of so many of the images."""
        for original in self.hand.sample(list(self.living.values()), count):
            ref = ImageRef("images", f"{len(self.refs):05}.png")
            self.refs[ref.image_id] = ref
            self.living[ref.image_id] = replace(original, uploaded=self.moment())
            self.index.write([Write(ref, self.living[ref.image_id])])

    def remove(self, image_id: str) -> None:
        """As the bucket's event does it, or hidden at once as the API does before that event arrives."""
        part = self.living.pop(image_id)
        gone = ImagePart(padded_sequencer("2"), "removed")
        hidden = replace(part, sequencer=padded_sequencer("2"), hidden=True)
        self.index.write([Write(self.refs[image_id], self.hand.choice([gone, hidden]))])

    def remove_one(self) -> str:
        image_id = self.hand.choice(list(self.living))
        self.remove(image_id)
        return image_id

    def moment(self) -> datetime:
        return START + timedelta(hours=self.hand.randrange(HOURS))

    def place(self, image_id: str, order: DateOrder) -> tuple[datetime, str]:
        part = self.living[image_id]
        assert part.uploaded
        taken = part.facts.taken if part.facts else None
        return (taken or part.uploaded if order.by == "taken" else part.uploaded), image_id

    def pages(self, query: Query, longest: int) -> Iterator[Page]:
        """All pages of a search, of one to `longest` images; each is made when it is asked for."""
        page = search(query, self.hand.randint(1, longest), index=self.index, manifest=MANIFEST, cursors=CURSORS)
        yield page
        while page.cursor:
            limit = self.hand.randint(1, longest)
            page = next_page(page.cursor, limit, index=self.index, cursors=CURSORS)
            yield page


def _an_image(hand: random.Random, uploaded: datetime) -> ImagePart:
    taken = START + timedelta(hours=hand.randrange(HOURS)) if hand.random() < 0.6 else None
    facts = PictureFacts("PNG", 200, 100, f"{hand.getrandbits(64):016x}", f"{hand.getrandbits(64):016x}", taken=taken)
    nouns = hand.sample(NOUNS, hand.randint(0, 2))
    return ImagePart(
        padded_sequencer("1"),
        "indexed",
        uploaded=uploaded,
        facts=facts,
        words=Words(caption=f"A {' and a '.join(nouns)}.", tags=tuple(hand.sample(TAGS, 2))) if nouns else Words(),
        space_id=MANIFEST.space_id,
        descriptors={"semantic": Descriptor(_direction(hand)[np.newaxis])},
    )


def _direction(hand: random.Random) -> NDArray[np.float32]:
    vector = np.array([hand.gauss(0, 1) for _ in range(DIMENSION)], np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def library(tmp_path: Path) -> ChangingLibrary:
    return ChangingLibrary(SqliteIndex(tmp_path / "index.sqlite"), random.Random(20261122))


def ids(page: Page) -> list[str]:
    return [hit.record.image_id for hit in page.hits]


@pytest.mark.parametrize(
    "order", ORDERS, ids=lambda order: f"{order.by}-{'newest' if order.newest_first else 'oldest'}"
)
def test_browsing_by_date_shows_each_image_that_stays_once(library: ChangingLibrary, order: DateOrder) -> None:
    """Given 1,300 images, When 500 pages are turned while 125 images come and 125 go, Then none is missed or met twice.

    The four orders make 2,000 pages, 500 images that come and 500 that go. What comes behind the place that was
    reached is not seen any more; what comes ahead of it is.
    """
    stayed = set(library.add(1_300))
    ahead, behind, gone = set[str](), set[str](), set[str]()
    shown: list[tuple[datetime, str]] = []

    for number, page in enumerate(library.pages(Query(sort=order), longest=4), 1):
        places = [library.place(hit.record.image_id, order) for hit in page.hits]  # a KeyError: it had gone
        shown += places
        if number % 2:
            continue
        if number % 4:
            gone.add(library.remove_one())
            continue
        # Where the reader just is could go wrong: at that very moment, an hour before, an hour after; or anywhere.
        step = library.hand.choice([0, -1, 1, None])
        near = None if step is None else shown[-1][0] + timedelta(hours=step)
        [new] = library.add(1, uploaded=near)
        (ahead if _follows(library.place(new, order), shown[-1], order) else behind).add(new)

    assert number >= 500
    assert min(len(gone), len(ahead | behind)) >= 125
    assert min(len(ahead), len(behind)) >= 20
    found = {image_id for _, image_id in shown}
    assert len(found) == len(shown), "an image was shown twice"
    assert not (stayed | ahead) - gone - found, "an image that stayed was lost"
    assert not behind & found
    assert shown == sorted(shown, reverse=order.newest_first)


def _follows(place: tuple[datetime, str], reached: tuple[datetime, str], order: DateOrder) -> bool:
    return place < reached if order.newest_first else place > reached


def by_text(hand: random.Random) -> Query:
    return Query(text=" ".join(hand.sample(NOUNS, 4)))


def by_picture(hand: random.Random) -> Query:
    return Query(like=(Example({"semantic": Descriptor(_direction(hand)[np.newaxis])}),))


def by_both(hand: random.Random) -> Query:
    return replace(by_picture(hand), text=by_text(hand).text, filters=Filters(tags_none=("red",)))


SEARCHES = [
    pytest.param(make, changes, id=f"{make.__name__}-{'-'.join(changes) or 'plain'}-{round_}")
    for round_ in range(5)
    for make, changes in (
        (by_text, {}),
        (by_picture, {}),
        (by_both, {}),
        (by_both, {"fusion": "rrf"}),
        (by_both, {"explain": True}),
        (by_picture, {"collapse_duplicates": True}),
        (by_picture, {"diversity": 0.4}),
        (by_text, {"expand_visually": True}),
        (by_text, {"expand_visually": True, "collapse_duplicates": True, "diversity": 0.7}),
        (by_both, {"min_score": 0.2}),
    )
]


@pytest.mark.parametrize(("make", "changes"), SEARCHES)
def test_a_ranked_search_paged_to_its_depth_shows_what_the_first_ranking_held(
    library: ChangingLibrary,
    make: Callable[[random.Random], Query],
    changes: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    """Given a ranking, When it is paged while images come and go, Then it is shown as it was, less what went."""
    library.hand.seed(request.node.name)
    library.add(300)
    library.add_likenesses(40)
    query = replace(make(library.hand), **changes)
    whole = search(query, query.depth, index=library.index, manifest=MANIFEST, cursors=CURSORS)
    ranking = [hit.ranking for hit in whole.hits if hit.ranking]
    assert len(ranking) > 20
    assert whole.cursor is None

    shown: list[RankedHit] = []
    gone: set[str] = set()
    for page in library.pages(query, longest=8):
        assert page.counts.total == whole.counts.total
        shown += [hit.ranking for hit in page.hits if hit.ranking]
        waiting = [hit.image_id for hit in ranking[len(shown) :] if hit.image_id in library.living]
        removed = library.hand.choice(waiting or list(library.living))
        library.remove(removed)
        library.add(1)
        if removed not in {hit.image_id for hit in shown}:
            gone.add(removed)

    assert gone & {hit.image_id for hit in ranking}
    assert shown == [left for hit in ranking if (left := _less(hit, gone))]


def _less(hit: RankedHit, gone: set[str]) -> RankedHit | None:
    """Near-duplicates without those that went: the best of the others stands for them."""
    left = [image_id for image_id in (hit.image_id, *hit.duplicates) if image_id not in gone]
    return replace(hit, image_id=left[0], duplicates=tuple(left[1:])) if left else None
