"""How fast an index of OpenSearch is filled, beside plain `helpers.bulk`.

Run with `.venv/bin/python benchmarks/opensearch_bulk.py` (after `make samples model`). In each round the same images
(see mixed_library.py) are written into new indexes of the same mapping, one after the other, taking turns:

- backfill: `ImageIndex.write` of what has no record yet, as a backfill calls it, by several writers at once, as there
  are several functions: finished documents with all that is filtered and searched;
- events: the same, as `index_images` writes what an event tells of: every image goes through the stored script that
  keeps events in order;
- helpers.bulk: documents with the vector as a list of Python, caption and tags, through `opensearchpy.helpers.bulk`
  with its default settings; they are simply put, and hold less.

Making the images is not timed; the refresh that makes all of them searchable is. Each way has written WARM_UP images
before, so that the server has compiled what it runs. `--writers 1` shows ours without concurrency. Client and server
share the machine, so that what the client computes is taken from the server: its processor time is shown, too (with
making the images). `--profile` writes once more in each way, and shows what the server is busy with.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from development import MODEL, read_samples
from mixed_library import BATCH, HEAP_MIB, PATIENCE, Library, bytes_on_disk, mixed, new_generation, server
from opensearchpy import OpenSearch, helpers
from retrieval_quality import machine
from rich.console import Console
from rich.progress import track
from rich.table import Table
from server_profile import OTHER, PARTS, java_process, profiled, share

from imagesearch.adapters.opensearch.client import Connection
from imagesearch.adapters.opensearch.index import OpenSearchIndex
from imagesearch.describer import load_describer
from imagesearch.records import SEMANTIC, Write

WARM_UP = 5000
"""Images, each way."""
THEIRS = "helpers.bulk"
Way = Callable[[Library, Connection, str], float]
"""Writes the library through the connection, which is to the OpenSearch of that URL. Gives the seconds it took."""


def main() -> None:
    options = _options()
    console = Console()
    describer = load_describer(options.model, 2)
    pictures, largest = read_samples(options.pictures, describer, console), max(options.count, WARM_UP)
    library = mixed(pictures, describer.manifest, largest, options.seed)
    ways: dict[str, Way] = {
        "backfill": partial(_ours, writers=options.writers, if_version=""),
        "events": partial(_ours, writers=options.writers, if_version=None),
        THEIRS: _theirs,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    computed: dict[str, list[float]] = {name: [] for name in ways}
    sizes: dict[str, int] = {}
    profiles: dict[str, Counter[str]] = {}
    with server(options.url, options.heap) as url:
        java = java_process(url) if options.profile else None  # before hours of measuring: it may not be here
        for way in track(ways.values(), "Warming up", console=console, transient=True):
            with new_generation(url, library.manifest) as connection:
                way(library.first(WARM_UP), connection, url)
        for number in track(range(options.rounds), "Writing", console=console, transient=True):
            for name in _turned([*ways], number):
                with new_generation(url, library.manifest) as connection:
                    before = time.process_time()
                    rates[name].append(options.count / ways[name](library.first(options.count), connection, url))
                    computed[name].append(1000 * (time.process_time() - before) / options.count)
                    sizes[name] = bytes_on_disk(connection)
        if java:
            for name, way in ways.items():
                with new_generation(url, library.manifest) as connection, profiled(java) as profiles[name]:
                    way(library.first(options.count), connection, url)
    figures: dict[str, Any] = {
        "machine": machine(),
        "images": options.count,
        "images_per_second": rates,
        # In each round by itself: what else the machine has to do changes from round to round.
        "times_as_fast": {
            name: statistics.median(ours / theirs for ours, theirs in zip(each, rates[THEIRS], strict=True))
            for name, each in rates.items()
        },
        "client_milliseconds": {name: statistics.median(each) for name, each in computed.items()},
        "bytes": sizes,
        "samples_of_server": profiles,
    }
    _report(figures, options, console)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="images")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--writers", type=int, default=4, help="batches of ours that are written at a time")
    parser.add_argument("--url", help="of an OpenSearch that is there; else one is started")
    parser.add_argument("--heap", type=int, default=HEAP_MIB, help="MiB, of the one that is started")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--pictures", type=Path, help="[default: the samples in the cache]")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--profile", action="store_true", help="of the server, which must run on this machine")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    return parser.parse_args()


def _turned(names: list[str], number: int) -> list[str]:
    """Each of them comes first in its turn."""
    start = number % len(names)
    return names[start:] + names[:start]


def _ours(library: Library, connection: Connection, _url: str, *, writers: int, if_version: str | None) -> float:
    """Seconds."""
    index = OpenSearchIndex(connection)
    batches = [
        [replace(write, if_version=if_version) for write in batch] for batch in library.batches(len(library.vectors))
    ]

    def write(batch: Sequence[Write]) -> set[str]:
        return {each.outcome for each in index.write(batch, deadline=time.monotonic() + PATIENCE)}

    started = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        outcomes = set().union(*pool.map(write, batches))
    seconds = time.perf_counter() - started
    assert outcomes == {"written"}, outcomes
    return seconds + _refreshed(connection, len(library.vectors))


def _theirs(library: Library, connection: Connection, url: str) -> float:
    """Seconds."""
    actions = list(_documents(library, connection.alias))
    client = OpenSearch(url, timeout=PATIENCE)  # patient on a busy machine, like ours
    started = time.perf_counter()
    helpers.bulk(client, actions)
    return time.perf_counter() - started + _refreshed(connection, len(actions))


def _documents(library: Library, index: str) -> Iterator[dict[str, Any]]:
    for number, vector in enumerate(library.vectors):
        words = library.words(number)
        ref = library.ref(number)
        yield {
            "_index": index,
            "_id": ref.image_id,
            "id": ref.image_id,
            "key": ref.key,
            "live": True,
            "text": {"caption": words.caption, "tags": ", ".join(words.tags or ())},
            "tag": list(words.tags or ()),
            "descriptor": {SEMANTIC: vector.tolist()},
        }


def _refreshed(connection: Connection, count: int) -> float:
    """Seconds until searches see all."""
    started = time.perf_counter()
    connection.request("POST", f"/{connection.alias}/_refresh", seconds=600)
    seconds = time.perf_counter() - started
    assert connection.request("GET", f"/{connection.alias}/_count")["count"] == count
    return seconds


def _report(figures: dict[str, Any], options: argparse.Namespace, console: Console) -> None:
    console.print(
        f"{figures['machine']}, {options.count:,} images, {options.rounds} rounds; ours in batches of {BATCH} by"
        f" {options.writers} writers\n"
    )
    table = Table()
    for name in (
        "",
        "images a second (each round)",
        "median",
        "times as fast",
        "client's processor, ms an image",
        "MiB",
    ):
        table.add_column(name, justify="right")
    for name, rates in figures["images_per_second"].items():
        table.add_row(
            name,
            ", ".join(f"{rate:.0f}" for rate in rates),
            f"{statistics.median(rates):.0f}",
            f"{figures['times_as_fast'][name]:.2f}",
            f"{figures['client_milliseconds'][name]:.2f}",
            f"{figures['bytes'][name] / 2**20:.0f}",
        )
    console.print(table)
    if figures["samples_of_server"]:
        console.print(_profile(figures["samples_of_server"]))


def _profile(samples: dict[str, Counter[str]]) -> Table:
    table = Table(title="What the server's processor does, % of each way's time")
    for name in ("", *samples):
        table.add_column(name, justify="right")
    for part in (*PARTS, OTHER):
        table.add_row(part, *(share(part, counts) for counts in samples.values()))
    return table


if __name__ == "__main__":
    main()
