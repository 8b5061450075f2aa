"""What a Java server of this machine computes: samples of its Flight Recorder, by part of the work.

Needs `jcmd` and `jfr`, which come with a JDK (`apt-get install openjdk-17-jdk-headless`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

PARTS = {
    "graph of vectors": ("util/hnsw/", "HnswVectors", "KnnVectorsWriter"),
    "script, and reading what it changes": ("painless", "opensearch/script", "UpdateHelper"),
    "parsing documents": ("DocumentParser",),
    "analysing text": ("lucene/analysis", "java/util/regex"),
    "stored fields": ("StoredField", "compressing"),
    "other fields": ("IndexingChain", "SegmentMerger"),
    "taking requests": ("netty", "BulkRequest"),
}
"""In what classes: a sample belongs to the first part that has one anywhere in its stack."""
OTHER = "the rest"
_DEPTH = "64"
"""Frames of a stack: as many as are recorded."""
_RECORDING = "name=imagesearch"


def java_process(url: str) -> str:
    """The id of the process that was told to listen there. Ends the program where there is none to profile."""
    told = f" -baseHttpPort {(urlsplit(url).port or 0) - 1} "  # the runner adds the number of the node
    found = [line.split()[0] for line in _said("jcmd", "-l").splitlines() if told in line]
    if not found:
        sys.exit(
            f"No server at {url} can be profiled: it must run on this machine, for the same user, started by this"
            " program (without --url) or by `imagesearch opensearch start`."
        )
    return found[0]


@contextmanager
def profiled(process: str) -> Iterator[Counter[str]]:
    """Count samples of a `java_process` by part; the counts are there when the block has ended."""
    counts = Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "samples.jfr"
        _said("jcmd", process, "JFR.start", _RECORDING, "settings=profile")
        try:
            yield counts
        finally:
            _said("jcmd", process, "JFR.stop", _RECORDING, f"filename={file}")
        said = _said("jfr", "print", "--json", "--stack-depth", _DEPTH, "--events", "jdk.ExecutionSample", str(file))
    for event in json.loads(said)["recording"]["events"]:
        counts[_part([frame["method"]["type"]["name"] for frame in event["values"]["stackTrace"]["frames"]])] += 1


def share(part: str, counts: Counter[str]) -> str:
    """Of all samples, in percent; says so where there are none: they are taken every 10 ms."""
    return f"{counts[part] / counts.total():.0%}" if counts else "no samples: too short"


def _part(stack: list[str]) -> str:
    return next((part for part, names in PARTS.items() if any(name in at for at in stack for name in names)), OTHER)


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - written above
