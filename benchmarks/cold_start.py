"""How long the functions take to load from the layers as Lambda lays them out, with bytecode and without.

Run with `.venv/bin/python benchmarks/cold_start.py` (after `make layers`, on Linux). Every time a new process, started
with nothing but the interpreter, the function and its layers; bytecode and sources take turns. `sources` is what
layers without `.pyc` cost at every cold start: /opt is read-only, so nothing that Python compiles is kept.

Medians of times told by the process itself: Python's own start is not in them, nor what Lambda does to fetch the code.
Files are in the page cache; on a new machine of Lambda's they are not.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "tests" / "support"))  # where the tests lay layers out, too

from laid_out import LaidOut, laid_out, runnable  # noqa: E402 - after the path above
from retrieval_quality import machine  # noqa: E402 - the benchmark beside this one

from build_layers.building import MODEL, OUTPUT, build_model, build_product, build_runtime  # noqa: E402 - as above

PROGRESS = Console(stderr=True)
LIBRARIES = ("boto3", "numpy", "onnxruntime", "PIL.Image", "opensearchpy", "pydantic", "aws_xray_sdk.core")
FUNCTIONS = tuple(path.parent.name for path in sorted((REPOSITORY / "functions").glob("*/handler.py")))
PRELOADED = ("search_api", "index_images")
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "IMAGESEARCH_IMAGE_BUCKET": "images",
    "IMAGESEARCH_DERIVED_BUCKET": "derived",
    "IMAGESEARCH_INDEX_URL": "https://index.example/images-g1",
    "IMAGESEARCH_CURSOR_SECRET": "never used",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    target, interpreter = runnable()
    layers = [
        build_runtime(OUTPUT, target, interpreter),
        build_product(OUTPUT, interpreter),
        build_model(OUTPUT, 1, MODEL),
    ]
    with laid_out(layers, interpreter) as compiled, laid_out(layers, interpreter) as sources:
        for path in sources.opt.rglob("*.pyc"):
            path.unlink()
        kinds = {"bytecode": compiled, "sources": sources}
        rows = {name: measured(kinds, [name], {}, options.rounds) for name in LIBRARIES}
        for name in FUNCTIONS:
            rows[f"{name}.handler"] = measured(kinds, [f"{name}.handler"], ENVIRONMENT, options.rounds)
        for name in PRELOADED:
            preload = {**ENVIRONMENT, "IMAGESEARCH_PRELOAD_MODEL": "true"}
            rows[f"{name}, model and decoder"] = measured(kinds, [f"{name}.handler"], preload, options.rounds)
    table = Table(title=f"Milliseconds to load, median of {options.rounds}", title_justify="left")
    for heading in ("", *kinds):
        table.add_column(heading, justify="right" if heading else "left")
    for name, times in rows.items():
        table.add_row(name, *(f"{1000 * each:.0f}" for each in times))
    Console().print(table)
    version, found = interpreter.version.split()[0], machine()
    print(f"{found['processor']}, {found['cores']} cores, Python {version}; load at the end {os.getloadavg()[0]:.1f}")


def measured(
    kinds: Mapping[str, LaidOut], modules: Sequence[str], environment: Mapping[str, str], rounds: int
) -> list[float]:
    """Median seconds of each kind, which take turns."""
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in track(range(rounds), f"{modules[0]:<24}", transient=True, console=PROGRESS):
        for kind, laid in kinds.items():
            times[kind].append(laid.run("seconds", modules, environment))
    return [statistics.median(each) for each in times.values()]


if __name__ == "__main__":
    main()
