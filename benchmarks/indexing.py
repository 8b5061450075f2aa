"""How fast pictures are indexed, beside what the model alone takes.

Run with `.venv/bin/python benchmarks/indexing.py` (after `make samples model`). In each round, one after the other so
that a slow moment of the machine hits both:

- model: pixels that are already decoded and sized are described, nothing else;
- index: `index_images` handles S3 events of the same pictures, in batches as the queue gives them: download, decoding,
  description, thumbnail, perceptual hash, derived data, all writes to bucket and index.

The bucket is the local one (moto), a server process of its own; index and model run in this process, on all its cores.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from imagesearch_local.cloud.resources import DERIVED, FUNCTION_SECONDS, IMAGES, Keys, LocalCloud
from imagesearch_local.relay.lambda_context import LambdaContext

BATCH = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, default=Path(".cache/samples/pictures"))
    parser.add_argument("--model", type=Path, default=Path("layers/model"))
    parser.add_argument("--limit", type=int, default=1000, help="pictures at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    paths = sorted(path for path in options.pictures.rglob("*") if path.suffix in {".png", ".jpg"})[: options.limit]
    if not paths:
        parser.error(f"no pictures under {options.pictures}: run `make samples` first")

    rounds = [_round(paths, options.model) for _ in range(options.rounds)]
    figures: dict[str, Any] = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    figures |= {"pictures": len(paths), "rounds": len(rounds), "machine": _machine()}
    _print(figures)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _round(paths: Sequence[Path], model: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, bucket(Path(folder)) as cloud:
        _configure(cloud, Path(folder), model)
        from imagesearch import bootstrap
        from imagesearch.settings import cores
        from index_images.handler import handler, logger

        logger.setLevel("WARNING")
        s3 = cloud.s3()
        for path in paths:
            s3.put_object(Bucket=IMAGES, Key=path.as_posix(), Body=path.read_bytes(), Metadata={"caption": path.stem})

        describer = bootstrap.index_describer()
        pixels = [bootstrap.query_reader()(path.read_bytes()) for path in paths]
        describer.describe(pixels[:2])

        def describe_all() -> None:
            with ThreadPoolExecutor(cores()) as pool:
                list(pool.map(lambda each: describer.describe([each]), pixels))

        def index_all() -> None:
            for start in range(0, len(paths), BATCH):
                event = event_of([path.as_posix() for path in paths[start : start + BATCH]], start)
                answer = handler(event, LambdaContext("index_images", FUNCTION_SECONDS))  # type: ignore[arg-type]  # all that is used
                assert answer == {"batchItemFailures": []}, answer

        model_wall, model_cpu = _timed(describe_all)
        index_wall, index_cpu = _timed(index_all)
        states = bootstrap.index().status().states
        assert states == {"indexed": len(paths)}, states
    return {
        "model_ms": 1000 * model_wall / len(paths),
        "index_ms": 1000 * index_wall / len(paths),
        "overhead_ms": 1000 * (index_wall - model_wall) / len(paths),
        "ratio": index_wall / model_wall,
        "pictures_per_second": len(paths) / index_wall,
        "model_cores": model_cpu / model_wall,
        "index_cores": index_cpu / index_wall,
        "overhead_cpu_ms": 1000 * (index_cpu - model_cpu) / len(paths),
    }


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor seconds, all threads together."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def event_of(keys: Sequence[str], first: int) -> dict[str, Any]:
    """As the queue hands them over: created, numbered from `first`."""
    return {"Records": [_record(key, first + number) for number, key in enumerate(keys)]}


def _record(key: str, number: int) -> dict[str, Any]:
    s3 = {"bucket": {"name": IMAGES}, "object": {"key": quote_plus(key), "sequencer": f"{number:016X}"}}
    return {
        "messageId": str(number),
        "receiptHandle": str(number),
        "body": json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": s3}]}),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:image-events",
    }


@contextmanager
def bucket(folder: Path) -> Iterator[LocalCloud]:
    """The local bucket in a process of its own, as a bucket is on AWS."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(folder / "bucket", theirs))
    process.start()
    try:
        endpoint, access, secret, queue, dead = ours.recv()
        yield LocalCloud(endpoint, Keys(access, secret), queue, dead)
    finally:
        ours.send("stop")
        process.join()


def _serve(folder: Path, pipe: Any) -> None:
    from imagesearch_local.cloud.bucket import local_cloud

    folder.mkdir(parents=True)
    with local_cloud(folder) as cloud:
        pipe.send(
            (cloud.endpoint, cloud.keys.access_key, cloud.keys.secret_key, cloud.queue_url, cloud.dead_letters_url)
        )
        pipe.recv()


def _configure(cloud: LocalCloud, folder: Path, model: Path) -> None:
    os.environ |= {
        **cloud.environment(),
        "AWS_EC2_METADATA_DISABLED": "true",
        "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
        "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
        "IMAGESEARCH_INDEX_URL": f"sqlite:///{folder / 'index.sqlite'}",
        "IMAGESEARCH_MODEL_DIR": str(model.resolve()),
        "IMAGESEARCH_CURSOR_SECRET": "not secret",
    }
    from imagesearch import bootstrap

    bootstrap.forget()


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    name = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())
    vnni = " with VNNI" if any("vnni" in line for line in lines) else ""
    return f"{name}{vnni}, {len(os.sched_getaffinity(0))} cores, Python {platform.python_version()}"


def _print(figures: dict[str, Any]) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{figures['pictures']} pictures, median of {figures['rounds']} rounds, {figures['machine']}\n")
    print("| | ms a picture | cores in use |\n|---|---|---|")
    print(f"| model alone | {figures['model_ms']:.1f} | {figures['model_cores']:.2f} |")
    print(f"| index_images, everything | {figures['index_ms']:.1f} | {figures['index_cores']:.2f} |")
    print(
        f"\n{figures['pictures_per_second']:.1f} pictures a second; {figures['overhead_ms']:.1f} ms a picture beside "
        f"the model ({figures['overhead_cpu_ms']:.1f} ms of processor time), {figures['ratio']:.2f} times its time; "
        f"{peak:.0f} MiB at most."
    )


if __name__ == "__main__":
    main()
