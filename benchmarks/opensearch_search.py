"""How fast an index of OpenSearch is searched, beside the exact search that comparable projects send.

Run with `.venv/bin/python benchmarks/opensearch_search.py` (after `make samples model`). Libraries of several sizes are
made of the sample pictures (see mixed_library.py), written through the product's own index and merged to one segment.
Then, for one query after the other, with the turn changing from query to query, so that a slow moment of the machine
hits all alike (no query is sent twice, and the server forgets first what it kept, so that no cache answers):

- ours: a request to `search_api`'s handler, in this process, as API Gateway sends it; all of it is timed, from the
  event to the answer with its links. The query is an image of the library by its id, so that no time of the model is
  in it; words; or both;
- theirs: one `script_score` query over all vectors through opensearch-py: `knn_score` (k-NN's own), or
  `--brute painless` with `cosineSimilarity` in Painless; beside words as a `bool` of both.

Recall is the share of the ten hits that are among the true ten best: as numpy computes them of all vectors (and of the
exact scores of the words' matches).
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from development import MODEL, read_samples
from mixed_library import (
    BATCH,
    BINS,
    HEAP_MIB,
    LONGEST,
    PATIENCE,
    Library,
    bytes_on_disk,
    histogram,
    merge,
    mixed,
    neighbours,
    new_generation,
    real_vectors,
    server,
)
from opensearchpy import OpenSearch
from retrieval_quality import machine
from rich.console import Console
from rich.progress import track
from rich.table import Table
from search_rivals import (
    KINDS,
    exact_scores,
    functions,
    our_event,
    our_hits,
    ours,
    queries,
    recall,
    their_body,
    their_hits,
    theirs,
    watched,
)

from imagesearch.adapters.opensearch.client import Connection
from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.describer import load_describer

T = TypeVar("T")
WARM_UP = 100
"""Queries that are not counted: the server compiles what it runs often."""


@dataclass
class Measured:
    """Of one kind of search, in milliseconds."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    recall: list[float] = field(default_factory=list)
    their_recall: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    """Of ours to OpenSearch, ..."""
    waited: list[float] = field(default_factory=list)
    """... how long they took, ..."""
    took: list[float] = field(default_factory=list)
    """... and how long OpenSearch says that it worked."""


def main() -> None:
    options = _options()
    console = Console()
    describer = load_describer(options.model, 2)
    samples = read_samples(options.pictures, describer, console)
    sizes = sorted(options.sizes)
    library = mixed(samples, describer.manifest, sizes[-1], options.seed)
    figures: dict[str, Any] = {
        "machine": machine(),
        "model": describer.manifest.build_id,
        "neighbours": {"real": histogram(neighbours(real_vectors(samples)))},
        "sizes": {},
    }
    with server(options.url, options.heap) as url:
        for size in sizes:
            part = library.first(size)
            figures["neighbours"][f"{size:,}"] = histogram(neighbours(part.vectors))
            figures["sizes"][size] = _of_size(part, url, options, console)
    _report(figures, options, console)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="images in the libraries")
    parser.add_argument("--queries", type=int, default=150, help="of each kind")
    parser.add_argument(
        "--brute",
        choices=("knn_score", "painless"),
        default="knn_score",
        help="painless needs k-NN's functions in it",
    )
    parser.add_argument("--profile", action="store_true", help="show where the time goes")
    parser.add_argument("--url", help="of an OpenSearch that is there; else one is started")
    parser.add_argument("--heap", type=int, default=HEAP_MIB, help="MiB, of the one that is started")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--pictures", type=Path, help="[default: the samples in the cache]")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


def _of_size(library: Library, url: str, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    size = len(library.vectors)
    with new_generation(url, library.manifest) as connection:
        index = OpenSearchIndex(connection)
        started = time.perf_counter()
        batches = library.batches(size)
        for batch in track(batches, f"Writing {size:,} images", -(-size // BATCH), console=console, transient=True):
            assert {written.outcome for written in index.write(batch, deadline=time.monotonic() + PATIENCE)} == {
                "written"
            }
        written = time.perf_counter()
        merge(connection)
        merged = time.perf_counter()
        with functions(f"{url}/{connection.alias}", options.model):
            found = _measured(library, url, connection, options, console)
        return {
            "images_per_second": size / (written - started),
            "merge_seconds": merged - written,
            "bytes": bytes_on_disk(connection),
            "searches": {kind: _figures(measured) for kind, measured in found.items()},
        }


def _measured(
    library: Library, url: str, connection: Connection, options: argparse.Namespace, console: Console
) -> dict[str, Measured]:
    index, client = OpenSearchIndex(connection), OpenSearch(url)
    asked = queries(library, index, len(KINDS) * (WARM_UP + options.queries), options.seed)
    exact = {query: exact_scores(query, library, index) for query in asked}
    numbers = {library.ref(number).image_id: number for number in range(len(library.vectors))}
    found = {kind: Measured() for kind in KINDS}
    connection.request("POST", f"/{connection.alias}/_cache/clear")
    with watched() as requests:
        for number, query in enumerate(track(asked, "Searching", console=console, transient=True)):
            kind, turn = KINDS[number % len(KINDS)], number // len(KINDS)
            measured = found[kind] if turn >= WARM_UP else Measured()
            body = their_body(query, kind, library, options.brute)
            ways: dict[str, Callable[[], Any]] = {
                "ours": partial(ours, our_event(query, kind, library)),
                "theirs": partial(theirs, client, connection.alias, body),
            }
            if kind == "text":
                del ways["theirs"]
            answers: dict[str, Any] = {}
            for way in sorted(ways, reverse=turn % 2 == 1):
                requests.clear()
                milliseconds, answers[way] = _timed(ways[way])
                getattr(measured, way).append(milliseconds)
                if way == "ours":
                    measured.requests.append(len(requests))
                    measured.waited.append(sum(waited for waited, _ in requests))
                    measured.took.append(sum(took for _, took in requests))
            if kind != "text":
                best = exact[query][kind]
                measured.recall.append(recall([numbers[hit] for hit in our_hits(answers["ours"])], best))
                rival = their_hits(answers["theirs"], query, library)
                measured.their_recall.append(recall([numbers[hit] for hit in rival], best))
    return found


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Milliseconds, and what came of it."""
    started = time.perf_counter()
    answer = work()
    return 1000 * (time.perf_counter() - started), answer


def _figures(measured: Measured) -> dict[str, float]:
    figures = {
        "median_ms": statistics.median(measured.ours),
        "p99_ms": float(np.percentile(measured.ours, 99)),
        "requests": statistics.median(measured.requests),
        "waited_ms": statistics.median(measured.waited),
        "took_ms": statistics.median(measured.took),
    }
    if measured.theirs:
        figures |= {
            "their_median_ms": statistics.median(measured.theirs),
            "their_p99_ms": float(np.percentile(measured.theirs, 99)),
            "times_faster": statistics.median(measured.theirs) / figures["median_ms"],
            "recall": statistics.mean(measured.recall),
            "their_recall": statistics.mean(measured.their_recall),
        }
    return figures


def _report(figures: dict[str, Any], options: argparse.Namespace, console: Console) -> None:
    console.print(f"{figures['machine']}, {options.queries} queries of each kind\n")
    distances = Table(title="Cosine distance to the nearest neighbour: share of images", title_justify="left")
    distances.add_column("distance", justify="right")
    for name in figures["neighbours"]:
        distances.add_column(name, justify="right")
    for at in range(BINS):
        edges = f"{LONGEST * at / BINS:.2f} to {LONGEST * (at + 1) / BINS:.2f}" + ("+" if at + 1 == BINS else "")
        distances.add_row(edges, *(f"{shares[at]:.3f}" for shares in figures["neighbours"].values()))
    console.print(distances)

    table = Table(title=f"\nMilliseconds; theirs: {options.brute}", title_justify="left")
    for name in ("images", "search", "ours", "p99", "theirs", "p99", "times faster", "recall@10", "theirs"):
        table.add_column(name, justify="right")
    for size, of_size in figures["sizes"].items():
        for kind, found in of_size["searches"].items():
            rival = ("their_median_ms", "their_p99_ms", "times_faster")
            recalls = ("recall", "their_recall")
            table.add_row(
                f"{size:,}",
                kind,
                *(f"{found[name]:.1f}" for name in ("median_ms", "p99_ms")),
                *(f"{found[name]:.1f}" if name in found else "" for name in rival),
                *(f"{found[name]:.3f}" if name in found else "" for name in recalls),
            )
    console.print(table)
    sizes = list(figures["sizes"])
    for kind in KINDS if len(sizes) > 1 else ():
        least, most = (figures["sizes"][size]["searches"][kind]["median_ms"] for size in (sizes[0], sizes[-1]))
        console.print(f"{kind}: from {sizes[0]:,} to {sizes[-1]:,} images the median grows by {most / least:.2f}")
    for size, of_size in figures["sizes"].items():
        console.print(
            f"{size:,} images: written at {of_size['images_per_second']:.0f} a second, merged in"
            f" {of_size['merge_seconds']:.0f} s, {of_size['bytes'] / 2**20:.0f} MiB"
        )
    if options.profile:
        console.print(_profile(figures))


def _profile(figures: dict[str, Any]) -> Table:
    """Where the median goes: OpenSearch at work, the way there and back with both ends' JSON, and our own code."""
    table = Table(title="\nWhere ours goes, in milliseconds (medians)", title_justify="left")
    for name in ("images", "search", "requests", "OpenSearch", "to and fro", "our own code"):
        table.add_column(name, justify="right")
    for size, of_size in figures["sizes"].items():
        for kind, found in of_size["searches"].items():
            parts = (
                found["took_ms"],
                found["waited_ms"] - found["took_ms"],
                found["median_ms"] - found["waited_ms"],
            )
            table.add_row(f"{size:,}", kind, f"{found['requests']:.0f}", *(f"{part:.1f}" for part in parts))
    return table


if __name__ == "__main__":
    main()
