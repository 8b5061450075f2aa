"""Processes under Lambda's emulator behave as on Lambda: one event at a time, time limits, crashes, clean ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sam
from lambda_processes import MAX_EVENT_BYTES, Function, FunctionError, LambdaFunction, lambda_function
from patience import until
from process_tree import is_running, parents

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Lambda's emulator is a program for Linux")

# What may happen in a function. It does as the event tells.
HANDLER = """
import os
import pathlib
import time

print("a cold start")

def handler(event, context):
    how, value = event
    if how == "raise":
        raise ValueError(value)
    if how == "exit":
        os._exit(value)
    if how == "sleep":
        time.sleep(value)
    if how == "hang":
        pathlib.Path(value).touch()
        time.sleep(600)
    if how == "return":
        return value
    if how == "fill":
        return "x" * value
    if how == "not JSON":
        return {1, 2}
    return {
        "pid": os.getpid(),
        "left": context.get_remaining_time_in_millis(),
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "environment": dict(os.environ),
    }
"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Function:
    folder = tmp_path_factory.mktemp("function")
    (folder / "odd.py").write_text(HANDLER)
    return Function("odd.handler", {"PYTHONPATH": str(folder), "COLOUR": "green"}, memory_mib=512)


@pytest.fixture(scope="module")
def function(odd: Function, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaFunction]:
    with lambda_function(odd, log=tmp_path_factory.mktemp("log") / "log", concurrency=3) as running:
        yield running


def pid(function: LambdaFunction) -> int:
    return int(function(["tell", None])["pid"])


def emulator_of(pid: int) -> int:
    return parents()[pid]


def until_gone(*pids: int) -> None:
    until(lambda: not any(is_running(pid) for pid in pids), "some still run")


def test_the_function_is_told_its_name_time_memory_and_environment_and_nothing_else(function: LambdaFunction) -> None:
    told = function(["tell", None])

    assert (told["name"], told["memory"]) == ("odd", "512")
    assert 0 < told["left"] <= 60_000
    assert told["environment"]["COLOUR"] == "green"
    assert told["environment"].keys() & os.environ.keys() <= {
        "PATH",
        "PYTHONPATH",
        "LC_CTYPE",
        "PWD",
        "SHLVL",
        "OLDPWD",
        "_",
    }


def test_a_process_is_kept_warm(function: LambdaFunction) -> None:
    assert len({pid(function) for _ in range(5)}) == 1


@pytest.mark.parametrize("answer", [None, 0, "", "text", [1], {"batchItemFailures": []}, {"errorMessage": "mine"}])
def test_answers_come_back_as_they_are(function: LambdaFunction, answer: Any) -> None:
    assert function(["return", answer]) == answer


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        (["raise", "as told"], "ValueError", "as told"),
        (["exit", 3], "Runtime.ExitError", "exit status 3"),
        (["not JSON", None], "Runtime.MarshalError", "not JSON serializable"),
        (["fill", MAX_EVENT_BYTES + 100], "Function.ResponseSizeTooLarge", "6291556 bytes"),
        (["return", "x" * MAX_EVENT_BYTES], "RequestTooLargeException", "over Lambda's limit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_is_named_and_the_next_event_is_answered(
    function: LambdaFunction, event: Any, kind: str, message: str
) -> None:
    with pytest.raises(FunctionError, match=message) as raised:
        function(event)

    assert raised.value.kind == kind
    assert pid(function)


def test_what_takes_too_long_is_ended_and_the_next_event_is_answered(odd: Function, tmp_path: Path) -> None:
    def answered(function: LambdaFunction) -> int:
        try:
            return pid(function)
        except FunctionError as error:
            if error.kind != "Sandbox.Timedout":  # which on a busy machine a cold start alone can be
                raise
            return 0

    with lambda_function(replace(odd, seconds=2), log=tmp_path / "log") as function:
        first = emulator_of(until(lambda: answered(function)))
        with pytest.raises(FunctionError, match=r"timed out after 2\.00 seconds") as raised:
            function(["sleep", 600])

        assert raised.value.kind == "Sandbox.Timedout"
        assert emulator_of(until(lambda: answered(function))) != first, "the emulator may still be clearing away"


def test_as_many_processes_work_at_once_as_allowed_and_each_on_one_event(function: LambdaFunction) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(function, [["sleep", 0.5]] * 6))
        took = time.monotonic() - started
        pids = {told["pid"] for told in pool.map(function, [["tell", None]] * 30)}

    assert took >= 1  # six in threes
    assert pids <= {pid for process in function.processes for pid in process.pids()}
    assert len(function.processes) == 3


def test_a_process_killed_at_work_fails_its_event_alone_and_another_takes_its_place(
    function: LambdaFunction, tmp_path: Path
) -> None:
    victim = pid(function)
    emulator = emulator_of(victim)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(function, ["hang", str(tmp_path / "at work")])
        until((tmp_path / "at work").exists)
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(FunctionError, match="signal: killed") as raised:
            working.result()

    assert raised.value.kind == "Runtime.ExitError"
    assert emulator_of(pid(function)) != emulator, "it may still be clearing away"


def test_an_emulator_that_ended_is_started_anew(odd: Function, tmp_path: Path) -> None:
    with lambda_function(odd, log=tmp_path / "log") as function:
        first = pid(function)
        os.kill(emulator_of(first), signal.SIGKILL)
        with pytest.raises(FunctionError, match="emulator ended"):
            function(["tell", None])
        assert pid(function) != first
        until_gone(first)


def test_the_log_has_what_the_function_prints(odd: Function, tmp_path: Path) -> None:
    with lambda_function(odd, log=tmp_path / "log") as function, pytest.raises(FunctionError):
        function(["raise", "as told"])

    log = (tmp_path / "log").read_text()
    assert log.count("a cold start") == 1
    assert "[ERROR] ValueError: as told" in log


def test_nothing_starts_before_the_first_event_and_nothing_is_left_at_the_end(odd: Function, tmp_path: Path) -> None:
    with lambda_function(odd, log=tmp_path / "log", concurrency=2) as function:
        assert [process.pids() for process in function.processes] == [[], []]
        started = pid(function)
        assert [process.pids() for process in function.processes] == [[started], []]

    until_gone(started)


def test_the_processes_end_with_who_started_them_however_that_ends(odd: Function, tmp_path: Path) -> None:
    """Given tests that are killed: nobody is left to stop anything."""
    script = f"""
import os, signal, sys
sys.path.append({str(Path(sam.__file__).parent)!r})
from pathlib import Path
from lambda_processes import Function, LambdaFunction
function = LambdaFunction(Function("odd.handler", {dict(odd.environment)!r}), concurrency=1, log=Path("log"))
print(function(["tell", None])["pid"], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ}
    )

    assert ended.returncode == -signal.SIGKILL
    until_gone(int(ended.stdout))
