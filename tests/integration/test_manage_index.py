"""`manage_index` on a real OpenSearch: the life of generations, through its handler and its sample events."""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import patiently
import pytest
from cloudformation import Answers, taking_answers
from fakes import MemoryStore
from PIL import Image

from imagesearch import bootstrap
from imagesearch.backfilling import backfill
from imagesearch.records import image_id
from imagesearch_local.cloud.resources import DERIVED, IMAGES
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext

if TYPE_CHECKING:
    from tests.integration.conftest import Library

COLOURS = ("red", "green", "blue")


def sample(action: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((CHECKOUT / "events" / f"manage_{action}.json").read_bytes())
    return event


def manage(action: str, generation: int | None = None) -> dict[str, Any]:
    """The sample event, of another generation where one is given, through the handler; all as JSON."""
    from manage_index.handler import handler

    event = sample(action) | ({"generation": generation} if generation else {})
    answer = handler(event, LambdaContext("manage_index", 60))  # type: ignore[arg-type]  # all that is used of it
    result: dict[str, Any] = json.loads(json.dumps(answer))
    return result


@contextmanager
def failing(code: str) -> Iterator[None]:
    """What the block asks for fails with this code."""
    from manage_index.handler import ActionFailed

    with pytest.raises(ActionFailed, match=f"^{code}: "):
        yield


@dataclass(frozen=True)
class Cluster:
    """Generations of a library of our own on the server, and the functions of each."""

    url: str
    name: str
    library: Library

    @contextmanager
    def functions_of(self, generation: int) -> Iterator[None]:
        """The environment of a generation's functions."""
        with self.library.restarted(IMAGESEARCH_INDEX_URL=f"{self.url}/{self.name}-g{generation}"):
            yield

    def standing(self) -> set[str]:
        """Physical indexes."""
        return set(patiently.get(f"{self.url}/{self.name}-*/_settings").json())

    def behind(self, alias: str) -> set[str]:
        return set(patiently.get(f"{self.url}/_alias/{alias}").json())


@pytest.fixture
def cluster(opensearch: str, bare_library: Library) -> Iterator[Cluster]:
    for number, colour in enumerate(COLOURS):
        bare_library.put(f"{colour}.png", a_picture(colour, number), caption=f"A {colour} thing", tags=(colour,))
    made = Cluster(opensearch, f"test{secrets.token_hex(4)}", bare_library)
    yield made
    for index in made.standing():
        patiently.delete(f"{opensearch}/{index}").raise_for_status()


def a_picture(colour: str, number: int) -> bytes:
    picture = Image.new("RGB", (96, 64), colour)
    picture.paste("white", (10 * number, 10, 10 * number + 20, 40))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def fill() -> None:
    """Backfill what is in the bucket into the generation whose functions these are."""
    keys = [f"{colour}.png" for colour in COLOURS]
    outcomes = backfill(keys, indexer=bootstrap.indexer(), bucket=IMAGES)
    assert [outcome.result for outcome in outcomes] == ["indexed"] * 3
    bootstrap.index().write([], visible=True)
    refresh()


def refresh() -> None:
    """Let searches see what was written."""
    connection = bootstrap.opensearch()
    connection.request("POST", f"/{connection.alias}/_refresh")


class TestTheLifeOfGenerations:
    def test_from_the_first_to_the_last(self, cluster: Cluster) -> None:
        """Given a library; when a second generation is made, filled, verified and switched to; then rolled back to the
        first, and forth; then the first can be dropped, and all that is left is the second.
        """  # noqa: D205
        with cluster.functions_of(1):
            assert manage("create", 1)["generation"]["current"]
            fill()
        with cluster.functions_of(2):
            assert not manage("create")["generation"]["current"]
            assert not manage("verify")["agrees"]
            fill()
            verified = manage("verify")
            assert (verified["old"], verified["new"], verified["agrees"]) == (1, 2, True)
            assert verified["complete"]
            assert verified["states"] == {"indexed": {"old": 3, "new": 3}}

            found = manage("status")
            assert found["current"] == 1
            assert [(each["number"], each["states"]) for each in found["generations"]] == [
                (number, {"indexed": 3}) for number in (1, 2)
            ]

            with failing("invalid-request"):
                manage("drop", 1)  # the current one
            assert manage("switch") == {"current": 2, "before": 1}
            assert manage("rollback") == {"current": 1, "before": 2}
            assert manage("rollback") == {"current": 2, "before": 1}
            assert cluster.behind(cluster.name) == cluster.behind(f"{cluster.name}-g2")

            # Both are of one model, whose descriptors the second one still needs.
            assert manage("drop", 1) == {"dropped": 1, "forgotten": 0}
            assert cluster.standing() == cluster.behind(f"{cluster.name}-g2")
            with failing("invalid-request"):
                manage("rollback")
            assert manage("status")["current"] == 2

    def test_the_last_one_of_a_model_takes_its_descriptors_with_it(self, cluster: Cluster) -> None:
        """Given a generation of another model beside ours; when it is dropped; then what was kept of its model goes."""
        from imagesearch.adapters.opensearch import administration
        from imagesearch.manifest import DescriptorSpec
        from imagesearch.settings import IndexSettings

        with cluster.functions_of(1):
            manage("create", 1)
            other = [DescriptorSpec("semantic", 8, 0.4)]
            administration.create(bootstrap.opensearch(), 2, "other", other, IndexSettings(), library=cluster.name)
            store = bootstrap.derived_store()
            for name in ("a", "b"):
                store.put(f"other/{name}", b"kept", content_type="x")
            fill()
            ours = set(cluster.library.objects(DERIVED)) - {"other/a", "other/b"}
            assert manage("drop") == {"dropped": 2, "forgotten": 2}
            assert set(cluster.library.objects(DERIVED)) == ours

    def test_a_drop_that_was_cut_off_goes_on(self, cluster: Cluster) -> None:
        """Given a store that fails in the middle of a drop; when dropped again; then nothing of that model is left."""
        from imagesearch.adapters.opensearch import administration
        from imagesearch.manifest import DescriptorSpec
        from imagesearch.settings import IndexSettings

        with cluster.functions_of(1):
            manage("create", 1)
            other = [DescriptorSpec("semantic", 8, 0.4)]
            administration.create(bootstrap.opensearch(), 2, "other", other, IndexSettings(), library=cluster.name)
            bootstrap.derived_store().put("other/a", b"kept", content_type="x")
            with pytest.MonkeyPatch.context() as broken, failing("store-unavailable"):
                broken.setattr(bootstrap, "derived_store", lambda: MemoryStore(refuse={"listing"}))
                manage("drop", 2)
            assert manage("drop", 2) == {"dropped": 2, "forgotten": 1}
            assert cluster.library.objects(DERIVED, "other/") == []
            with failing("index-missing"):
                manage("drop", 2)

    def test_what_is_kept_for_the_current_generation_outlives_an_attempt_to_drop_it(self, cluster: Cluster) -> None:
        with cluster.functions_of(1):
            manage("create", 1)
            fill()
            kept = set(cluster.library.objects(DERIVED))
            with failing("invalid-request"):
                manage("drop", 1)
            assert set(cluster.library.objects(DERIVED)) == kept

    def test_a_generation_of_another_version_hides_nothing_of_the_others(self, cluster: Cluster) -> None:
        """Given one whose schema is another and that lacks its fields; when asked for all; then its row says so."""
        with cluster.functions_of(1):
            manage("create", 1)
            mappings = {"_meta": {"space_id": "other", "schema": 0}}
            aliases: dict[str, Any] = {f"{cluster.name}-g2": {}}
            older = {"mappings": mappings, "aliases": aliases}
            patiently.put(f"{cluster.url}/{cluster.name}-other-2", json=older).raise_for_status()
            current, outdated = manage("status")["generations"]
        assert current["states"] == {}
        assert (outdated["number"], outdated["schema"]) == (2, 0)
        assert outdated["error"].startswith("index-outdated: ")

    def test_several_that_create_at_once_make_one(self, cluster: Cluster) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with cluster.functions_of(1), ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: manage("create", 1), range(4)))
            assert {answer["generation"]["index"] for answer in answers} == cluster.standing()
            assert len(cluster.standing()) == 1


class TestASweep:
    def test_spares_all_that_any_generation_needs(
        self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch, bare_library: Library
    ) -> None:
        """Given two generations of which one is empty; when all is old enough; then only what is of no image goes."""
        from datetime import timedelta

        import manage_index.actions

        with cluster.functions_of(1):
            manage("create", 1)
            fill()
        with cluster.functions_of(2):
            manage("create", 2)
            store = bootstrap.derived_store()
            space = bootstrap.manifest().space_id
            for key in (f"{space}/{'ab' * 32}", f"thumbnails/{image_id(IMAGES, 'gone.png')}/0-abababababab.webp"):
                store.put(key, b"needless", content_type="x")
            needed = set(bare_library.objects(DERIVED))
            assert manage("sweep") == {"swept": 0, "after": None}  # too young to be judged
            monkeypatch.setattr(manage_index.actions, "KEPT", timedelta(days=-1))
            swept = manage("sweep")["swept"]
            left = set(bare_library.objects(DERIVED))
            assert swept == len(needed - left) >= 2
        with cluster.functions_of(1):
            records = [record for record in bootstrap.index().listing() if record.image]
            assert {record.image.thumbnail for record in records if record.image} <= left
            assert {f"{space}/{record.image.sha256}" for record in records if record.image} <= left


class TestErrors:
    @pytest.mark.parametrize("action", ["verify", "switch", "drop"])
    def test_a_generation_that_is_not_there_is_told(self, cluster: Cluster, action: str) -> None:
        with cluster.functions_of(1):
            manage("create", 1)
            with failing("index-missing"):
                manage(action)

    def test_a_generation_of_another_model_is_told(self, cluster: Cluster) -> None:
        from imagesearch.adapters.opensearch import administration
        from imagesearch.manifest import DescriptorSpec
        from imagesearch.settings import IndexSettings

        with cluster.functions_of(1):
            other = [DescriptorSpec("semantic", 8, 0.4)]
            administration.create(bootstrap.opensearch(), 1, "other", other, IndexSettings(), library=cluster.name)
            with failing("model-mismatch"):
                manage("create", 1)

    def test_other_settings_than_it_was_made_with_are_told(
        self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with cluster.functions_of(1):
            manage("create", 1)
            monkeypatch.setenv("IMAGESEARCH_INDEX_SHARDS", "2")
            with failing("index-outdated"):
                manage("create", 1)

    def test_a_server_out_of_reach_is_told_without_its_name(self, bare_library: Library) -> None:
        from manage_index.handler import ActionFailed

        with (
            bare_library.restarted(IMAGESEARCH_INDEX_URL="http://user:secret@127.0.0.1:9/images-g1"),
            pytest.raises(ActionFailed, match=r"^index-unavailable: ") as caught,
        ):
            manage("status")
        assert "127.0.0.1" not in str(caught.value)


class TestCloudFormation:
    """A generation as a custom resource, on a real cluster; how answers are given is in the unit tests."""

    @pytest.fixture
    def answers(self) -> Iterator[Answers]:
        with taking_answers() as taken:
            yield taken

    def test_a_stack_makes_a_generation_changes_it_and_leaves_it(self, cluster: Cluster, answers: Answers) -> None:
        """Given the sample events, as a stack is deployed, changed and deleted; then each succeeds, the data stays."""
        from manage_index.handler import handler

        with cluster.functions_of(1):
            for kind in ("create", "create", "update", "delete"):  # Lambda may deliver an event more than once
                handler(answers.event(kind), LambdaContext("manage_index", 120))  # type: ignore[arg-type]  # all that is used of it
            assert manage("status")["current"] == 1

        taken = [json.loads(body) for body in answers.bodies]
        assert [(each["Status"], each["Reason"]) for each in taken] == [("SUCCESS", "")] * 4
        assert {each["PhysicalResourceId"] for each in taken} == {"imagesearch-generation-1"}
        assert cluster.standing() == cluster.behind(f"{cluster.name}-g1")

    def test_settings_that_can_not_be_changed_fail_the_deployment(
        self, cluster: Cluster, answers: Answers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from manage_index.handler import handler

        with cluster.functions_of(1):
            manage("create", 1)
            monkeypatch.setenv("IMAGESEARCH_INDEX_SHARDS", "2")
            handler(answers.event("update"), LambdaContext("manage_index", 120))  # type: ignore[arg-type]  # all that is used of it
        assert answers.only()["Status"] == "FAILED"
        assert answers.only()["Reason"].startswith("index-outdated: ")

    def test_a_cluster_that_is_not_ready_yet_is_waited_for(
        self, cluster: Cluster, answers: Answers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Given a cluster that refuses us at first, as one whose access policy has not arrived everywhere."""
        from imagesearch.adapters.opensearch.client import Connection
        from imagesearch.adapters.opensearch.failures import CredentialsRefused
        from manage_index import custom_resource
        from manage_index.handler import handler

        monkeypatch.setattr(custom_resource, "FIRST_PAUSE_SECONDS", 0.01)
        request, refusals = Connection.request, iter([CredentialsRefused() for _ in range(3)])

        def refusing_at_first(*args: Any, **kwargs: Any) -> Any:
            if refusal := next(refusals, None):
                raise refusal
            return request(*args, **kwargs)

        monkeypatch.setattr(Connection, "request", refusing_at_first)
        with cluster.functions_of(1):
            handler(answers.event("create"), LambdaContext("manage_index", 120))  # type: ignore[arg-type]  # all that is used of it
        assert answers.only()["Status"] == "SUCCESS"
        assert next(refusals, None) is None


def test_every_action_has_a_sample() -> None:
    from typing import get_args

    from manage_index.events import Action, event_of

    assert {event_of(sample(action)).action for action in get_args(Action)} == set(get_args(Action))
    assert len(list((CHECKOUT / "events").glob("manage_*.json"))) == len(get_args(Action))
