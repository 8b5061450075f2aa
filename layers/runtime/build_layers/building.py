"""The layers, each a folder as Lambda unpacks it below /opt, and its zip beside it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from build_layers import bytecode, notices, stripping, wheels
from build_layers.binaries import check_binaries
from build_layers.bytecode import Interpreter
from build_layers.errors import LayerError
from build_layers.packing import Packed, pack, packed
from build_layers.targets import Target
from build_layers.wheels import REPOSITORY

OUTPUT: Final = REPOSITORY / "build" / "layers"
MODEL: Final = REPOSITORY / "layers" / "model"
PRODUCT: Final = REPOSITORY / "layers" / "imagesearch" / "python"
_SHIPPED_AT: Final = "/opt"
_LEFT_BEHIND: Final = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def build_runtime(output: Path, target: Target, interpreter: Interpreter | None, *, anew: bool = False) -> Packed:
    """`runtime-<architecture>`: third-party wheels, stripped. Raises LayerError.

    What was built of the same requirements, rules, code and interpreter is taken as it is, unless `anew`.
    """
    with _being_built(output, f"runtime-{target.architecture}") as (building, layer):
        made_of = layer.with_suffix(".made-of")
        recipe = _recipe(target, interpreter)
        archive = layer.with_suffix(".zip")
        if not anew and layer.is_dir() and archive.is_file() and _text_of(made_of) == recipe:
            return packed(layer, archive)
        made_of.unlink(missing_ok=True)
        inside = building / "python"
        wheels.install(inside, target)
        found = notices.notices_of(inside)
        stripping.strip(inside, stripping.load_rules())
        check_binaries(inside, target)
        notices.write_notices(found, building)
        _compile(building, interpreter)
        done = _finished(building, layer)
        made_of.write_text(recipe, "utf-8")
        return done


def build_product(output: Path, interpreter: Interpreter | None) -> Packed:
    """`imagesearch`: the package that the functions share. Raises LayerError."""
    with _being_built(output, "imagesearch") as (building, layer):
        inside = building / "python"
        shutil.copytree(PRODUCT, inside, ignore=_LEFT_BEHIND)
        shutil.copyfile(REPOSITORY / "LICENSE", inside / "imagesearch" / "LICENSE")
        _compile(building, interpreter)
        return _finished(building, layer)


def build_model(output: Path, generation: int, model: Path) -> Packed:
    """`model-<generation>`: a folder that model_export made. Raises LayerError where it is not whole."""
    manifest = manifest_of(model)
    with _being_built(output, f"model-{generation}") as (building, layer):
        inside = building / "model"
        inside.mkdir(parents=True)
        for name in ("model.onnx", "model.json"):
            shutil.copyfile(model / name, inside / name)
        with (inside / "model.onnx").open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != manifest["sha256"]:
                raise LayerError(f"{model / 'model.onnx'} is not the file that model.json tells of: run `make model`.")
        if licence := manifest["details"].get("weights_licence"):
            (inside / "NOTICE.md").write_text(f"Weights of {manifest['name']}: {licence}\n", "utf-8")
        return _finished(building, layer)


def manifest_of(model: Path) -> dict[str, Any]:
    """A model's manifest, with `name`, `sha256` and `details` at the least. Raises LayerError."""
    try:
        manifest = json.loads((model / "model.json").read_bytes())
        return {"details": {}, **manifest, "name": manifest["name"], "sha256": manifest["sha256"]}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LayerError(f"There is no model in {model}: run `make model`, or name another folder.") from error


@contextmanager
def _being_built(output: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Where to build, and where the layer will be. One process at a time builds it; what is interrupted is gone."""
    output.mkdir(parents=True, exist_ok=True)
    with (output / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with tempfile.TemporaryDirectory(dir=output, prefix=f".{name}-") as building:
            yield Path(building) / name, output / name


def _finished(building: Path, layer: Path) -> Packed:
    """Put what was built in its place."""
    archive = layer.with_suffix(".zip")
    temporary = building.with_suffix(".zip")
    pack(building, temporary)
    shutil.rmtree(layer, ignore_errors=True)
    building.rename(layer)
    temporary.replace(archive)
    return packed(layer, archive)


def _compile(building: Path, interpreter: Interpreter | None) -> None:
    if interpreter is not None:
        bytecode.compile_all(building, interpreter, _SHIPPED_AT)


def _recipe(target: Target, interpreter: Interpreter | None) -> str:
    """All that decides what is in the runtime layer."""
    code = sorted(Path(__file__).parent.glob("*.py"))
    sources = [wheels.REQUIREMENTS, stripping.RULES, *code, *sorted(notices.TEXTS.iterdir())]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sources]
    return "\n".join([str(target), str(interpreter and interpreter.version), *lines, ""])


def _text_of(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
