"""`backfill_images` on a real library: what was in the bucket before anybody listened."""

from __future__ import annotations

import json
import secrets
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from faulty_proxy import FaultyProxy, faulty_proxy, held_until

from backfill_images import handler as function
from backfill_images.handler import BatchFailed
from imagesearch import backfilling, bootstrap
from imagesearch.adapters.opensearch import administration
from imagesearch.adapters.opensearch.client import connect
from imagesearch.settings import IndexSettings
from imagesearch_local.cloud.resources import IMAGES
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.conftest import Library

FROG, TOAD = "animals/amphibians/frog.png", "holiday photos/a b+c.png"
PHOTOGRAPH = "coffee.png"


@pytest.fixture
def frogs(bare_library: Library, photographs: Path, tmp_path: Path) -> Iterator[Library]:
    """What the sample event lists, but for what is gone by now; and an empty index."""
    for key in (FROG, TOAD):
        bare_library.put(key, photographs / PHOTOGRAPH, caption="A frog.")
    bare_library.s3.put_object(Bucket=IMAGES, Key=f"{FROG}.json", Body=b'{"caption": "A tree frog."}')
    with bare_library.restarted(IMAGESEARCH_INDEX_URL=f"sqlite:///{tmp_path / 'index.sqlite'}"):
        yield bare_library


def backfill(event: dict[str, Any], seconds: float = 300) -> dict[str, Any]:
    answer = function.handler(event, LambdaContext("backfill_images", seconds))  # type: ignore[arg-type]  # all that is used of it
    result: dict[str, Any] = json.loads(json.dumps(answer))
    return result


def told(capsys: pytest.CaptureFixture[str], metric: str) -> list[float]:
    """The values of a metric, since it was last asked for."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [value for line in lines if "_aws" in line for value in line.get(metric, [])]


def sample() -> dict[str, Any]:
    event: dict[str, Any] = json.loads((CHECKOUT / "events" / "backfill_batch.json").read_bytes())
    return event


def batch(library: Library) -> dict[str, Any]:
    """As the map lists what is in the bucket now."""
    listed = library.s3.list_objects_v2(Bucket=IMAGES).get("Contents", [])
    items = [{"Key": item["Key"], "Etag": item["ETag"]} for item in listed]
    return {"Items": items, "BatchInput": {"bucket": IMAGES}}


def test_the_sample_batch_is_indexed(frogs: Library) -> None:
    """Given a frog, the words beside it, another picture and one that is gone since it was listed."""
    assert backfill(sample()) == {"results": {"indexed": 2, "words": 1, "unchanged": 1}}
    assert frogs.api.keys(text="tree") == [FROG]
    assert frogs.api.keys(text="frog") == [FROG, TOAD]


def test_a_batch_may_run_again(frogs: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """... and then reads nothing of what the listing says is as it was."""
    backfill(batch(frogs))
    store = type(bootstrap.image_store())
    monkeypatch.setattr(store, "get", lambda *_, **__: pytest.fail("it was read"))
    assert backfill(batch(frogs)) == {"results": {"unchanged": 3}}


def test_what_failed_is_raised_once_the_others_are_done(frogs: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a bucket that does not give one of the objects; then the others are indexed, and the map must try again."""
    store = type(bootstrap.image_store())
    get = store.get

    def refusing(self: Any, key: str, *, max_bytes: int) -> Any:
        from imagesearch.errors import StoreUnavailable

        if key == TOAD:
            raise StoreUnavailable
        return get(self, key, max_bytes=max_bytes)

    with monkeypatch.context() as patch:
        patch.setattr(store, "get", refusing)
        with pytest.raises(BatchFailed, match=r"^1 of 3 images failed, the first one by store-unavailable: "):
            backfill(batch(frogs))
    assert frogs.api.keys(text="frog") == [FROG]
    assert backfill(batch(frogs)) == {"results": {"indexed": 1, "unchanged": 2}}


def test_a_batch_that_runs_out_of_time_keeps_what_is_done(frogs: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given so little time that no picture is begun; then the batch fails, and goes on where it has some."""
    with pytest.raises(BatchFailed, match="no time left for 3 of 3 images: make the batches smaller"):
        backfill(batch(frogs), seconds=function.RESERVE.total_seconds())
    assert backfill(batch(frogs))["results"]["indexed"] == 2


def test_many_are_written_a_few_at_a_time(
    frogs: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Given groups of one, and time to begin no more than the first; then that one is kept, and the rest is left."""
    monkeypatch.setattr(function, "AT_A_TIME", 1)

    def slow(keys: list[str], **options: Any) -> list[Any]:
        """Takes all the time that there is to begin another one."""
        outcomes = backfilling.backfill(keys, **options)
        monkeypatch.setattr(function, "RESERVE", timedelta(seconds=3600))
        return outcomes

    monkeypatch.setattr(function, "backfill", slow)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "imagesearch")
    with pytest.raises(BatchFailed, match="no time left for 2 of 3 images: make the batches smaller"):
        backfill(batch(frogs))
    assert frogs.api.keys(text="frog") == [FROG]
    assert told(capsys, "Failed") == [2]


def test_a_batch_of_another_bucket_fails(frogs: Library) -> None:
    with pytest.raises(BatchFailed, match=r"^invalid-request: BatchInput\.bucket"):
        backfill({"Items": [], "BatchInput": {"bucket": "others"}})


def test_without_a_model_the_batch_fails(frogs: Library, tmp_path: Path) -> None:
    with frogs.restarted(IMAGESEARCH_MODEL_DIR=str(tmp_path)), pytest.raises(BatchFailed, match=r"^model-missing: "):
        backfill(sample())


def test_a_batch_that_can_not_even_begin_has_failed_as_a_whole(
    frogs: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """... as the metric tells; what is no batch counts as one."""
    with frogs.restarted(IMAGESEARCH_MODEL_DIR=str(tmp_path), POWERTOOLS_METRICS_NAMESPACE="imagesearch"):
        for event, failed in ((batch(frogs), 3), ({"Items": "none"}, 1)):
            with pytest.raises(BatchFailed):
                backfill(event)
            assert told(capsys, "Failed") == [failed]


@pytest.fixture
def hanging(frogs: Library, opensearch: str) -> Iterator[FaultyProxy]:
    """An OpenSearch with a generation of ours, that can be made to hold requests back; and the functions on it."""
    server, library = connect(opensearch), f"test{secrets.token_hex(4)}"
    backfill(batch(frogs))  # so that all that takes long is kept
    manifest = bootstrap.manifest()
    administration.create(server, 1, manifest.space_id, manifest.descriptors, IndexSettings(), library=library)
    variables = {"IMAGESEARCH_INDEX_SECONDS": "60", "POWERTOOLS_METRICS_NAMESPACE": "imagesearch"}
    with (
        faulty_proxy(opensearch) as proxy,
        frogs.restarted(IMAGESEARCH_INDEX_URL=f"{proxy.url}/{library}-g1", **variables),
    ):
        yield proxy
    server.request("DELETE", f"/{administration.physical_name(1, manifest.space_id, library=library)}")


@pytest.mark.parametrize("path", ["_bulk", "_mapping"])
def test_an_index_that_never_answers_is_given_up_before_the_function_is(
    frogs: Library,
    hanging: FaultyProxy,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Given one that takes writes, or is asked what it is, and hangs; then there is time left to say what failed."""
    monkeypatch.setattr(function, "RESERVE", function.ANSWER_RESERVE)
    event, context = batch(frogs), LambdaContext("backfill_images", function.ANSWER_RESERVE.total_seconds() + 10)
    mended = threading.Event()
    hanging.always(path, held_until(mended))
    try:
        with pytest.raises(BatchFailed, match="index-unavailable: "):
            function.handler(event, context)  # type: ignore[arg-type]  # all that is used of it
        assert context.get_remaining_time_in_millis() > 0
    finally:
        mended.set()
    assert hanging.count(path)
    assert told(capsys, "Failed") == [3]
