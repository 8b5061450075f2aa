"""How well do the variants of the model find pictures of the same class, and at what cost?

    python benchmarks/retrieval_quality.py [--pictures DIR] [--json FILE]

Every picture of a class with at least five is a query, itself left out of the answers; mean average precision (mAP) and
precision of the first five (P@5), both in percent. Class = folder; `symbols` and `cartoon` folders and pictures
without a caption beside them are left out. Time is the model's alone, the median picture,
measured after the descriptors with all variants taking turns, so that a busy machine is equally busy for each.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
import onnxruntime
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.metrics import average_precision_score

from imagesearch.records import Sizing
from model_export.fetch import cache_dir
from model_export.graph import INPUT, build_graph
from model_export.pictures import CALIBRATION, LabelledPicture, find_pictures, load, spread
from model_export.quantise import quantise
from model_export.sessions import open_session
from model_export.variant import Pooling, Precision
from model_export.weights import fetch_weights, read_layers, read_source

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
OTHER_CLASSES = {"symbols", "cartoon"}
SMALLEST_CLASS = 5
FIRST = 5
TIMED = 40
"""Pictures that time is measured on."""
RESAMPLINGS = ("bilinear", "bicubic", "lanczos")
SIZINGS = ("squeeze:224", "longest:224", "longest:256", "longest:320", "longest:384")


@dataclass(frozen=True, slots=True)
class Result:
    """One row of the table."""

    pooling: Pooling
    fit: str
    size: int
    precision: Precision
    mean_average_precision: float
    """Percent, as is the next."""
    precision_at_5: float
    milliseconds: float
    """A picture; the three poolings share one run of the network."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One network at one size: what to measure, and what was measured of its poolings."""

    sizing: Sizing
    precision: Precision
    session: Any
    timed: Sequence[LabelledPicture]
    scores: Mapping[Pooling, tuple[float, float]]


def development_set(folder: Path) -> list[Path]:
    """Captioned pictures, in name order. Raises typer.BadParameter where there are none."""
    paths = [
        path
        for path in find_pictures(folder)
        if not OTHER_CLASSES & set(path.relative_to(folder).parts) and _captioned(path)
    ]
    if not paths:
        raise typer.BadParameter(f"no captioned pictures in {folder}: run `make demo` once, or give --pictures DIR")
    return paths


def _captioned(path: Path) -> bool:
    beside = (path.with_suffix(".txt"), path.with_suffix(".json"), path.with_name(path.name + ".json"))
    return any(file.is_file() for file in beside)


def quality(descriptors: NDArray[np.float32], labels: Sequence[str]) -> tuple[float, float]:
    """Two figures in percent, mAP and P@5, of R x D unit vectors by their cosine."""
    classes = np.array(labels)
    sizes = Counter(labels)
    cosines = descriptors @ descriptors.T
    average, first = [], []
    for query, label in enumerate(labels):
        if sizes[label] < SMALLEST_CLASS:
            continue
        others = np.arange(len(labels)) != query
        relevant, scores = classes[others] == label, cosines[query, others]
        average.append(average_precision_score(relevant, scores))
        first.append(relevant[np.argsort(-scores, kind="stable")[:FIRST]].mean())
    return 100 * float(np.mean(average)), 100 * float(np.mean(first))


def measure(
    session: Any, loaded: Sequence[LabelledPicture], sizing: Sizing, precision: Precision, console: Console
) -> Candidate:
    """Describe every picture and score the three poolings."""
    pictures = track(loaded, f"{sizing.fit} {sizing.size} {precision}", console=console, transient=True)
    outputs = [session.run(list(POOLINGS), {INPUT: one.pixels[None]}) for one in pictures]
    labels = [one.label for one in loaded]
    scores = {
        pooling: quality(np.concatenate([output[index] for output in outputs]), labels)
        for index, pooling in enumerate(POOLINGS)
    }
    best = max(scores, key=lambda pooling: scores[pooling])
    console.print(f"{sizing.fit} {sizing.size} {precision}: {best} {scores[best][0]:.1f} mAP")
    return Candidate(sizing, precision, session, spread(loaded, TIMED), scores)


def results_of(candidates: Sequence[Candidate], console: Console) -> Iterator[Result]:
    """Time the candidates in turns, then one result for each pooling."""
    times: list[list[float]] = [[] for _ in candidates]
    for index in track(range(-1, TIMED), "Timing", console=console, transient=True):  # the first round only warms up
        for one, own in zip(candidates, times, strict=True):
            pixels = one.timed[max(0, index) % len(one.timed)].pixels[None]
            start = time.perf_counter()
            one.session.run(list(POOLINGS), {INPUT: pixels})
            if index >= 0:
                own.append(1000 * (time.perf_counter() - start))
    for one, own in zip(candidates, times, strict=True):
        for pooling, (mean_average, at_5) in one.scores.items():
            variant = (pooling, one.sizing.fit, one.sizing.size, one.precision)
            yield Result(*variant, round(mean_average, 2), round(at_5, 2), round(statistics.median(own), 1))


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    fields = {name.strip(): value.strip() for name, value in fields.items()}
    flags = set(fields.get("flags", "").split())
    return {
        "processor": fields.get("model name") or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "extensions": sorted(flags & {"avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8"}),
        "load_average": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
    }


def show(console: Console, results: Sequence[Result]) -> None:
    """The table, best mAP first."""
    shown = Table("pooling", "fit", "size", "precision", "mAP", "P@5", "ms")
    for one in sorted(results, key=lambda result: -result.mean_average_precision):
        scores = f"{one.mean_average_precision:.1f}", f"{one.precision_at_5:.1f}"
        shown.add_row(one.pooling, one.fit, str(one.size), one.precision, *scores, f"{one.milliseconds:.0f}")
    console.print(shown)


def parse_sizing(text: str) -> Sizing:
    """`fit:size` or `fit:size:resampling`."""
    fit, _, rest = text.partition(":")
    size, _, resampling = rest.partition(":")
    if fit not in ("squeeze", "longest") or resampling not in ("", *RESAMPLINGS) or not size.isdecimal():
        raise typer.BadParameter(f"{text!r} is not like squeeze:224 or longest:320:bicubic")
    return Sizing(int(size), fit, resampling or RESAMPLINGS[0])  # type: ignore[arg-type]  # both were just checked


def parse_precision(text: str) -> Precision:
    """`fp32` or `int8`."""
    known: dict[str, Precision] = {name: name for name in get_args(Precision)}
    if text not in known:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(known)}")
    return known[text]


def main(
    *,
    pictures: Annotated[Path | None, typer.Option(help="[default: the samples in the cache]", file_okay=False)] = None,
    sizing: Annotated[list[str] | None, typer.Option(help="fit:size or fit:size:resampling; repeatable.")] = None,
    precision: Annotated[list[str] | None, typer.Option(help="fp32 or int8; repeatable. [default: both]")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the results here too.")] = None,
) -> None:
    """Measure pooling x sizing x precision by class retrieval."""
    console = Console()
    folder = pictures or cache_dir() / "samples" / "pictures"
    paths = development_set(folder)
    layers = read_layers(read_source(fetch_weights()))
    fp32 = build_graph(layers, {pooling: pooling for pooling in POOLINGS})
    precisions = [parse_precision(text) for text in precision or get_args(Precision)]
    original = open_session(fp32)
    candidates = []
    for rule in [parse_sizing(text) for text in sizing or SIZINGS]:
        loaded = load(paths, folder, rule)
        for one in precisions:
            session = original
            if one == "int8":
                session = open_session(quantise(fp32, [picture.pixels for picture in spread(loaded, CALIBRATION)]))
            candidates.append(measure(session, loaded, rule, one, console))
    results = list(results_of(candidates, console))
    labels = Counter(one.label for one in loaded)
    queries = sum(count for count in labels.values() if count >= SMALLEST_CLASS)
    classes = sum(count >= SMALLEST_CLASS for count in labels.values())
    where = machine()
    console.print(f"{queries} queries of {classes} classes over {len(loaded)} pictures; {json.dumps(where)}")
    show(console, results)
    if json_file:
        summary = {"machine": where, "pictures": len(loaded), "queries": queries, "classes": classes}
        json_file.write_text(json.dumps({**summary, "results": [asdict(one) for one in results]}, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
