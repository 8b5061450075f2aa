"""A real library for the tests of the functions: moto's S3 and SQS, the embedded index, the real model."""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from imagesearch import bootstrap
from imagesearch.records import image_id
from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import DERIVED, IMAGES, LocalCloud, queue_arn
from imagesearch_local.gateway.proxy_event import proxy_event, proxy_response
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.batches import sqs_event
from imagesearch_local.relay.lambda_context import LambdaContext
from imagesearch_local.relay.sequencers import Sequencers
from imagesearch_local.samples.photographs import PHOTOGRAPHS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

SECRET = "the tests' own secret"
MODEL = CHECKOUT / "layers" / "model"
QUERY_PICTURE = "motorcycle_right.png"
"""Never indexed: the same motorcycle as `vehicles/motorcycle_left.png`, from a little further right."""

Environment = Mapping[str, str]


@contextmanager
def configured(environment: Environment) -> Iterator[None]:
    """The functions, as if they had been started in this environment: nothing that was read before is remembered."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "IMAGESEARCH_"))]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    if bootstrap._s3_client.cache_info().currsize:
        bootstrap._s3_client().close()
    bootstrap.forget()


@dataclass(frozen=True, slots=True)
class Api:
    """`search_api`, called with the events that a REST API makes of HTTP requests."""

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def search(self, **query: Any) -> dict[str, Any]:
        """The answer to a search that must work."""
        response = self.post("/search", json=query)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def keys(self, **query: Any) -> list[str]:
        """Only what was found, best first."""
        return [hit["key"] for hit in self.search(**query)["hits"]]

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        params: Any = None,
        groups: str | None = "editors,viewers",
        seconds: float = 30,
    ) -> httpx.Response:
        """`groups` are those of the caller's token, None where there is none; `seconds` what the function may take."""
        from search_api.handler import handler  # as late as Lambda does: some tests watch what it loads

        sent = httpx.Request(
            method, f"https://api.example/api{path}", json=json, content=content, headers=headers, params=params
        )
        event = _event(sent, path)
        event["requestContext"]["authorizer"] = None if groups is None else {"claims": {"cognito:groups": groups}}
        answer = proxy_response(handler(_through_json(event), LambdaContext("search_api", seconds)))  # type: ignore[arg-type]  # all that is used of it
        return httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.get_data(), request=sent)


def _event(sent: httpx.Request, path: str) -> dict[str, Any]:
    builder = EnvironBuilder(
        method=sent.method,
        path=path,
        query_string=sent.url.query.decode(),
        headers=list(sent.headers.items()),
        data=sent.content,
    )
    request = Request(builder.get_environ())
    return proxy_event(request, request.get_data(), path)


def _through_json(event: Any) -> Any:
    return json.loads(json.dumps(event))


@dataclass(frozen=True, slots=True)
class Library:
    """Buckets, queue, index and the functions around them."""

    cloud: LocalCloud
    environment: Environment
    s3: S3Client
    sqs: SQSClient
    sequencers: Sequencers
    model: Path
    api: Api = field(default_factory=Api)

    def put(
        self,
        key: str,
        body: bytes | Path,
        *,
        caption: str | None = None,
        tags: tuple[str, ...] = (),
        content_type: str = "image/png",
    ) -> str:
        """Put a picture into the bucket as any S3 client does; its words are metadata. Returns its id."""
        metadata = {name: value for name, value in (("caption", caption or ""), ("tags", ",".join(tags))) if value}
        data = body.read_bytes() if isinstance(body, Path) else body
        self.s3.put_object(Bucket=IMAGES, Key=key, Body=data, Metadata=metadata, ContentType=content_type)
        return image_id(IMAGES, key)

    def index(self) -> None:
        """Feed `index_images` with the bucket's events until the queue is empty."""
        from index_images.handler import handler

        url = self.cloud.queue_url
        arn = queue_arn(self.sqs, url)
        while messages := self.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            event = sqs_event(messages, queue_arn=arn, stamp=self.sequencers.stamp)
            answer = handler(_through_json(event), LambdaContext("index_images", 60))  # type: ignore[arg-type]  # all that is used of it
            assert answer == {"batchItemFailures": []}
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def objects(self, bucket: str, prefix: str = "") -> list[str]:
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]

    def process_environment(self) -> dict[str, str]:
        """For a process of its own."""
        return {"PATH": os.environ["PATH"], **self.environment}

    def restarted(self, **changes: str) -> AbstractContextManager[None]:
        """The functions as if started anew, with some of their environment changed."""
        return configured({**self.environment, **changes})


@contextmanager
def empty_library(folder: Path, model: Path) -> Iterator[Library]:
    with local_cloud(folder / "bucket") as cloud:
        environment = {
            **cloud.environment(),
            "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
            "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
            "IMAGESEARCH_INDEX_URL": f"sqlite:///{folder / 'index.sqlite'}",
            "IMAGESEARCH_MODEL_DIR": str(model),
            "IMAGESEARCH_CURSOR_SECRET": SECRET,
        }
        with closing(cloud.s3()) as s3, closing(cloud.sqs()) as sqs, configured(environment):
            yield Library(cloud, environment, s3, sqs, Sequencers(folder / "sequencer"), model)


@pytest.fixture(scope="session")
def model() -> Path:
    """The real model, exported if this is a fresh clone."""
    if not (MODEL / "model.onnx").is_file():
        from model_export.__main__ import main

        main(output=MODEL)
    return MODEL


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of scikit-image's photographs, in the installed package."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


# Of a module, not of the session: moto's state is the process's, so there can be one bucket at a time.
@pytest.fixture(scope="module")
def bare_library(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Library]:
    """A library without pictures."""
    with empty_library(tmp_path_factory.mktemp("library"), model) as library:
        yield library


@pytest.fixture(scope="module")
def library(bare_library: Library, photographs: Path) -> Library:
    """scikit-image's photographs, put into the bucket and really indexed; all but the query picture."""
    for name, photograph in PHOTOGRAPHS.items():
        if name != QUERY_PICTURE:
            tags = (*photograph.folder.split("/"), *photograph.tags)
            key = f"{photograph.folder}/{name}"
            bare_library.put(key, photographs / name, caption=photograph.caption, tags=tags)
    bare_library.index()
    return bare_library


@pytest.fixture(scope="module")
def api(library: Library) -> Api:
    return library.api
