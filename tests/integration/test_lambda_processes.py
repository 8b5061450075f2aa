"""The whole way, of real parts: a bucket and a queue (LocalStack), both functions as Lambda processes, OpenSearch.

What joins queue and processes is the event source mapping of `imagesearch up`; what joins HTTP and processes, its
gateway. No test looks into a function: all that is seen is what the bucket holds and what the API answers.
"""

from __future__ import annotations

import io
import json
import os
import random
import secrets
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx
import numpy as np
import patiently
import pytest
from lambda_processes import Function, LambdaFunction, lambda_function
from patience import until
from PIL import Image

from imagesearch.adapters.opensearch import administration
from imagesearch.adapters.opensearch.client import connect
from imagesearch.manifest import load_manifest
from imagesearch.records import image_id
from imagesearch.settings import IndexSettings
from imagesearch_local.cloud.resources import DERIVED, IMAGES, Keys, LocalCloud, queue_depth, set_up
from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.relay.relay import Mapping, relaying
from imagesearch_local.relay.sequencers import Sequencers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's emulator is a program for Linux")
INDEX_PROCESSES = 3


@dataclass(frozen=True)
class Product:
    """What people use, bucket and API; and the processes, to do harm to."""

    cloud: LocalCloud
    s3: S3Client
    sqs: SQSClient
    api: httpx.Client
    index_images: LambdaFunction
    search_api: LambdaFunction
    failing: Callable[[], int]

    def put(self, key: str, body: bytes, **words: str) -> str:
        """Put a picture into the bucket; words are its metadata. Returns the image's id."""
        self.s3.put_object(Bucket=IMAGES, Key=key, Body=body, Metadata=words, ContentType="image/png")
        return image_id(IMAGES, key)

    def search(self, **query: Any) -> list[dict[str, Any]]:
        return self._hits(self.api.post("/search", json=query))

    def search_by_picture(self, body: bytes, **parameters: str) -> list[dict[str, Any]]:
        return self._hits(
            self.api.post("/search", content=body, headers={"Content-Type": "image/png"}, params=parameters)
        )

    @staticmethod
    def _hits(response: httpx.Response) -> list[dict[str, Any]]:
        assert response.status_code == 200, response.text
        hits: list[dict[str, Any]] = response.json()["hits"]
        return hits

    def keys(self, **query: Any) -> list[str]:
        return [hit["key"] for hit in self.search(**query)]

    def settle(self) -> None:
        """Until the queue is empty."""
        until(lambda: queue_depth(self.sqs, self.cloud.queue_url) == 0, "the queue is not empty")

    def objects(self, bucket: str, prefix: str) -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def noise(seed: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A picture like no other."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), np.uint8)
    return encoded(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def encoded(picture: Image.Image, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


@pytest.fixture(scope="module")
def cloud(localstack: str) -> Iterator[LocalCloud]:
    """Buckets, queue and notifications in LocalStack; the session's other tests find none of them."""
    made = set_up(localstack, Keys("test", "test"))
    with closing(made.s3()) as s3, closing(made.sqs()) as sqs:
        # What a process took and did not answer comes again in seconds, not in minutes.
        sqs.set_queue_attributes(QueueUrl=made.queue_url, Attributes={"VisibilityTimeout": "20"})
        yield made
        for bucket in (IMAGES, DERIVED):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for key in [item["Key"] for page in pages for item in page.get("Contents", [])]:
                s3.delete_object(Bucket=bucket, Key=key)
            s3.delete_bucket(Bucket=bucket)
        for queue in (made.queue_url, made.dead_letters_url):
            sqs.delete_queue(QueueUrl=queue)


@pytest.fixture(scope="module")
def index_url(opensearch: str, model: Path) -> Iterator[str]:
    """A generation in OpenSearch, for the real model."""
    server, manifest, library = connect(opensearch), load_manifest(model), f"processes-{secrets.token_hex(4)}"
    administration.create(server, 1, manifest.space_id, manifest.descriptors, IndexSettings(), library=library)
    yield f"{opensearch}/{administration.alias_name(1, library=library)}"
    server.request("DELETE", f"/{library}-*", seconds=60)


@pytest.fixture(scope="module")
def product(
    cloud: LocalCloud, index_url: str, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    folder = tmp_path_factory.mktemp("product")
    environment = {
        **cloud.environment(),
        "AWS_REGION": "us-east-1",
        "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
        "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
        "IMAGESEARCH_INDEX_URL": index_url,
        "IMAGESEARCH_MODEL_DIR": str(model),
        "IMAGESEARCH_CURSOR_SECRET": "the tests' own secret",
    }
    indexing = Function("index_images.handler.handler", environment, seconds=60)
    searching = Function("search_api.handler.handler", environment, seconds=29)
    mapping = Mapping(cloud.queue_url, "index_images", window_seconds=0.1, concurrency=INDEX_PROCESSES)
    with (
        lambda_function(indexing, concurrency=INDEX_PROCESSES, log=folder / "index_images.log") as index_images,
        lambda_function(searching, log=folder / "search_api.log") as search_api,
        closing(cloud.s3()) as s3,
        closing(cloud.sqs()) as sqs,
        relaying(mapping, index_images, sqs, Sequencers(folder / "sequencer")) as failing,
    ):
        gateway = Gateway(search_api, lambda: LambdaContext("search_api", 29), folder, dict, cloud.endpoint)
        with httpx.Client(transport=httpx.WSGITransport(gateway), base_url="http://127.0.0.1/api") as api:
            yield Product(cloud, s3, sqs, api, index_images, search_api, failing)


@pytest.fixture(scope="module")
def coffee(photographs: Path) -> bytes:
    return (photographs / "coffee.png").read_bytes()


@pytest.fixture(scope="module")
def cat(photographs: Path) -> bytes:
    return (photographs / "chelsea.png").read_bytes()


def test_a_picture_put_into_the_bucket_is_found_by_words_by_picture_and_by_both(
    product: Product, coffee: bytes, cat: bytes
) -> None:
    product.put("kitchen/cup.png", coffee, caption="A cup of coffee.", tags="drinks,kitchen")
    product.put("animals/cat.png", cat, caption="A cat.")
    product.settle()
    until(lambda: product.keys(text="coffee") == ["kitchen/cup.png"])

    (hit,) = product.search(text="coffee")
    assert (hit["caption"], hit["tags"]) == ("A cup of coffee.", ["drinks", "kitchen"])
    assert patiently.get(hit["url"]).content == coffee
    assert patiently.get(hit["thumbnail_url"]).headers["Content-Type"] == "image/webp"

    by_picture = product.search_by_picture(coffee)
    assert [hit["key"] for hit in by_picture[:2]] == ["kitchen/cup.png", "animals/cat.png"]
    assert by_picture[0]["score"] > 0.999
    assert by_picture[1]["score"] < 0.5

    by_both = product.search_by_picture(coffee, q="cat")
    assert {hit["key"] for hit in by_both} == {"kitchen/cup.png", "animals/cat.png"}
    assert all(set(hit["scores"]) == {"text", "semantic"} for hit in by_both)


def test_a_picture_that_is_overwritten_is_found_as_it_is_now(product: Product, coffee: bytes, cat: bytes) -> None:
    product.put("overwritten.png", coffee, caption="An espresso.")
    product.settle()
    until(lambda: product.keys(text="espresso") == ["overwritten.png"])

    product.put("overwritten.png", cat, caption="A tabby.")
    product.settle()
    until(lambda: product.keys(text="tabby") == ["overwritten.png"])
    assert product.keys(text="espresso") == []
    assert product.search_by_picture(cat, prefix="overwritten")[0]["score"] > 0.999
    assert product.search_by_picture(coffee, prefix="overwritten")[0]["score"] < 0.5


class TestWords:
    def test_edited_through_the_api(self, product: Product) -> None:
        identity = product.put("edited.png", noise(1), caption="Plaid.")
        product.settle()
        until(lambda: product.keys(text="plaid") == ["edited.png"])
        version = product.api.get(f"/images/{identity}").headers["ETag"]

        accepted = product.api.patch(
            f"/images/{identity}", json={"caption": "Tartan.", "tags": ["cloth"]}, headers={"If-Match": version}
        )
        assert accepted.status_code == 202
        until(lambda: product.keys(text="tartan cloth") == ["edited.png"])
        assert product.keys(text="plaid") == []
        lost = product.api.patch(f"/images/{identity}", json={"caption": "Late."}, headers={"If-Match": version})
        assert lost.status_code == 412

    def test_written_beside_the_picture_and_taken_away_again(self, product: Product) -> None:
        product.put("sided.png", noise(2), caption="Burlap.")
        product.s3.put_object(Bucket=IMAGES, Key="sided.png.json", Body=json.dumps({"caption": "Canvas."}).encode())
        until(lambda: product.keys(text="canvas") == ["sided.png"])
        assert product.keys(text="burlap") == []

        product.s3.delete_object(Bucket=IMAGES, Key="sided.png.json")
        until(lambda: product.keys(text="burlap") == ["sided.png"])
        assert product.keys(text="canvas") == []

    def test_that_came_as_metadata_and_are_replaced_by_a_copy_onto_itself(self, product: Product) -> None:
        product.put("copied.png", noise(3), caption="Linen.")
        until(lambda: product.keys(text="linen") == ["copied.png"])

        product.s3.copy_object(
            Bucket=IMAGES,
            Key="copied.png",
            CopySource={"Bucket": IMAGES, "Key": "copied.png"},
            Metadata={"caption": "Hemp."},
            MetadataDirective="REPLACE",
        )
        until(lambda: product.keys(text="hemp") == ["copied.png"])
        assert product.keys(text="linen") == []


class TestUploads:
    def test_in_several_parts(self, product: Product) -> None:
        body = encoded(Image.open(io.BytesIO(noise(4, (1500, 1300)))), "BMP")
        parts = [body[:5_242_880], body[5_242_880:]]  # all but the last must have 5 MiB
        key: Any = {"Bucket": IMAGES, "Key": "large.bmp"}
        upload = product.s3.create_multipart_upload(**key, Metadata={"caption": "A mosaic."})["UploadId"]
        etags = [
            product.s3.upload_part(**key, UploadId=upload, PartNumber=number, Body=part)["ETag"]
            for number, part in enumerate(parts, 1)
        ]
        product.s3.complete_multipart_upload(
            **key,
            UploadId=upload,
            MultipartUpload={"Parts": [{"ETag": etag, "PartNumber": number} for number, etag in enumerate(etags, 1)]},
        )

        until(lambda: product.keys(text="mosaic") == ["large.bmp"])
        assert product.search_by_picture(noise(4, (1500, 1300)), limit="1")[0]["key"] == "large.bmp"

    def test_with_a_form_of_the_api(self, product: Product) -> None:
        form = product.api.post(
            "/uploads", json={"filename": "rug.png", "content_type": "image/png", "caption": "A rug.", "tags": ["wool"]}
        ).json()

        sent = patiently.post(form["url"], data=form["fields"], files={"file": ("rug.png", noise(5), "image/png")})
        assert sent.is_success, sent.text
        until(lambda: product.keys(text="rug wool") == [form["key"]])
        assert product.api.get(f"/images/{form['id']}").json()["state"] == "indexed"

    def test_with_a_form_that_was_meant_for_something_else(self, product: Product) -> None:
        form = product.api.post("/uploads", json={"filename": "rug.png", "content_type": "image/png"}).json()
        forged = form["fields"] | {"key": "elsewhere.png"}

        sent = patiently.post(form["url"], data=forged, files={"file": ("rug.png", noise(5), "image/png")})
        assert sent.status_code == 403
        assert product.objects(IMAGES, "elsewhere") == []


class TestRemoval:
    def test_by_any_client_of_the_bucket(self, product: Product) -> None:
        identity = product.put("dropped.png", noise(6), caption="Velvet.")
        until(lambda: product.keys(text="velvet") == ["dropped.png"])

        product.s3.delete_object(Bucket=IMAGES, Key="dropped.png")
        until(lambda: product.keys(text="velvet") == [])
        assert product.api.get(f"/images/{identity}").status_code == 404
        assert product.keys(filters={"prefix": "dropped"}) == []

    def test_through_the_api(self, product: Product) -> None:
        identity = product.put("deleted.png", noise(7), caption="Silk.")
        until(lambda: product.keys(text="silk") == ["deleted.png"])
        thumbnails = f"thumbnails/{identity}"
        assert len(product.objects(DERIVED, thumbnails)) == 1

        assert product.api.delete(f"/images/{identity}").status_code == 202
        assert product.keys(text="silk") == []
        assert product.objects(IMAGES, "deleted.png") == product.objects(DERIVED, thumbnails) == []
        product.settle()
        assert product.api.get(f"/images/{identity}").status_code == 404

    def test_and_put_again(self, product: Product) -> None:
        product.put("again.png", noise(8), caption="Denim.")
        until(lambda: product.keys(text="denim") == ["again.png"])
        product.s3.delete_object(Bucket=IMAGES, Key="again.png")
        until(lambda: product.keys(text="denim") == [])

        product.put("again.png", noise(8), caption="Denim.")
        until(lambda: product.keys(text="denim") == ["again.png"])


class TestManyAtOnce:
    def test_shuffled_and_repeated_events_in_several_processes_end_in_what_the_bucket_holds(
        self, product: Product
    ) -> None:
        """Given objects with a history; when its events come to all processes at once, in any order and three times."""
        kept = {f"shuffled/{number}.png": noise(100 + number) for number in range(6)}
        removed = [f"shuffled/{number}.png" for number in range(6, 9)]
        history = [
            each for key in kept for each in ((key, "Created:Put"), (key, "Removed:Delete"), (key, "Created:Put"))
        ]
        history += [each for key in removed for each in ((key, "Created:Put"), (key, "Removed:Delete"))]
        # Stamps of the far future: those of the bucket's own events are older, in whatever order they come.
        events = [event(key, name, f"F{number:015X}") for number, (key, name) in enumerate(history)] * 3
        random.Random(20261122).shuffle(events)
        for number, (key, body) in enumerate(kept.items()):
            product.put(key, body, caption=f"Pattern {number}.")

        with ThreadPoolExecutor(INDEX_PROCESSES) as pool:
            answers = list(pool.map(product.index_images, batches(events, 5)))

        assert answers == [{"batchItemFailures": []}] * len(answers)
        assert all(process.pids() for process in product.index_images.processes)
        product.settle()
        until(lambda: sorted(product.keys(filters={"prefix": "shuffled/"})) == sorted(kept))
        for number, (key, body) in enumerate(kept.items()):
            best = product.search_by_picture(body, prefix="shuffled/")[0]
            assert (best["key"], best["caption"]) == (key, f"Pattern {number}.")
            assert best["score"] > 0.999

    def test_a_process_killed_at_work_loses_nothing(self, product: Product) -> None:
        """Given pictures at work in a process; when it is killed; then all of them come again, and are found once."""
        keys = [f"killed/{number}.png" for number in range(12)]
        product.settle()
        for process in product.index_images.processes:
            process.close()
        for number, key in enumerate(keys):
            product.put(key, noise(200 + number), caption="Corduroy.")
        # One that has begun to decode: its decoder's processes are its children.
        until(lambda: any(len(process.pids()) > 1 for process in product.index_images.processes))
        for process in product.index_images.processes:
            for victim in process.pids()[:1]:
                os.kill(victim, signal.SIGKILL)
        until(lambda: product.failing() > 0, "no batch was at work")
        product.settle()

        assert product.failing() == 0
        until(lambda: sorted(product.keys(text="corduroy", limit=50)) == sorted(keys))
        assert queue_depth(product.sqs, product.cloud.dead_letters_url) == 0


def event(key: str, name: str, sequencer: str) -> dict[str, Any]:
    """A message of the queue with an event of the bucket."""
    s3 = {"bucket": {"name": IMAGES}, "object": {"key": quote_plus(key), "sequencer": sequencer}}
    return {
        "messageId": sequencer,
        "receiptHandle": sequencer,
        "body": json.dumps({"Records": [{"eventName": f"Object{name}", "s3": s3}]}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:image-events",
    }


def batches(events: Sequence[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    return [{"Records": list(events[start : start + size])} for start in range(0, len(events), size)]
