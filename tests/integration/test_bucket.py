"""The local bucket: what was stored stays, also when the process is killed, and events come when things are safe."""

from __future__ import annotations

import io
import json
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import patiently
import pytest
from botocore.exceptions import ClientError

from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import DERIVED, IMAGES, LocalCloud, queue_depth

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ["a.png", "ünï +%/🐸.png", "a/../../b", "dir/", "é" * 512]

UPLOAD_THEN_DIE = """
import os, signal, sys
from pathlib import Path
from imagesearch_local.cloud.bucket import local_cloud

with local_cloud(Path(sys.argv[1])) as cloud:
    s3 = cloud.s3()
    for number in range(20):
        s3.put_object(Bucket="images", Key=f"{number}.bin", Body=bytes([number]) * 100_000, ContentType="image/png")
    s3.delete_object(Bucket="images", Key="3.bin")
    print("stored", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def events(cloud: LocalCloud) -> list[tuple[str, str]]:
    """(event name, key) of all that waits in the queue, which is emptied."""
    sqs = cloud.sqs()
    found = []
    while messages := sqs.receive_message(QueueUrl=cloud.queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=cloud.queue_url, ReceiptHandle=message["ReceiptHandle"])
            found += [
                (record["eventName"], unquote_plus(record["s3"]["object"]["key"]))
                for record in json.loads(message["Body"]).get("Records", [])
            ]
    return found


def described(s3: S3Client, key: str) -> dict[str, Any]:
    answer = s3.get_object(Bucket=IMAGES, Key=key)
    with answer["Body"] as body:
        return {
            "body": body.read(),
            **{name: answer[name] for name in ("ETag", "LastModified", "ContentType", "Metadata", "ContentLength")},
        }


def test_objects_are_the_same_after_a_restart_and_nothing_is_announced_again(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        for number, key in enumerate(KEYS):
            s3.put_object(
                Bucket=IMAGES, Key=key, Body=b"x" * number, ContentType="image/png", Metadata={"caption": f"n{number}"}
            )
        before = {key: described(s3, key) for key in KEYS}
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        assert {key: described(s3, key) for key in KEYS} == before
        listed = s3.list_objects_v2(Bucket=IMAGES)["Contents"]
        assert [item["Key"] for item in listed] == sorted(KEYS)
        assert events(cloud) == []


def test_what_a_restart_brought_back_can_be_changed_and_deleted(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        for key in ("kept", "changed", "deleted"):
            cloud.s3().put_object(Bucket=IMAGES, Key=key, Body=b"old")
    with local_cloud(tmp_path) as cloud:
        cloud.s3().put_object(Bucket=IMAGES, Key="changed", Body=b"new")
        cloud.s3().delete_object(Bucket=IMAGES, Key="deleted")
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        assert {item["Key"] for item in s3.list_objects_v2(Bucket=IMAGES)["Contents"]} == {"kept", "changed"}
        assert described(s3, "changed")["body"] == b"new"


def test_what_was_acknowledged_survives_kill_minus_9(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-c", UPLOAD_THEN_DIE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        for number in range(20):
            if number != 3:
                assert described(s3, f"{number}.bin")["body"] == bytes([number]) * 100_000
        with pytest.raises(ClientError, match="NoSuchKey"):
            s3.get_object(Bucket=IMAGES, Key="3.bin")


def test_contents_that_nothing_names_are_swept_at_the_next_start(tmp_path: Path) -> None:
    """As a process leaves them that is killed between writing a content and its catalogue."""
    with local_cloud(tmp_path) as cloud:
        cloud.s3().put_object(Bucket=IMAGES, Key="a", Body=b"kept")
    contents = tmp_path / "objects" / "contents"
    orphan = contents / "ff" / "orphan"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left behind")
    with local_cloud(tmp_path) as cloud:
        assert not orphan.exists()
        assert described(cloud.s3(), "a")["body"] == b"kept"


def test_replaced_and_deleted_contents_leave_no_files_behind(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        for body in (b"one", b"two", b"three"):
            s3.put_object(Bucket=IMAGES, Key="a", Body=body)
            s3.put_object(Bucket=DERIVED, Key="a", Body=body)
        s3.delete_objects(Bucket=DERIVED, Delete={"Objects": [{"Key": "a"}]})
        files = [path for path in (tmp_path / "objects" / "contents").rglob("*") if path.is_file()]
        assert [path.read_bytes() for path in files] == [b"three"]


def test_pictures_are_not_held_in_memory_or_open_files(tmp_path: Path) -> None:
    """Ten thousand pictures must not cost ten thousand descriptors."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("only Linux shows a process its open files")
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        s3.put_object(Bucket=IMAGES, Key="first", Body=b"x" * 6_000_000)
        before = len(list(descriptors.iterdir()))
        for number in range(12):
            s3.put_object(Bucket=IMAGES, Key=str(number), Body=b"x" * 6_000_000)
        assert len(list(descriptors.iterdir())) - before < 6


def test_events_name_what_happened_once_and_in_order(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        s3.put_object(Bucket=IMAGES, Key="a b+ü%.png", Body=b"x")
        s3.upload_fileobj(io.BytesIO(b"x" * 9_000_000), IMAGES, "large.png")
        s3.copy_object(Bucket=IMAGES, Key="copy.png", CopySource={"Bucket": IMAGES, "Key": "a b+ü%.png"})
        s3.delete_object(Bucket=IMAGES, Key="copy.png")
        s3.delete_objects(Bucket=IMAGES, Delete={"Objects": [{"Key": "large.png"}, {"Key": "a b+ü%.png"}]})
        s3.put_object(Bucket=DERIVED, Key="thumbnail.webp", Body=b"x")
        assert events(cloud) == [
            ("ObjectCreated:Put", "a b+ü%.png"),
            ("ObjectCreated:CompleteMultipartUpload", "large.png"),
            ("ObjectCreated:Copy", "copy.png"),
            ("ObjectRemoved:Delete", "copy.png"),
            ("ObjectRemoved:Delete", "large.png"),
            ("ObjectRemoved:Delete", "a b+ü%.png"),
        ]


def test_a_multipart_upload_survives_a_restart_with_its_etag(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        cloud.s3().upload_fileobj(
            io.BytesIO(b"ab" * 6_000_000),
            IMAGES,
            "large",
            ExtraArgs={"ContentType": "image/png", "Metadata": {"x": "y"}},
        )
        before = described(cloud.s3(), "large")
    assert before["ETag"].endswith('-2"')
    with local_cloud(tmp_path) as cloud:
        assert described(cloud.s3(), "large") == before


def test_of_many_conditional_writes_at_once_one_wins(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        etag = s3.put_object(Bucket=IMAGES, Key="a.json", Body=b"{}")["ETag"]

        def edit(number: int) -> str:
            try:
                s3.put_object(Bucket=IMAGES, Key="a.json", Body=str(number).encode(), IfMatch=etag)
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "written"

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(edit, range(16))) == ["PreconditionFailed"] * 15 + ["written"]


def test_keys_and_port_stay_the_same_and_the_keys_are_private(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as first:
        pass
    with local_cloud(tmp_path) as second:
        pass
    assert (first.endpoint, first.keys) == (second.endpoint, second.keys)
    assert stat.S_IMODE((tmp_path / "s3-keys.json").stat().st_mode) == 0o600


def test_a_taken_port_moves_the_bucket_instead_of_stopping_it(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        (tmp_path / "s3-port").write_text(str(other.getsockname()[1]))
        with local_cloud(tmp_path) as cloud:
            assert not cloud.endpoint.endswith(f":{other.getsockname()[1]}")
            cloud.s3().put_object(Bucket=IMAGES, Key="a", Body=b"x")


@pytest.mark.parametrize("headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_foreign_names_and_foreign_pages_are_refused(tmp_path: Path, headers: dict[str, str]) -> None:
    with local_cloud(tmp_path) as cloud:
        link = cloud.s3().generate_presigned_url("put_object", Params={"Bucket": IMAGES, "Key": "a"})
        assert patiently.put(link, content=b"x", headers=headers).status_code == 403
        assert patiently.put(link, content=b"x", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_a_local_page_may_upload_and_read_across_ports(tmp_path: Path) -> None:
    origin = "http://localhost:8000"
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        form = s3.generate_presigned_post(IMAGES, "a.png")
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert patiently.options(form["url"], headers=asked).headers["access-control-allow-origin"] in {origin, "*"}
        sent = patiently.post(form["url"], data=form["fields"], files={"file": b"x"}, headers={"Origin": origin})
        assert sent.status_code == 204
        assert sent.headers.get_list("access-control-allow-origin") in ([origin], ["*"])


def test_a_page_of_another_host_may_upload_once_it_is_named(tmp_path: Path) -> None:
    named = {"Origin": "https://pictures.example.org"}
    with local_cloud(tmp_path, origins={named["Origin"]}) as cloud:
        form = cloud.s3().generate_presigned_post(IMAGES, "a.png")
        sent = patiently.post(form["url"], data=form["fields"], files={"file": b"x"}, headers=named)
        assert sent.status_code == 204
        assert sent.headers["access-control-allow-origin"] in {named["Origin"], "*"}
        other = patiently.post(
            form["url"], data=form["fields"], files={"file": b"x"}, headers={"Origin": "https://b.example"}
        )
        assert other.status_code == 403


def test_motos_own_controls_are_out_of_reach(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        cloud.s3().put_object(Bucket=IMAGES, Key="a", Body=b"x")
        assert patiently.post(f"{cloud.endpoint}/moto-api/reset").status_code == 403
        assert described(cloud.s3(), "a")["body"] == b"x"


def test_a_folder_that_cannot_be_written_fails_the_change_and_leaves_what_was(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        s3 = cloud.s3()
        s3.put_object(Bucket=IMAGES, Key="a", Body=b"old")
        events(cloud)
        contents, aside = tmp_path / "objects" / "contents", tmp_path / "objects" / "aside"
        contents.rename(aside)
        contents.write_text("in the way of the folder")
        for key in ("a", "b"):
            with pytest.raises(ClientError, match="InternalError"):
                s3.put_object(Bucket=IMAGES, Key=key, Body=b"new")
        contents.unlink()
        aside.rename(contents)
        assert [item["Key"] for item in s3.list_objects_v2(Bucket=IMAGES)["Contents"]] == ["a"]
        assert described(s3, "a")["body"] == b"old"
        assert events(cloud) == []


def test_the_queue_counts_what_waits_and_what_is_worked_on(tmp_path: Path) -> None:
    with local_cloud(tmp_path) as cloud:
        sqs = cloud.sqs()
        events(cloud)
        for number in range(3):
            sqs.send_message(QueueUrl=cloud.queue_url, MessageBody=str(number))
        sqs.receive_message(QueueUrl=cloud.queue_url, MaxNumberOfMessages=2)
        assert queue_depth(sqs, cloud.queue_url) == 3
