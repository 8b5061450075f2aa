"""The sample events in `events/`: they have the shape of what AWS sends, and the real functions take them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sam
from PIL import Image

from imagesearch import bootstrap
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext

if TYPE_CHECKING:
    from tests.integration.conftest import Library

SAMPLES = CHECKOUT / "events"
OF_THE_BUCKET = sorted(path.stem for path in SAMPLES.glob("s3_*.json"))
OF_THE_API = sorted(path.stem for path in SAMPLES.glob("api_*.json"))
FROG = "animals/amphibians/frog.png"

Shape = set[tuple[str, str]]
"""Each value's path in the document, and its JSON type. What a map is free to name is named `*`."""

_TYPES = {dict: "object", list: "array", str: "string", int: "number", float: "number", bool: "boolean"}
_FREE_NAMES = {
    "headers", "multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters",
    "stageVariables", "claims", "MessageAttributes",
}  # fmt: skip


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_bytes())
    return event


def shape(value: Any) -> Shape:
    return set(_shape(value, "", free=False))


def _shape(value: Any, path: str, *, free: bool) -> Iterator[tuple[str, str]]:
    yield path, "null" if value is None else _TYPES[type(value)]
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _shape(inner, f"{path}.{'*' if free else name}", free=name in _FREE_NAMES)
    if isinstance(value, list):
        for inner in value:
            yield from _shape(inner, f"{path}[]", free=False)


def below(shapes: Shape, *paths: str) -> Shape:
    """Those of the values at these paths and in them."""
    return {(path, kind) for path, kind in shapes if path.startswith(paths)}


def messages(name: str) -> list[dict[str, Any]]:
    """What S3 said, taken out of the queue's messages and out of SNS's envelopes."""
    bodies = [json.loads(record["body"]) for record in sample(name)["Records"]]
    return [json.loads(body["Message"]) if "Message" in body else body for body in bodies]


class TestShapes:
    """Against `sam local generate-event`, which AWS keeps. Every difference is named, with its reason."""

    @pytest.mark.parametrize("name", OF_THE_BUCKET)
    def test_of_the_queue(self, name: str) -> None:
        assert shape(sample(name)) == shape(sam.generated_event("sqs", "receive-message"))

    @pytest.mark.parametrize("name", [name for name in OF_THE_BUCKET if "test" not in name])
    def test_of_the_bucket(self, name: str) -> None:
        created = messages(name)[0]["Records"][0]["eventName"].startswith("ObjectCreated:")
        expected = shape(sam.generated_event("s3", "put" if created else "delete"))
        if "marker" in name:
            # SAM knows no delete markers. Those have an ETag, of nothing, and a version
            # (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
            in_object = ".Records[].s3.object"
            expected |= {(f"{in_object}.eTag", "string"), (f"{in_object}.versionId", "string")}

        assert [shape(each) for each in messages(name)] == [expected] * len(messages(name))

    @pytest.mark.parametrize("name", [name for name in OF_THE_BUCKET if "by_sns" in name])
    def test_of_the_topic(self, name: str) -> None:
        """SAM's is what a function gets from a topic; in a queue the envelope spells three things differently."""
        (record,) = sam.generated_event("sns", "notification")["Records"]
        envelope = dict(record["Sns"])
        # https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
        envelope["SigningCertURL"] = envelope.pop("SigningCertUrl")
        envelope["UnsubscribeURL"] = envelope.pop("UnsubscribeUrl")
        del envelope["MessageAttributes"]  # not there where a message has none, and S3's have none

        assert shape(json.loads(sample(name)["Records"][0]["body"])) == shape(envelope)

    @pytest.mark.parametrize("name", OF_THE_API)
    def test_of_the_api(self, name: str) -> None:
        ours, theirs = shape(sample(name)), shape(sam.generated_event("apigateway", "aws-proxy"))
        parts = ("body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables")
        absent = {f".{part}" for part in parts if sample(name)[part] is None}
        assert ".stageVariables" in absent  # the stage has none
        context = ".requestContext"
        # What a REST API says besides; SAM's sample is older than the first four, and has no authorizer.
        more = {(f"{context}.{field}", "string") for field in ("domainName", "domainPrefix", "extendedRequestId")}
        more |= {(f"{context}.identity.principalOrgId", "null")}
        if "Authorization" in sample(name)["headers"]:
            claims = f"{context}.authorizer.claims"
            more |= {(f"{context}.authorizer", "object"), (claims, "object"), (f"{claims}.*", "string")}

        assert ours - theirs == more | {(part, "null") for part in absent}
        assert theirs - ours == below(theirs, *absent)

    @pytest.mark.parametrize("kind", ["create", "update", "delete"])
    def test_of_cloudformation(self, kind: str) -> None:
        """SAM knows the request to create; each of the others has the fields that its page lists besides."""
        ours = shape(sample(f"cloudformation_{kind}"))
        theirs = shape(sam.generated_event("cloudformation", "create-request"))
        # What a template says of its resource is its own affair.
        properties = (".ResourceProperties.", ".OldResourceProperties.")
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requesttypes.html
        more = {
            "create": set(),
            "update": {(".PhysicalResourceId", "string"), (".OldResourceProperties", "object")},
            "delete": {(".PhysicalResourceId", "string")},
        }[kind]
        more.add((".ServiceToken", "string"))

        assert ours - below(ours, *properties) == theirs - below(theirs, *properties) | more


def test_every_route_of_the_contract_has_a_sample() -> None:
    """And what needs a token has one; what needs none does without."""
    contract = json.loads((CHECKOUT / "docs" / "openapi.json").read_bytes())
    routes = {(method.upper(), path) for path, methods in contract["paths"].items() for method in methods}
    image = sample("api_image")["path"]

    sampled = {
        (event["httpMethod"], event["path"].replace(image, "/images/{image_id}")): "Authorization" in event["headers"]
        for event in map(sample, OF_THE_API)
    }

    open_to_all = {("GET", "/health"), ("GET", "/docs"), ("GET", "/openapi.json")}
    assert routes | open_to_all | {("GET", "/nothing")} == sampled.keys()
    assert {route for route, has_token in sampled.items() if not has_token} == open_to_all


@pytest.fixture
def frogs(bare_library: Library, tmp_path: Path) -> Iterator[Library]:
    """The frog that the samples speak of, and the three pictures of odd names, in a bucket; and an empty index."""
    for key, colour in {FROG: "green", "holiday photos/a b+c.png": "red", "100%/été 猫.png": "blue"}.items():
        bare_library.put(key, a_picture(colour), caption="A frog.", tags=("animals",))
    bare_library.put("a&b=c?#.png", a_picture("yellow"))
    with bare_library.restarted(IMAGESEARCH_INDEX_URL=f"sqlite:///{tmp_path / 'index.sqlite'}"):
        yield bare_library


def a_picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(file, "PNG")
    return file.getvalue()


def index_images(name: str) -> Any:
    """The function's answer to a sample."""
    from index_images.handler import handler

    return handler(sample(name), LambdaContext("index_images", 60))  # type: ignore[arg-type]  # all that is used of it


def search_api(name: str) -> Any:
    """The function's answer to a sample."""
    from search_api.handler import handler

    return handler(sample(name), LambdaContext("search_api", 30))  # type: ignore[arg-type]  # all that is used of it


def states() -> dict[str, str]:
    return {record.ref.key: record.image.state for record in bootstrap.index().listing() if record.image}


def test_the_samples_of_the_bucket_do_what_their_names_say(frogs: Library) -> None:
    """Given a bucket that changes as the samples tell; when they come, each at least once; then the index follows."""
    unused = set(OF_THE_BUCKET)

    def indexed(name: str) -> bool:
        unused.discard(name)
        return bool(index_images(name) == {"batchItemFailures": []})

    for name in ("s3_test", "s3_test_by_sns", "s3_created", "s3_created_by_sns", "s3_odd_keys"):
        assert indexed(name)
    assert set(states().values()) == {"indexed"}
    assert len(states()) == 4

    frogs.s3.put_object(Bucket="images", Key=f"{FROG}.json", Body=b'{"caption": "A toad."}')
    assert indexed("s3_sidecar")
    assert frogs.api.keys(text="toad") == [FROG]

    for name in ("s3_removed", "s3_removed_by_sns", "s3_expired"):
        frogs.s3.delete_object(Bucket="images", Key=FROG)
        assert indexed(name)
        assert frogs.api.keys(text="toad") == []

    for name in ("s3_copied", "s3_posted", "s3_multipart"):
        frogs.put(FROG, a_picture("green"))
        assert indexed(name)
        assert frogs.api.keys(text="toad") == [FROG]

    for name in ("s3_delete_marker", "s3_expired_marker"):
        frogs.s3.delete_object(Bucket="images", Key=FROG)
        assert indexed(name)
        assert states()[FROG] == "removed"

    frogs.s3.delete_object(Bucket="images", Key=f"{FROG}.json")
    assert indexed("s3_sidecar_removed")
    frog = next(record for record in bootstrap.index().listing() if record.ref.key == FROG)
    assert frog.sidecar
    assert frog.sidecar.state == "removed"
    assert unused == set()


# Powertools leaves the files of /docs to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_samples_of_the_api_are_answered(frogs: Library) -> None:
    """Given a library with the frog that they speak of; each is answered as its route promises."""
    expected = {"api_delete": 202, "api_edit": 202, "api_no_such_route": 404, "api_upload": 201}
    index_images("s3_created")

    for name in sorted(OF_THE_API, key="api_delete".__eq__):  # the frog is deleted last
        answer = search_api(name)
        assert (name, answer["statusCode"]) == (name, expected.get(name, 200)), answer["body"]
        if name in ("api_search", "api_search_get", "api_search_picture"):
            assert [hit["key"] for hit in json.loads(answer["body"])["hits"]] == [FROG]
