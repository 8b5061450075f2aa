"""Functions and layers laid out as Lambda lays them out, and an interpreter that has nothing but them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from build_layers.bytecode import Interpreter, interpreter_for
from build_layers.functions import copied_functions
from build_layers.packing import Packed
from build_layers.targets import Architecture, Target

_MACHINES: Final[dict[str, Architecture]] = {
    "x86_64": "x86_64",
    "amd64": "x86_64",
    "aarch64": "arm64",
    "arm64": "arm64",
}


@dataclass(frozen=True, slots=True)
class LaidOut:
    """`task` is Lambda's /var/task, `opt` its /opt."""

    task: Path
    opt: Path
    python: str

    def run(self, command: str, given: Any, environment: Mapping[str, str] | None = None) -> Any:
        """Run a command of laid_out_process.py in a process of its own, and return its answer.

        `-I -S`: no site-packages, no environment of Python's, no current folder. `-B`: nothing can be written to /opt.
        """
        program = Path(__file__).with_name("laid_out_process.py")
        with tempfile.TemporaryDirectory() as folder:
            answer = Path(folder) / "answer.json"
            done = subprocess.run(
                [self.python, "-I", "-S", "-B", program, self.task, self.opt, command, answer],
                input=json.dumps(given),
                env={
                    "PATH": os.environ["PATH"],
                    "IMAGESEARCH_MODEL_DIR": str(self.opt / "model"),
                    **(environment or {}),
                },
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise AssertionError(
                    f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
                )
            return json.loads(answer.read_text())


def runnable() -> tuple[Target, Interpreter]:
    """A target that this machine can run: the functions' own Python where it is here, else the one that runs this.

    Which Python it is decides which wheels are chosen; what is stripped and how all is laid out is the same. Raises
    NotImplementedError on a machine that none of Lambda's binaries are for.
    """
    architecture = _MACHINES.get(platform.machine().lower())
    if sys.platform != "linux" or architecture is None:
        raise NotImplementedError(f"Lambda's libraries do not run on {platform.system()} on {platform.machine()}")
    here = Target(architecture, f"3.{sys.version_info.minor}")
    for target in (Target(architecture), here):
        if interpreter := interpreter_for(target):
            return target, interpreter
    raise AssertionError("this very interpreter is one")


@contextmanager
def laid_out(layers: Iterable[Packed], interpreter: Interpreter) -> Iterator[LaidOut]:
    """Unpack the layers' zips one over the other, and put the functions beside them, while the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        opt = Path(folder) / "opt"
        for layer in layers:
            with zipfile.ZipFile(layer.zip) as archive:
                archive.extractall(opt)
        yield LaidOut(copied_functions(Path(folder) / "task"), opt, interpreter.path)
