"""What ONNX Runtime's options cost and save when many pictures of many shapes are described.

Run with `.venv/bin/python benchmarks/describing.py` (after `make samples model`). Each row is a process of its own that
describes the same pictures in mixed order: processor and wall milliseconds a picture, and the memory it took.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from imagesearch.images import read_query
from imagesearch.manifest import MODEL_FILE, load_manifest


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run the model."""

    callers: int
    """Python threads that describe, each its own picture."""
    threads: int
    """Threads of ONNX Runtime for one picture."""
    plans: bool = False
    """Keep a plan of memory for every shape (ONNX Runtime's default)."""
    arena: bool = True
    """Keep memory for the next run (ONNX Runtime's default)."""
    shrinkage: bool = False
    """... but give it back after every run."""


VARIANTS = (
    Variant(callers=1, threads=1),
    Variant(callers=1, threads=2),
    Variant(callers=2, threads=1),
    Variant(callers=2, threads=2),
    Variant(callers=2, threads=1, plans=True),
    Variant(callers=2, threads=1, plans=True, shrinkage=True),
    Variant(callers=2, threads=1, shrinkage=True),
    Variant(callers=2, threads=1, arena=False),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, default=Path(".cache/samples/pictures"))
    parser.add_argument("--model", type=Path, default=Path("layers/model"))
    parser.add_argument("--limit", type=int, default=200, help="pictures at most")
    parser.add_argument("--variant", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.variant:
        print(json.dumps(_measured(Variant(**json.loads(options.variant)), options)))
        return

    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| callers x threads | memory | wall ms | processor ms | MiB at the end | MiB at most |")
    print("|---|---|---|---|---|---|")
    for variant in VARIANTS:
        command = [sys.executable, *sys.argv, "--variant", json.dumps(asdict(variant))]
        figures = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)  # noqa: S603 - ourselves
        memory = [name for name in ("plans", "arena", "shrinkage") if getattr(variant, name)] or ["no arena"]
        print(
            f"| {variant.callers} x {variant.threads} | {', '.join(memory)} | {figures['wall']:.1f} "
            f"| {figures['cpu']:.1f} | {figures['end']:.0f} | {figures['peak']:.0f} |"
        )


def _measured(variant: Variant, options: argparse.Namespace) -> dict[str, float]:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = variant.threads
    settings.enable_mem_pattern = variant.plans
    settings.enable_cpu_mem_arena = variant.arena
    settings.log_severity_level = 3
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(options.model / MODEL_FILE, settings, providers=["CPUExecutionProvider"])
    run = onnxruntime.RunOptions()
    if variant.shrinkage:
        run.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    sizing = load_manifest(options.model).sizing
    paths = sorted(path for path in options.pictures.rglob("*") if path.suffix in {".png", ".jpg"})
    random.Random(0).shuffle(paths)  # noqa: S311 - an order, not a secret
    queries = [read_query(path.read_bytes(), sizing=sizing, max_pixels=10**9) for path in paths[: options.limit]]
    pixels = [query.pixels[None] for query in queries]
    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(variant.callers) as pool:
        list(pool.map(lambda each: session.run(None, {"pixels": each}, run), pixels))
    return {
        "wall": 1000 * (time.perf_counter() - wall) / len(pixels),
        "cpu": 1000 * (time.process_time() - cpu) / len(pixels),
        "end": int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    main()
