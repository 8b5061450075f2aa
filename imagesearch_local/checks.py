"""What `imagesearch doctor` looks at: each check says what it found and, where that is bad, what to do."""

from __future__ import annotations

import importlib
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from imagesearch.errors import ModelMissing
from imagesearch_local import running
from imagesearch_local.loopback import LOOPBACK
from imagesearch_local.servers.docker import docker_version
from imagesearch_local.servers.errors import ToolMissing
from imagesearch_local.servers.java import find_java, find_maven

State = Literal["ok", "warn", "fail"]
_LIBRARIES = (
    "apsw",
    "boto3",
    "httpx",
    "moto",
    "numpy",
    "onnxruntime",
    "pi_heif",
    "PIL",
    "pydantic",
    "rich",
    "typer",
    "werkzeug",
)
_ROOM_BYTES = 2 * 1024**3
"""What the samples take in all: download, unpacked pictures, bucket and index, with some to spare."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the diagnosis."""

    name: str
    state: State
    found: str
    advice: str = ""


def diagnose(*, port: int, model_dir: Path, samples: Path, data: Path) -> Iterator[Check]:
    """Check one thing after the other; a check that breaks is itself a finding."""
    checks: dict[str, Callable[[], Check]] = {
        "python": _python,
        "libraries": _libraries,
        "sqlite-vec": _sqlite_vec,
        "model": lambda: _model(model_dir),
        "samples": lambda: _samples(samples),
        "java": _java,
        "maven": _maven,
        "docker": _docker,
        "disk": lambda: _disk(data),
        "port": lambda: _port(port),
    }
    for name, check in checks.items():
        try:
            yield check()
        except Exception as error:  # noqa: BLE001 - whatever breaks here is what the user wants to know
            yield Check(name, "fail", f"{type(error).__name__}: {error}", "run `make setup` again")


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("python", "ok", version)
    return Check("python", "fail", version, "use Python 3.11, 3.12 or 3.13 and run `make setup` again")


def _libraries() -> Check:
    missing = []
    for name in _LIBRARIES:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{name} ({error})")
    if missing:
        return Check("libraries", "fail", f"can't import {', '.join(missing)}", "run `make setup`")
    return Check("libraries", "ok", f"all {len(_LIBRARIES)} can be imported")


def _sqlite_vec() -> Check:
    import apsw  # noqa: PLC0415 - checked above, and its absence must not break the other checks
    import sqlite_vec  # noqa: PLC0415

    connection = apsw.Connection(":memory:")
    connection.enable_load_extension(True)
    connection.load_extension(sqlite_vec.loadable_path())
    [(version,)] = connection.execute("select vec_version()")
    connection.execute("create virtual table words using fts5(caption, tokenize = 'porter unicode61')")
    return Check("sqlite-vec", "ok", f"{version} in SQLite {apsw.sqlite_lib_version()} with FTS5")


def _model(model_dir: Path) -> Check:
    from imagesearch.describer import load_describer  # noqa: PLC0415 - imports onnxruntime, which may be what is broken

    try:
        manifest = load_describer(model_dir, threads=1).manifest
    except ModelMissing as error:
        return Check("model", "fail", str(error))
    return Check("model", "ok", f"{manifest.name}, {manifest.precision}, build {manifest.build_id} loads")


def _samples(samples: Path) -> Check:
    pictures = sum(1 for _ in samples.rglob("*.png")) if samples.is_dir() else 0
    if pictures:
        return Check("samples", "ok", f"{pictures} pictures at {samples}")
    return Check("samples", "warn", "not fetched yet", "`imagesearch up` fetches them, unless told --no-samples")


def _java() -> Check:
    try:
        java = find_java()
    except ToolMissing as error:
        return Check("java", "warn", str(error), "needed for `imagesearch opensearch` alone")
    return Check("java", "ok", f"Java {java.major} at {java.path}, for `imagesearch opensearch`")


def _maven() -> Check:
    try:
        return Check("maven", "ok", f"{find_maven()}, fetches OpenSearch")
    except ToolMissing as error:
        return Check("maven", "warn", str(error), "needed for `imagesearch opensearch` alone")


def _docker() -> Check:
    version = docker_version()
    if version is None:
        return Check("docker", "ok", "does not run here, and nothing needs it")
    return Check("docker", "ok", f"{version} runs: compose.yaml has OpenSearch, Dashboards and LocalStack")


def _disk(data: Path) -> Check:
    folder = next(path for path in (data, *data.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    found = f"{free / 1024**3:.1f} GiB free at {folder}"
    return Check("disk", "ok", found) if free >= _ROOM_BYTES else Check("disk", "warn", found, "make some room")


def _port(port: int) -> Check:
    status = running.fetch_status(port)
    if status is not None:
        if trouble := running.trouble(status):
            found = f"imagesearch runs on {port}, and its index does not answer: {trouble.rstrip('.')}"
            return Check("port", "fail", found, f"see to {running.index_place(status)}")
        how = "ready" if status["ready"] else "starting"
        return Check("port", "ok", f"imagesearch runs on {port} ({how}), {status['images']:,} images")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            advice = "choose another one with --port"
            return Check("port", "fail", f"{port} is taken by another program", advice)
    return Check("port", "ok", f"{port} is free")
