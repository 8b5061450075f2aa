"""The model changes while uploads, edits, removals and searches go on: nothing fails, and nothing is lost."""

from __future__ import annotations

import base64
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import numpy as np
import patiently
import pytest
from colour_model import export_colours
from local_stack import imagesearch
from opensearch_server import PrivateOpenSearch
from patience import until
from PIL import Image
from process_tree import command_line, descendants

from imagesearch.errors import StoreUnavailable
from imagesearch_local.cli import main
from imagesearch_local.cloud.resources import DERIVED, IMAGES, queue_depth
from imagesearch_local.functions.process import Function, FunctionClosed
from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.gateway.serving import LoopbackServer, serving
from imagesearch_local.generations import ledger, library, models
from imagesearch_local.generations import serving as generation_serving
from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.generations.indexes import indexes_at
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.reconcile import known_etags, missed, present
from imagesearch_local.stack import Stack, running_stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WORDS = ("scarlet", "meadow", "harbour", "copper", "winter")
OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "5"))
"""Before the server is started again, which takes ten more. The full length, 120, would cost every run minutes."""
Index = str | None
"""URL of a server; None for the embedded index."""


def painted(seed: int) -> bytes:
    """A small picture like no other."""
    chance = np.random.default_rng(seed)
    patches = chance.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize((96, 64), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


@dataclass
class Running:
    """What `up` runs, with its folder."""

    stack: Stack
    data: Path
    api: str
    index: Index

    @property
    def s3(self) -> S3Client:
        return self.stack.cloud.s3()

    def put(self, key: str, seed: int, caption: str) -> None:
        self.s3.put_object(Bucket=IMAGES, Key=key, Body=painted(seed), Metadata={"caption": caption})

    def search(self, **query: Any) -> list[str]:
        answer = httpx.post(f"{self.api}/search", json=query, timeout=60)
        assert answer.status_code == 200, answer.text
        return [hit["key"] for hit in answer.json()["hits"]]

    def by_picture(self, seed: int) -> list[str]:
        return self.search(image=base64.b64encode(painted(seed)).decode())

    def command(self, *arguments: object) -> Any:
        code, printed, errors = self.tried(*arguments)
        assert code == 0, errors
        return json.loads(printed)

    def tried(self, *arguments: object) -> tuple[int, str, str]:
        """`imagesearch index ...`: exit code, output and errors. In this process, which saves starting one."""
        with redirect_stdout(io.StringIO()) as printed, redirect_stderr(io.StringIO()) as errors:
            try:
                main(["index", *map(str, arguments), "--data", str(self.data), "--json"])
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return code, printed.getvalue(), errors.getvalue()

    def settle(self) -> None:
        """Until all generations have handled all events."""
        until(lambda: not any(row["pending"] for row in self.stack.library.listed()))

    def differences(self, number: int) -> list[tuple[str, str]]:
        """Between the bucket and the index of a generation."""
        indexes = indexes_at(self.data, self.index)
        manifest = models.manifest_of(models.folder(indexes.home, number))
        return missed(present(self.s3, IMAGES), known_etags(indexes.create(number, manifest), IMAGES))


@contextmanager
def running(data: Path, index: Index = None) -> Iterator[Running]:
    data.mkdir(parents=True, exist_ok=True)
    with (data / "functions.log").open("a") as log, running_stack(data, log, index_server=index) as stack:
        gateway = Gateway(stack.search, stack.search_context, CHECKOUT / "web", dict, stack.cloud.endpoint)
        with serving(LoopbackServer(0), gateway) as server:
            yield Running(stack, data, f"http://127.0.0.1:{server.port}/api", index)


@pytest.fixture
def colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of 12 numbers, which new data folders begin with."""
    monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", str(tmp_path / "first"))
    export_colours(tmp_path / "first", 2)
    return tmp_path / "first"


@pytest.fixture
def finer(tmp_path: Path) -> Path:
    """A model of 48 numbers."""
    export_colours(tmp_path / "finer", 4)
    return tmp_path / "finer"


def library_on(server: str) -> str:
    return f"{server}/test{uuid4().hex[:10]}"


@dataclass
class Traffic:
    """People who upload, overwrite, edit, remove and search, all at once, until told to stop."""

    running: Running
    failures: list[str] = field(default_factory=list)
    searches: int = 0
    changes: int = 0
    uploads: int = 0
    """... of which each is an event, unlike the removal of what is not there."""
    writing: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        chance = random.Random(1)
        s3 = self.running.s3
        while not self.writing.wait(0.05):
            number = chance.randrange(60)
            key = f"live/{number:02}.png"
            match chance.choice(("put", "put", "words", "remove", "remove words")):
                case "put":
                    self.running.put(key, chance.randrange(1000), f"{chance.choice(WORDS)} {number}")
                    self.uploads += 1
                case "words":
                    words = {"caption": f"{chance.choice(WORDS)} edited {self.changes}"}
                    s3.put_object(Bucket=IMAGES, Key=f"{key}.json", Body=json.dumps(words).encode())
                case "remove":
                    s3.delete_object(Bucket=IMAGES, Key=key)
                case "remove words":
                    s3.delete_object(Bucket=IMAGES, Key=f"{key}.json")
            self.changes += 1

    def search(self, query: Callable[[], Any]) -> None:
        while not self.stopping.wait(0.05):
            try:
                query()
            except (AssertionError, httpx.HTTPError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            self.searches += 1

    def goes_on(self) -> None:
        """Until several searches have begun and ended since."""
        before = self.searches
        until(lambda: self.searches >= before + 10)


@contextmanager
def traffic(server: Running) -> Iterator[Traffic]:
    def text() -> None:
        assert "still/scarlet.png" in server.search(text="scarlet", limit=100)

    def picture() -> None:
        assert server.by_picture(5000)[0] == "still/scarlet.png"

    busy = Traffic(server)
    work = (busy.write, lambda: busy.search(text), lambda: busy.search(picture))
    threads = [threading.Thread(target=each) for each in work]
    for thread in threads:
        thread.start()
    try:
        yield busy
    finally:
        busy.writing.set()
        busy.stopping.set()
        for thread in threads:
            thread.join()


def fill(server: Running, pictures: int) -> None:
    server.put("still/scarlet.png", 5000, "A scarlet thing that stays.")
    for number in range(pictures):
        server.put(f"still/{number:03}.png", 6000 + number, f"{WORDS[number % len(WORDS)]} {number}")
    server.settle()


def change_the_model(server: Running, model: Path, pictures: int) -> Traffic:
    """Second generation, backfill (stopped once), switch, back, switch again, and the first one dropped."""
    fill(server, pictures)
    with traffic(server) as busy:
        assert server.command("add", "--model", model) == {"generation": 2}
        stop_a_backfill(server)
        assert server.command("backfill", 2)["failed"] == {}
        server.command("switch", 2, "--yes")
        assert [row["current"] for row in server.stack.library.listed()] == [False, True]
        busy.goes_on()
        assert server.command("rollback") == {"current": 1}
        busy.goes_on()
        server.command("switch", 2, "--yes")
        busy.goes_on()

        busy.writing.set()
        server.settle()
        assert server.differences(1) == []
        assert server.differences(2) == []
        assert server.command("verify", 1)["agrees"]
        server.command("drop", 1, "--yes")
        busy.goes_on()
    assert busy.failures == []
    assert [row["number"] for row in server.stack.library.listed()] == [2]
    assert server.stack.manifest().name == "colours-4x4"
    return busy


def stop_a_backfill(server: Running) -> None:
    """As with Ctrl-C, whenever it comes."""
    command = [sys.executable, "-m", "imagesearch_local.cli", "index", "backfill", "2", "--data", str(server.data)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert process.stderr.readline() == "Backfilling ...\n"
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert "Traceback" not in told
    # By the signal itself where all was done, and Python on its way out.
    assert process.returncode in (0, 130, -signal.SIGINT)


def test_the_model_changes_under_traffic_on_the_embedded_index(tmp_path: Path, colours: Path, finer: Path) -> None:
    with running(tmp_path / "data") as server:
        busy = change_the_model(server, finer, pictures=100)
        assert busy.searches > 20
        assert busy.changes > 20
        kept = server.s3.list_objects_v2(Bucket="imagesearch-derived")["Contents"]
        assert not [item["Key"] for item in kept if item["Key"].startswith("colours12/")]
    assert not (tmp_path / "data" / "index.sqlite").exists()


def test_the_model_changes_under_traffic_on_opensearch(
    tmp_path: Path, opensearch: str, model: Path, finer: Path
) -> None:
    """From VGG16's 512 numbers to 48."""
    index = library_on(opensearch)
    with running(tmp_path / "data", index) as server:
        busy = change_the_model(server, finer, pictures=60)
        assert busy.searches > 20
        assert busy.changes > 20
        _, _, library = index.rpartition("/")
        aliases = patiently.get(f"{opensearch}/_alias").json()
        ours = {name: set(each["aliases"]) for name, each in aliases.items() if name.startswith(library)}
        assert ours == {f"{library}-colours48-2": {library, f"{library}-g2"}}
    patiently.delete(f"{opensearch}/{library}-colours48-2")


def test_a_restart_goes_on_with_two_generations_and_half_a_backfill(tmp_path: Path, colours: Path, finer: Path) -> None:
    data = tmp_path / "data"
    with running(data) as server:
        fill(server, 5)
        server.command("add", "--model", finer)
        # Of a backfill that reached one picture, and of changes that came while it was down.
        server.stack.library.backfill(2, {"still/000.png": ""})
    # Its own copies serve: the model that it was added from may be gone.
    (finer / "model.onnx").unlink()
    with running(data) as server:
        assert server.stack.announced == 5
        server.settle()
        assert [row["images"] for row in server.stack.library.listed()] == [6, 6]
        assert server.differences(2) == []
        first = patiently.post(f"{server.api}/search", json={"text": "scarlet meadow", "limit": 1}).json()
        server.command("switch", 2)
        assert server.by_picture(5000)[0] == "still/scarlet.png"
        # A search goes on through its pages, whoever answers.
        second = patiently.post(f"{server.api}/search", json={"cursor": first["cursor"], "limit": 1}).json()
        assert [hit["key"] for page in (first, second) for hit in page["hits"]] == server.search(
            text="scarlet meadow", limit=2
        )
    with running(data) as server:
        assert [row["current"] for row in server.stack.library.listed()] == [False, True]
        assert server.command("rollback") == {"current": 1}


def test_a_drop_that_was_cut_short_is_finished_at_the_next_start(
    tmp_path: Path, colours: Path, finer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    class Noted(Function):
        def __init__(self, handler: str, environment: Mapping[str, str], *, log: IO[Any]) -> None:
            started.append(Path(environment["IMAGESEARCH_MODEL_DIR"]).name)
            super().__init__(handler, environment, log=log)

    data = tmp_path / "data"
    with running(data) as server:
        server.command("add", "--model", finer)
        kept = ledger.path(indexes_at(data, None).home)
    found = ledger.load(kept)
    assert found
    listed = json.loads(imagesearch("index", "list", "--data", data, "--json").stdout)["generations"]
    assert [(row["number"], row["current"], row["model"]) for row in listed] == [
        (1, True, "colours-2x2"),
        (2, False, "colours-4x4"),
    ]
    ledger.save(kept, found.dropping(2))
    models.forget(kept.parent, 2)
    monkeypatch.setattr(generation_serving, "Function", Noted)
    with running(data) as server:
        assert [row["number"] for row in server.stack.library.listed()] == [1]
        assert not (data / "index-2.sqlite").exists()
        assert started == ["1", "1"]  # and nothing of the second one, only to be dropped
        assert server.command("add", "--model", finer) == {"generation": 2}


def test_a_drop_that_the_bucket_cut_short_forgets_all_of_its_model_at_the_next_start(
    tmp_path: Path, colours: Path, finer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(*_: Any, **__: Any) -> int:
        raise StoreUnavailable

    def kept(server: Running) -> int:
        space = models.manifest_of(finer).space_id
        return server.s3.list_objects_v2(Bucket=DERIVED, Prefix=f"{space}/")["KeyCount"]

    data = tmp_path / "data"
    with running(data) as server:
        server.command("add", "--model", finer)
        server.put("one.png", 1, "One thing.")
        server.settle()
        assert kept(server) == 1
        with monkeypatch.context() as broken:
            broken.setattr(library, "forget_space", out_of_reach)
            assert server.tried("drop", 2, "--yes")[0] != 0
        assert kept(server) == 1
    with running(data) as server:
        assert [row["number"] for row in server.stack.library.listed()] == [1]
        assert kept(server) == 0


def test_an_index_that_was_lost_is_made_again_under_what_runs(tmp_path: Path, colours: Path) -> None:
    """Given functions that have its file open; when it is removed and `create`d; then all write and read the new one"""
    with running(tmp_path / "data") as server:
        fill(server, 2)
        assert len(server.search(text="scarlet")) == 2
        for file in (tmp_path / "data").glob("index.sqlite*"):
            file.unlink()
        assert server.command("create") == {"announced": 3}
        server.put("new.png", 7, "A scarlet thing that is new.")
        server.settle()
        assert server.differences(1) == []
        assert len(server.search(text="scarlet")) == 3


def test_a_backfill_passes_over_folders_and_gives_its_memory_back_though_nobody_says_that_it_is_done(
    tmp_path: Path, colours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generation_serving, "_BACKFILL_IDLE_SECONDS", 0.2)

    def at_work() -> bool:
        return any("functions.backfilling" in command_line(pid) for pid in descendants(os.getpid()))

    with running(tmp_path / "data") as server:
        fill(server, 2)
        server.s3.put_object(Bucket=IMAGES, Key="folder/")
        done = server.command("backfill", 1)
        assert sum(done["results"].values()) == 3
        until(lambda: not at_work(), "the function of the backfill still runs")


def test_what_is_closed_starts_nothing_more(tmp_path: Path, colours: Path) -> None:
    """Given a request that found its generation just before it was dropped; then it starts no function there."""
    with running(tmp_path / "data") as server:
        found = server.stack.library.current
    with pytest.raises(FunctionClosed):
        found.backfill({})
    with pytest.raises(GenerationError, match="closed"):
        found.search()


def test_what_can_not_be_done_is_refused_in_a_sentence_and_changes_nothing(
    tmp_path: Path, colours: Path, finer: Path
) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "model.json").write_bytes((finer / "model.json").read_bytes())
    (damaged / "model.onnx").write_bytes(b"no model")
    with running(tmp_path / "data") as server:
        server.settle()
        before = server.stack.library.listed()

        def refused(*arguments: object, code: int = 2) -> str:
            status, printed, errors = server.tried(*arguments)
            assert status == code, printed
            assert "Traceback" not in errors
            return errors

        assert "no generation 7" in refused("switch", 7)
        assert "no generation to go back to" in refused("rollback")
        assert "switch to another one first" in refused("drop", 1, "--yes")
        assert "current one" in refused("verify", 1)
        assert "model" in refused("add", "--model", damaged, code=1)
        assert server.stack.library.listed() == before
        server.command("add", "--model", finer)
        assert "drop it first" in refused("add", "--model", finer)


def test_a_folder_on_which_nothing_runs_says_how_to_start_it(tmp_path: Path) -> None:
    ran = imagesearch("index", "list", "--data", tmp_path)
    assert ran.returncode == 2
    assert "imagesearch up --data" in ran.stderr


def test_while_opensearch_is_down_the_queue_holds_everything_and_drains_after(
    tmp_path: Path, private_opensearch: Callable[[], PrivateOpenSearch], colours: Path
) -> None:
    """Given people who upload, edit and remove; when the index is killed and comes back; then it misses nothing."""
    server = private_opensearch()
    with running(tmp_path / "data", server.url) as up:
        fill(up, 5)
        busy = Traffic(up)
        writer = threading.Thread(target=busy.write)
        writer.start()
        server.kill()
        ends = time.monotonic() + OUTAGE_SECONDS
        before = busy.uploads
        answers = []
        while time.monotonic() < ends or busy.uploads == before:
            answers.append(httpx.post(f"{up.api}/search", json={"text": "scarlet"}, timeout=60))
            time.sleep(1)
        during = busy.uploads - before
        held = up.stack.counts()["pending"]
        server.start()
        before = busy.changes
        until(lambda: busy.changes >= before + 20)
        busy.writing.set()
        writer.join()
        up.settle()

        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "index-unavailable")}
        assert 0 < during <= held
        assert up.differences(1) == []
        assert queue_depth(up.stack.cloud.sqs(), up.stack.cloud.dead_letters_url) == 0
        assert "still/scarlet.png" in up.search(text="scarlet", limit=100)
