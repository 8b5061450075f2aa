"""Generations on a real OpenSearch: made once whoever starts first, verified, switched at one stroke, dropped."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from image_indexes import an_image, ref

from imagesearch.adapters.opensearch import administration as generations
from imagesearch.adapters.opensearch.client import Connection, connect
from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.adapters.opensearch.mapping import SLOW_LOGS
from imagesearch.adapters.opensearch.shape import Shape
from imagesearch.errors import IndexMissing, IndexOutdated, InvalidRequest, ModelMismatch
from imagesearch.manifest import DescriptorSpec
from imagesearch.records import Write
from imagesearch.settings import IndexSettings

SEMANTIC = DescriptorSpec("semantic", 3, 0.3)
REGIONS = DescriptorSpec("regions", 2, 0.3, several=True)
SPACE = "0123456789ab"
OTHER_SPACE = "ba9876543210"


class Library:
    """Generations of a library that no other test has."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = f"administered-{secrets.token_hex(4)}"
        self.server: Connection = connect(url)

    def create(
        self,
        number: int = 1,
        *,
        space: str = SPACE,
        specs: tuple[DescriptorSpec, ...] = (SEMANTIC,),
        settings: IndexSettings | None = None,
    ) -> Shape:
        wanted = settings or IndexSettings()
        return generations.create(self.server, number, space, specs, wanted, library=self.name)

    def index(self, number: int) -> OpenSearchIndex:
        return OpenSearchIndex(connect(f"{self.url}/{generations.alias_name(number, library=self.name)}"))

    def current(self) -> int | None:
        return generations.current(self.server, library=self.name)

    def switch(self, number: int) -> None:
        generations.switch(self.server, number, library=self.name)

    def drop(self, number: int) -> None:
        generations.drop(self.server, number, library=self.name)

    def adjusted(self, shape: Shape) -> tuple[str, str]:
        """Replicas and pause between refreshes, as they are."""
        found = self.server.request("GET", f"/{shape.index}/_settings")[shape.index]["settings"]["index"]
        return found["number_of_replicas"], found["refresh_interval"]

    def listed(self) -> list[generations.Generation]:
        return generations.generations(self.server, library=self.name)


@pytest.fixture
def library(opensearch: str) -> Iterator[Library]:
    made = Library(opensearch)
    yield made
    made.server.request("DELETE", f"/{made.name}-*", seconds=60)


def test_many_may_create_a_generation_at_once(library: Library) -> None:
    """Given eight functions that start together; then there is one index, and all eight know it."""
    with ThreadPoolExecutor(8) as pool:
        shapes = list(pool.map(lambda _: library.create(), range(8)))
    assert len(set(shapes)) == 1
    assert [each.index for each in library.listed()] == [f"{library.name}-{SPACE}-1"]
    assert library.index(1).space_id() == SPACE


def test_the_first_generation_becomes_the_current_one_and_later_ones_do_not(library: Library) -> None:
    library.create(1)
    library.create(2, space=OTHER_SPACE)
    assert [(each.number, each.current) for each in library.listed()] == [(1, True), (2, False)]


def test_of_generations_made_first_at_once_one_becomes_the_current_one(library: Library) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(library.create, [1, 2, 3, 4]))
    assert sum(each.current for each in library.listed()) == 1


def test_the_list_tells_what_each_generation_is(library: Library) -> None:
    shape = library.create(3, specs=(SEMANTIC, REGIONS))
    library.index(3).write([Write(ref(name), an_image(1, space_id=SPACE)) for name in "ab"], visible=True)
    (one,) = library.listed()
    assert (one.number, one.index, one.space_id, one.schema, one.created) == (
        *(3, f"{library.name}-{SPACE}-3", SPACE, shape.schema, shape.created),
    )
    assert (one.documents, one.health, one.current) == (2, "green", True)
    assert one.bytes > 0
    assert (set(shape.single), set(shape.several)) == ({"semantic"}, {"regions"})


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        (IndexSettings(shards=2), "shards: 1, not 2"),
        (IndexSettings(m=24), "semantic.m: 16, not 24"),
        (IndexSettings(ef_construction=64), "semantic.ef_construction: 128, not 64"),
        (IndexSettings(quantization="sq"), "semantic.quantization: none, not sq"),
    ],
)
def test_a_generation_that_was_made_with_other_settings_says_which(
    library: Library, settings: IndexSettings, what: str
) -> None:
    library.create()
    with pytest.raises(IndexOutdated, match=f"{what}.*make a new generation"):
        library.create(settings=settings)


def test_every_setting_is_known_again(library: Library) -> None:
    settings = IndexSettings(shards=2, m=24, ef_construction=64, quantization="sq", refresh_seconds=5)
    shape = library.create(specs=(SEMANTIC, REGIONS), settings=settings)
    assert library.create(specs=(SEMANTIC, REGIONS), settings=settings) == shape


def test_an_index_made_without_it_is_told_to_log_what_is_slow(library: Library) -> None:
    """OpenSearch by itself logs nothing; and nobody's words are to be in a log of writes."""
    shape = library.create()
    library.server.request("PUT", f"/{shape.index}/_settings", {"index": dict.fromkeys(SLOW_LOGS)})
    library.create()
    ((_, found),) = library.server.request("GET", f"/{shape.index}/_settings", params={"flat_settings": "true"}).items()
    assert {what: found["settings"][f"index.{what}"] for what in SLOW_LOGS} == SLOW_LOGS


def test_replicas_and_refreshing_can_be_changed_of_a_living_index(library: Library) -> None:
    """Given settings that differ, or were changed by hand; when it is created again; then the settings are in force."""
    shape = library.create()
    assert library.create(settings=IndexSettings(replicas=1, refresh_seconds=30)) == shape
    assert library.adjusted(shape) == ("1", "30s")
    library.server.request("PUT", f"/{shape.index}/_settings", {"index": {"refresh_interval": None}})
    assert library.create() == shape
    assert library.adjusted(shape) == ("0", "1s")


@pytest.mark.parametrize("specs", [(DescriptorSpec("semantic", 4, 0.3),), (SEMANTIC, REGIONS)])
def test_a_generation_for_other_descriptors_is_no_match(library: Library, specs: tuple[DescriptorSpec, ...]) -> None:
    library.create()
    with pytest.raises(IndexOutdated):
        library.create(specs=specs)


def test_a_number_that_another_model_has_is_taken(library: Library) -> None:
    library.create(1)
    with pytest.raises(ModelMismatch, match=f"of another model than {OTHER_SPACE}"):
        library.create(1, space=OTHER_SPACE)
    assert len(library.listed()) == 1


def test_of_two_models_that_take_a_number_at_once_one_comes_too_late(library: Library) -> None:
    """Given deployments of two models that each saw the number free; then one has it, and the other leaves nothing."""
    meeting = threading.Barrier(2, timeout=60)

    class Meeting(Connection):
        """Asks for a new index only when the other one does."""

        def request(self, method: str, path: str, *arguments: Any, **options: Any) -> Any:
            if method == "PUT" and path.startswith(f"/{library.name}-"):
                meeting.wait()
            return super().request(method, path, *arguments, **options)

    library.server = Meeting(library.server.client, library.server.alias)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(library.create, 1, space=space) for space in (SPACE, OTHER_SPACE)]
    (error,) = [each.exception() for each in both if each.exception()]
    assert isinstance(error, ModelMismatch)
    (winner,) = [each.result() for each in both if not each.exception()]
    assert [each.index for each in library.listed()] == [winner.index]
    assert library.index(1).space_id() == winner.space_id


def test_a_generation_that_lost_its_alias_gets_it_back(library: Library) -> None:
    shape = library.create()
    alias = generations.alias_name(1, library=library.name)
    library.server.request("DELETE", f"/{shape.index}/_alias/{alias}")
    assert library.create() == shape


def test_verifying_says_what_is_missing(library: Library) -> None:
    with pytest.raises(IndexMissing, match="no generation 7"):
        generations.verify_shape(library.server, 7, SPACE, [SEMANTIC], IndexSettings(), library=library.name)


def test_switching_back_and_forth_is_never_seen_half_done(library: Library) -> None:
    """Given searches through the alias of the current generation; then each finds all of one, never none or both."""
    for number in (1, 2):
        library.create(number)
        library.index(number).write([Write(ref(f"of {number}"), an_image(1, space_id=SPACE))], visible=True)
    done, seen = threading.Event(), set[tuple[str, ...]]()
    people = connect(f"{library.url}/{library.name}")

    def search() -> None:
        while not done.is_set():
            seen.add(tuple(hit["_source"]["key"] for hit in people.search({"_source": ["key"]})["hits"]["hits"]))

    with ThreadPoolExecutor(1) as pool:
        searching = pool.submit(search)
        for number in [2, 1] * 10:
            library.switch(number)
            assert library.current() == number
        done.set()
        searching.result()
    assert seen == {("of 1.png",), ("of 2.png",)}


def test_the_current_generation_can_not_be_dropped_and_others_can(library: Library) -> None:
    library.create(1)
    library.create(2)
    with pytest.raises(InvalidRequest, match="switch to another first"):
        library.drop(1)
    library.switch(2)
    library.drop(1)
    assert [each.number for each in library.listed()] == [2]


@pytest.mark.parametrize("what", ["switch", "drop"])
def test_what_is_not_there_is_named(library: Library, what: str) -> None:
    with pytest.raises(IndexMissing, match="no generation 9"):
        {"switch": library.switch, "drop": library.drop}[what](9)
    assert library.current() is None
