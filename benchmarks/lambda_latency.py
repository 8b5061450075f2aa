"""How long both functions take as Lambda runs them: on a cold start, and warm.

Run with `.venv/bin/python benchmarks/lambda_latency.py` (after `make samples model`). The functions are processes of
their own under Lambda's emulator. Of each kind of event, in each round:

- cold: a process that was not there before starts, loads the function and answers one event; all that Lambda would do
  but fetch the code. Each kind gets a new process, because each loads what it needs and no more;
- warm: further events to that process, one after the other; each is timed by itself.

Pictures to index are never the same twice, since what is known is not computed again. The bucket is the local one
(moto), a server process of its own. The index is SQLite; or OpenSearch with `--opensearch URL`, where this makes an
index of its own and deletes it in the end.
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import track

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "tests" / "support"))  # where the tests start such processes, too

from indexing import BATCH, bucket, event_of  # noqa: E402 - the benchmark beside this one
from lambda_processes import Function, LambdaProcess  # noqa: E402 - as above
from retrieval_quality import machine  # noqa: E402 - the benchmark beside this one

from imagesearch.adapters.opensearch import administration  # noqa: E402 - together with all of ours
from imagesearch.adapters.opensearch.client import connect  # noqa: E402
from imagesearch.manifest import load_manifest  # noqa: E402
from imagesearch.settings import IndexSettings  # noqa: E402
from imagesearch_local.cloud.resources import DERIVED, IMAGES  # noqa: E402

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Event = dict[str, Any]
KINDS = ("search by words", "search by picture", "search by both", "index a picture")


@dataclass
class Measured:
    """Of one kind of event, in milliseconds."""

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    peak_mib: float = 0
    """Resident memory of the function's process at most, without that of its decoder."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, default=REPOSITORY / ".cache" / "samples")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "layers" / "model")
    parser.add_argument("--library", type=int, default=200, help="pictures that are indexed beforehand")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=int, default=20, help="events of each kind in each round")
    parser.add_argument("--opensearch", metavar="URL", help="such as http://127.0.0.1:9201")
    parser.add_argument("--log", type=Path, help="keep there what the functions print")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    pictures = sorted((options.pictures / "pictures").rglob("*.png"))
    queries = sorted((options.pictures / "queries").glob("*.jpg"))
    needed = options.library + options.rounds * (options.warm + 1)
    if len(pictures) < needed or not queries:
        parser.error(f"{needed} pictures are needed, {len(pictures)} are there: run `make samples`, or measure less")

    with tempfile.TemporaryDirectory() as folder:
        log = options.log or Path(folder) / "log"
        with _index(options.opensearch, options.model, Path(folder)) as url, bucket(Path(folder)) as cloud:
            environment = {
                **cloud.environment(),
                "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
                "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
                "IMAGESEARCH_INDEX_URL": url,
                "IMAGESEARCH_MODEL_DIR": str(options.model.resolve()),
                "IMAGESEARCH_CURSOR_SECRET": "not secret",
            }
            with closing(cloud.s3()) as s3:
                library = _Library(environment, s3, pictures[:needed], log)
                library.index(options.library)
                figures = _measured(library, queries, options.rounds, options.warm)
    _print(figures, options)
    if options.json:
        report = {kind: vars(measured) for kind, measured in figures.items()}
        options.json.write_text(json.dumps({"machine": machine(), "figures": report}, indent=2) + "\n")


class _Library:
    """Pictures in the bucket, of which some are indexed and the next ones wait."""

    def __init__(self, environment: Mapping[str, str], s3: S3Client, pictures: Sequence[Path], log: Path) -> None:
        self.environment = environment
        self.log = log
        self._keys = [path.as_posix() for path in pictures]
        self._next = 0
        for path in track(pictures, "Filling the bucket"):
            caption = path.stem.replace("-", " ")
            s3.put_object(Bucket=IMAGES, Key=path.as_posix(), Body=path.read_bytes(), Metadata={"caption": caption})

    def words(self, number: int) -> str:
        """Such as find something: the first link to a picture costs a cold function more than the search."""
        return Path(self._keys[number]).stem.replace("-", " ")

    def events(self, size: int) -> Event:
        """The event of the next pictures."""
        first, self._next = self._next, self._next + size
        return event_of(self._keys[first : self._next], first)

    def index(self, pictures: int) -> None:
        with closing(self.process("index_images", 300)) as process:
            for start in track(range(0, pictures, BATCH), "Indexing the library"):
                assert process(self.events(min(BATCH, pictures - start))) == {"batchItemFailures": []}

    def process(self, function: str, seconds: int) -> LambdaProcess:
        made = LambdaProcess(Function(f"{function}.handler.handler", self.environment, seconds), self.log)
        made.start()
        return made


def _measured(library: _Library, queries: Sequence[Path], rounds: int, warm: int) -> dict[str, Measured]:
    figures = {kind: Measured() for kind in KINDS}
    for _ in track(range(rounds), "Measuring"):
        for kind, measured in figures.items():
            indexing = kind == "index a picture"
            events = [
                library.events(1) if indexing else _search(kind, library.words(number), queries[number % len(queries)])
                for number in range(warm + 1)
            ]
            with closing(library.process("index_images" if indexing else "search_api", 60)) as process:
                first, *others = [_timed(process, event) for event in events]
                measured.peak_mib = max(measured.peak_mib, _peak_mib(process.pids()[0]))
            measured.cold.append(first)
            measured.warm += others
    return figures


def _search(kind: str, text: str, picture: Path) -> Event:
    """As API Gateway sends it: a sample event with another question."""
    if kind == "search by words":
        event: Event = json.loads((REPOSITORY / "events" / "api_search.json").read_bytes())
        return event | {"body": json.dumps({"text": text})}
    event = json.loads((REPOSITORY / "events" / "api_search_picture.json").read_bytes())
    words = {"q": text} if kind == "search by both" else {}
    return event | {
        "headers": event["headers"] | {"Content-Type": "image/jpeg"},
        "multiValueHeaders": event["multiValueHeaders"] | {"Content-Type": ["image/jpeg"]},
        "queryStringParameters": words or None,
        "multiValueQueryStringParameters": {name: [word] for name, word in words.items()} or None,
        "body": base64.b64encode(picture.read_bytes()).decode(),
    }


def _timed(process: LambdaProcess, event: Event) -> float:
    started = time.perf_counter()
    answer = process(event)
    took = 1000 * (time.perf_counter() - started)
    assert answer == {"batchItemFailures": []} or answer["statusCode"] == 200, answer
    return took


def _peak_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


@contextmanager
def _index(opensearch: str | None, model: Path, folder: Path) -> Iterator[str]:
    """Its URL, as the functions are told it."""
    if opensearch is None:
        yield f"sqlite:///{folder / 'index.sqlite'}"
        return
    manifest, library = load_manifest(model), f"latency-{secrets.token_hex(4)}"
    connection = connect(f"{opensearch.rstrip('/')}/{library}")
    administration.create(connection, 1, manifest.space_id, manifest.descriptors, IndexSettings(), library=library)
    try:
        yield f"{opensearch.rstrip('/')}/{administration.alias_name(1, library=library)}"
    finally:
        name = administration.physical_name(1, manifest.space_id, library=library)
        connection.request("DELETE", f"/{name}")


def _print(figures: Mapping[str, Measured], options: argparse.Namespace) -> None:
    index, on = "OpenSearch" if options.opensearch else "SQLite", machine()
    print(f"{options.rounds} rounds of {options.warm} warm events each; {options.library} pictures in {index}")
    print(f"{on['processor']}, {on['cores']} cores, load average {on['load_average']}, Python {on['python']}\n")
    print("| ms | cold, median | cold, worst | warm, median | warm, 95 of 100 | MiB at most |")
    print("|---|---|---|---|---|---|")
    for kind, measured in figures.items():
        tail = statistics.quantiles(measured.warm, n=20)[-1]
        cold, warm = statistics.median(measured.cold), statistics.median(measured.warm)
        print(f"| {kind} | {cold:.0f} | {max(measured.cold):.0f} | {warm:.1f} | {tail:.1f} | {measured.peak_mib:.0f} |")


if __name__ == "__main__":
    main()
