"""`imagesearch up` as a process of its own: from an empty folder to an answer, and cleanly down again."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from contextlib import suppress
from pathlib import Path

import boto3
import patiently
import pytest
from local_stack import Up, free_port, imagesearch, picture, up
from patience import until
from process_tree import command_line, descendants

from imagesearch_local import running
from imagesearch_local.paths import CHECKOUT

MODEL = Path(os.environ.get("IMAGESEARCH_MODEL_DIR") or CHECKOUT / "layers" / "model")


@pytest.fixture(autouse=True, scope="module")
def model() -> None:
    if (MODEL / "model.json").is_file():
        return
    if os.environ.get("CI") == "true":
        pytest.fail("there is no model: run `make model` first")
    pytest.skip("there is no model: `make model` makes one")


def found(server: Up, *arguments: object) -> list[str]:
    ran = server.run("search", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    return [hit["key"] for hit in json.loads(ran.stdout)["hits"]]


def test_from_a_folder_of_pictures_to_an_answer_and_back(tmp_path: Path) -> None:
    """Given pictures with words that were added, text, picture and both find them, and removing makes them vanish."""
    red = picture(tmp_path / "mine" / "a red+one.png", "red")
    picture(tmp_path / "mine" / "sub" / "blue.png", "blue")
    red.with_suffix(".txt").write_text("A scarlet circle.")
    with up(tmp_path / "data") as server:
        # The bucket's own test event may still wait in the queue.
        assert json.loads(server.run("status", "--json").stdout) | {"pending": 0} == server.status | {"pending": 0}
        assert server.status["ready"] is True
        assert server.status["images"] == 0

        added = server.run("add", tmp_path / "mine", "--json")
        assert added.returncode == 0, added.stderr
        assert json.loads(added.stdout)["uploaded"] == 2
        assert json.loads(server.run("status", "--json").stdout)["images"] == 2

        assert found(server, "scarlet") == ["a red+one.png"]
        assert found(server, "--image", red)[0] == "a red+one.png"
        assert found(server, "scarlet", "--image", tmp_path / "mine" / "sub" / "blue.png")[0] == "a red+one.png"
        assert sorted(found(server)) == ["a red+one.png", "sub/blue.png"]

        assert server.run("remove", "--yes", "a red+one.png").returncode == 0
        assert found(server, "scarlet") == []


def test_pictures_of_an_answer_load_and_the_page_may_show_them(tmp_path: Path) -> None:
    """Given an indexed picture, its links answer, and their origin is the one that the page's policy allows."""
    picture(tmp_path / "mine" / "x.png", "green")
    with up(tmp_path / "data") as server:
        server.run("add", tmp_path / "mine")
        [hit] = patiently.post(f"{server.status['api']}/search", json={}).json()["hits"]
        policy = patiently.get(server.status["page"]).headers["content-security-policy"]
        origin = server.status["s3"]["endpoint"]

        assert patiently.get(hit["url"]).content == (tmp_path / "mine" / "x.png").read_bytes()
        assert patiently.get(hit["thumbnail_url"]).headers["content-type"] == "image/webp"
        assert hit["thumbnail_url"].startswith(f"{origin}/")
        assert origin in policy


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_and_the_data_is_found_again(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    with up(data) as server:
        s3 = server.status["s3"]
        client = boto3.client(
            "s3",
            endpoint_url=s3["endpoint"],
            aws_access_key_id=s3["access_key"],
            aws_secret_access_key=s3["secret_key"],
            region_name="us-east-1",
        )
        client.upload_file(str(picture(tmp_path / "kept.png", "red")), s3["bucket"], "kept.png")
        server.process.send_signal(how)
        _, errors = server.process.communicate()

        assert server.process.returncode == 0
        assert "Traceback" not in errors

    with up(data) as again:
        again.settle()
        assert found(again) == ["kept.png"]


def test_what_leads_boto3_to_aws_does_not_matter_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a profile that does not exist and a configuration that can't be read, it runs and finds all the same."""
    (tmp_path / "config").write_text("this is no configuration")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    picture(tmp_path / "mine" / "red.png", "red")
    with up(tmp_path / "data") as server:
        assert server.run("add", tmp_path / "mine").returncode == 0
        assert found(server) == ["red.png"]


def test_a_second_one_on_the_same_folder_or_port_is_refused(tmp_path: Path) -> None:
    with up(tmp_path / "data") as server:
        same_port = server.run("up", "--data", tmp_path / "other", "--no-samples", "--no-browser")
        same_data = imagesearch("up", "--data", tmp_path / "data", "--port", free_port(), "--no-samples")

    assert (same_port.returncode, same_data.returncode) == (2, 2)
    assert "--port" in same_port.stderr
    assert "--data" in same_data.stderr


@pytest.mark.parametrize(
    "what", ["data is a file", "data can't be made", "index is damaged", "model is damaged", "no model", "setting"]
)
def test_what_it_cannot_start_with_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    data = tmp_path / "data"
    told = str(data)
    match what:
        case "data is a file":
            data.write_text("a file")
        case "data can't be made":
            (tmp_path / "file").write_text("a file")
            data = tmp_path / "file" / "data"
            told = str(data)
        case "index is damaged":
            data.mkdir()
            (data / "index.sqlite").write_bytes(b"this is no database, but it is long enough to be read as one" * 100)
            told = "remove"
        case "model is damaged":
            model = tmp_path / "model"
            model.mkdir()
            (model / "model.json").write_bytes((MODEL / "model.json").read_bytes())
            (model / "model.onnx").write_bytes((MODEL / "model.onnx").read_bytes()[:1_000_000])
            monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", str(model))
            told = "make model"
        case "no model":
            monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", str(tmp_path / "nothing"))
            told = "make model"
        case "setting":
            monkeypatch.setenv("IMAGESEARCH_MAX_IMAGE_BYTES", "lots")
            told = "IMAGESEARCH_MAX_IMAGE_BYTES"
    ran = imagesearch("up", "--data", data, "--port", free_port(), "--no-samples", "--no-browser")
    assert ran.returncode == 2, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "".join(told.split()) in re.sub(r"[│\s]", "", ran.stderr)  # its lines break anywhere in a long path


def test_changes_that_keep_failing_keep_nobody_waiting_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a message in the queue that never succeeds; then whoever waits for the queue stops when nothing moves."""
    with up(tmp_path / "data") as server:
        s3 = server.status["s3"]
        keys = {"aws_access_key_id": s3["access_key"], "aws_secret_access_key": s3["secret_key"]}
        sqs = boto3.client("sqs", endpoint_url=s3["endpoint"], region_name="us-east-1", **keys)
        url = sqs.get_queue_url(QueueName="image-events")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="never an S3 event")
        monkeypatch.setattr(running, "_STUCK_SECONDS", 2)
        left = list(running.pending(server.port))
        assert left[-1] == 1


def test_a_lost_index_is_made_again_without_describing_anything(tmp_path: Path) -> None:
    """Given pictures, a folder and a sweep that is due; when the index file is gone; then nothing is computed anew."""
    data = tmp_path / "data"
    picture(tmp_path / "mine" / "red.png", "red")
    with up(data) as server:
        assert server.run("add", tmp_path / "mine").returncode == 0
        s3 = server.status["s3"]
        keys = {"aws_access_key_id": s3["access_key"], "aws_secret_access_key": s3["secret_key"]}
        client = boto3.client("s3", endpoint_url=s3["endpoint"], region_name="us-east-1", **keys)
        client.put_object(Bucket=s3["bucket"], Key="folder/")
        server.process.send_signal(signal.SIGTERM)
        server.process.communicate()
    for path in data.glob("index.sqlite*"):
        path.unlink()
    (data / "swept").unlink()
    (data / "functions.log").unlink()

    with up(data) as again:
        assert list(running.pending(again.port))[-1] == 0
        assert found(again) == ["red.png"]
        again.process.send_signal(signal.SIGTERM)
        again.process.communicate()
    lines = [json.loads(line) for line in (data / "functions.log").read_text().splitlines() if line.startswith("{")]
    assert [line["described"] for line in lines if line["message"] == "indexed"] == [False]

    (data / "functions.log").unlink()
    with up(data) as once_more:
        once_more.process.send_signal(signal.SIGTERM)
        once_more.process.communicate()
    assert "had not reached the index" not in (data / "functions.log").read_text()


def processes_of(server: Up) -> dict[int, str]:
    """All that it started, directly or not: command lines by process id."""
    return {pid: line for pid in descendants(server.process.pid) if (line := command_line(pid))}


def test_killed_it_leaves_no_process_behind_and_the_data_is_found_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder = picture(tmp_path / "mine" / "red.png", "red").parent
    with up(data) as server:
        started = processes_of(server)
        assert {name for name in ("index_images", "search_api") if any(name in line for line in started.values())} == {
            "index_images",
            "search_api",
        }
        assert server.run("add", folder).returncode == 0
        started |= processes_of(server)
        server.process.kill()
        server.process.wait()
        until(lambda: not any(command_line(pid) == line for pid, line in started.items()), "some still run")
    with up(data) as again:
        assert list(running.pending(again.port))[-1] == 0
        assert found(again) == ["red.png"]


def test_functions_that_are_killed_are_replaced_and_no_picture_is_lost(tmp_path: Path) -> None:
    """Given pictures that are being indexed; when all functions are killed, again and again; then all are found."""
    for number in range(20):
        picture(tmp_path / "mine" / f"{number}.png", f"hsl({number * 18}, 90%, 50%)")
    with up(tmp_path / "data") as server:
        s3 = server.status["s3"]
        keys = {"aws_access_key_id": s3["access_key"], "aws_secret_access_key": s3["secret_key"]}
        options = {"endpoint_url": s3["endpoint"], "region_name": "us-east-1", **keys}
        sqs = boto3.client("sqs", **options)
        # What a dead function had comes back soon.
        url = sqs.get_queue_url(QueueName="image-events")["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
        client = boto3.client("s3", **options)
        for path in (tmp_path / "mine").iterdir():
            client.upload_file(str(path), s3["bucket"], path.name)
        waiting = threading.Event()
        for _ in range(3):
            for pid, line in processes_of(server).items():
                if "functions.worker" in line:
                    with suppress(ProcessLookupError):  # it ended meanwhile
                        os.kill(pid, signal.SIGKILL)
            waiting.wait(1.5)
        until(lambda: (running.fetch_status(server.port) or {"images": 0})["images"] == 20, "some were lost")
        assert len(found(server, "--limit", 100)) == 20
