"""Call a function with an event, as a real Lambda process, around a small library that is made for it:

    python tests/support/invoke.py events/s3_created.json events/api_search.json

The event says which function it is for. Bucket (moto) and index are new and hold the sample pictures of amphibians and
lizards; before an event of the bucket comes, the bucket is made as the event says: an object created or gone. Events
are handled in turn, around the same library. Each answer is a line of JSON on standard output; what the functions print
goes to standard error.

With OpenSearch: --opensearch http://127.0.0.1:9201 (`imagesearch opensearch start`); events of manage_index need it.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_plus

from lambda_processes import Function, FunctionError, LambdaFunction

from imagesearch.adapters.opensearch import administration
from imagesearch.adapters.opensearch.client import connect
from imagesearch.manifest import load_manifest
from imagesearch.settings import IndexSettings
from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import DERIVED, IMAGES
from imagesearch_local.paths import CHECKOUT, model_dir
from model_export.fetch import cache_dir

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Event = dict[str, Any]
FOLDERS = ("animals/amphibians", "animals/lizards")
"""Of the samples."""
_SECONDS = {"index_images": 60, "search_api": 29, "manage_index": 300, "backfill_images": 300}
_SIDECAR = json.dumps({"caption": "A frog of its sidecar.", "tags": ["frog"]}).encode()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", nargs="+", type=Path, metavar="EVENT.json")
    parser.add_argument("--opensearch", metavar="URL", help="keep the index there, for the time being")
    options = parser.parse_args()
    pictures = cache_dir() / "samples" / "pictures"
    if not (pictures / FOLDERS[0]).is_dir():
        parser.error(f"there are no samples at {pictures}: run `make samples` first")
    with _library(pictures, options.opensearch) as library:
        failures = [path for path in options.events if not library.invoke(path)]
    return 1 if failures else 0


@dataclass(frozen=True)
class _Library:
    s3: S3Client
    pictures: Path
    functions: Mapping[str, LambdaFunction]

    def invoke(self, path: Path) -> bool:
        """Whether the function answered, whatever it said."""
        event: Event = json.loads(path.read_bytes())
        for name, key in _changes(event):
            self._make_true(name, key)
        function = _function_of(event)
        try:
            answer = self.functions[function](event)
        except FunctionError as error:
            answer = {"errorType": error.kind, "errorMessage": str(error)}
        print(json.dumps({"event": path.stem, "function": function, "answer": answer}), flush=True)
        return "errorType" not in (answer or {})

    def fill(self) -> None:
        """Put the samples into the bucket and index them."""
        template = json.loads((CHECKOUT / "events" / "s3_created.json").read_bytes())["Records"][0]
        paths = [path for folder in FOLDERS for path in sorted((self.pictures / folder).glob("*.png"))]
        records = []
        for path in paths:
            key = path.relative_to(self.pictures).as_posix()
            self._put(key)
            body = json.loads(template["body"])
            # The first of all sequencers: whatever event comes then is newer.
            body["Records"][0]["s3"]["object"] |= {"key": quote_plus(key), "sequencer": "00"}
            records.append(template | {"body": json.dumps(body), "messageId": key})
        answer = self.functions["index_images"]({"Records": records})
        assert answer == {"batchItemFailures": []}, answer

    def _make_true(self, name: str, key: str) -> None:
        if not name.startswith("ObjectCreated:"):
            self.s3.delete_object(Bucket=IMAGES, Key=key)
        elif key.endswith(".json"):
            self.s3.put_object(Bucket=IMAGES, Key=key, Body=_SIDECAR)
        else:
            self._put(key)

    def _put(self, key: str) -> None:
        path = self.pictures / key
        if not path.is_file():  # a name that only the events know
            path = self.pictures / FOLDERS[0] / "frog.png"
        words = json.loads(path.with_suffix(".json").read_bytes())
        metadata = {"caption": words["caption"], "tags": ",".join(words["tags"])}
        self.s3.put_object(Bucket=IMAGES, Key=key, Body=path.read_bytes(), Metadata=metadata, ContentType="image/png")


def _changes(event: Event) -> Iterator[tuple[str, str]]:
    """Event name and key of what happened to the bucket, if the event is of a bucket."""
    for record in event.get("Records", []):
        body = json.loads(record["body"])
        body = json.loads(body["Message"]) if "Message" in body else body
        for each in body.get("Records", []):
            yield each["eventName"], unquote_plus(each["s3"]["object"]["key"])


def _function_of(event: Event) -> str:
    if "Records" in event:
        return "index_images"
    if "Items" in event:
        return "backfill_images"
    return "search_api" if "httpMethod" in event else "manage_index"


@contextmanager
def _library(pictures: Path, opensearch: str | None) -> Iterator[_Library]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cloud = stack.enter_context(local_cloud(folder / "bucket"))
        url = stack.enter_context(_generation(opensearch)) if opensearch else f"sqlite:///{folder / 'index.sqlite'}"
        environment = {
            **cloud.environment(),
            "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
            "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
            "IMAGESEARCH_INDEX_URL": url,
            "IMAGESEARCH_MODEL_DIR": str(model_dir()),
            "IMAGESEARCH_CURSOR_SECRET": secrets.token_urlsafe(),
        }
        log = folder / "log"
        functions = {
            name: stack.enter_context(closing(_function(name, seconds, environment, log)))
            for name, seconds in _SECONDS.items()
        }
        stack.callback(lambda: sys.stderr.write(log.read_text() if log.exists() else ""))
        library = _Library(stack.enter_context(closing(cloud.s3())), pictures, functions)
        library.fill()
        yield library


def _function(name: str, seconds: int, environment: Mapping[str, str], log: Path) -> LambdaFunction:
    return LambdaFunction(Function(f"{name}.handler.handler", environment, seconds), concurrency=1, log=log)


@contextmanager
def _generation(opensearch: str) -> Iterator[str]:
    """The URL of an index of its own, which is deleted in the end."""
    server, manifest, library = connect(opensearch), load_manifest(model_dir()), f"invoke-{secrets.token_hex(4)}"
    administration.create(server, 1, manifest.space_id, manifest.descriptors, IndexSettings(), library=library)
    try:
        yield f"{opensearch.rstrip('/')}/{administration.alias_name(1, library=library)}"
    finally:
        server.request("DELETE", f"/{library}-*", seconds=60)


if __name__ == "__main__":
    sys.exit(main())
