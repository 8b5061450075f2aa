"""What runs inside a function's process, by an interpreter that knows nothing but itself, the function and its layers.

    python -I -S -B laid_out_process.py TASK OPT COMMAND ANSWER < GIVEN

Standard library alone: it is the layers that are tried here.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Context:
    """What the functions use of Lambda's context: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(self) -> None:
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "function")
        self.function_version = "$LATEST"
        self.memory_limit_in_mb = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048"))
        self.aws_request_id = str(uuid.uuid4())
        self.invoked_function_arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{self.function_name}"
        self._ends = time.monotonic() + 300

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._ends - time.monotonic()))


def invoke(given: Any) -> dict[str, Any]:
    """The answers of a handler (`package.module`) to events, and which modules came from anywhere else."""
    handler = importlib.import_module(given["handler"]).handler
    answers = [handler(event, Context()) for event in given["events"]]
    return {"answers": answers, "elsewhere": _from_elsewhere()}


def imports(given: Any) -> dict[str, str]:
    """Of import statements, those that fail, with what they say."""
    failures = {}
    for statement in given:
        try:
            exec(statement, {})  # our own sources' import statements
        except ImportError as error:
            failures[statement] = repr(error)
    return {**failures, **dict.fromkeys(_from_elsewhere(), "from elsewhere")}


def clients(given: Any) -> list[str]:
    """Of AWS services, those that boto3 makes a client of."""
    import boto3

    return [name for name in given if boto3.client(name, region_name="eu-central-1")]


def seconds(given: Any) -> float:
    """How long it takes to import modules, one after the other."""
    started = time.perf_counter()
    for name in given:
        importlib.import_module(name)
    return time.perf_counter() - started


def _from_elsewhere() -> list[str]:
    """Modules that are neither the function's, nor a layer's, nor of Python's standard library."""
    library = str(Path(os.__file__).parent)
    ours = tuple(sys.path[:2])
    paths = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    return [
        f"{name} from {path}"
        for name, path in paths.items()
        if path and path != __file__ and not path.startswith(ours)
        if not path.startswith(library) or "site-packages" in path
    ]


def main() -> None:
    task, opt, command, answer = sys.argv[1:]
    # https://docs.aws.amazon.com/lambda/latest/dg/python-package.html#python-package-searchpath
    sys.path[:0] = [task, str(Path(opt) / "python")]
    commands: list[Callable[[Any], Any]] = [invoke, imports, clients, seconds]
    done = next(each for each in commands if each.__name__ == command)(json.load(sys.stdin))
    Path(answer).write_text(json.dumps(done))


if __name__ == "__main__":
    main()
