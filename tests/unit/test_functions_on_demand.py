"""A function that runs only while it is needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from patience import until

from imagesearch_local.functions.on_demand import OnDemand
from imagesearch_local.functions.process import Function, FunctionClosed
from imagesearch_local.relay.lambda_context import LambdaContext

HANDLERS = '''
import os, pathlib, time

def handler(event, context):
    """Once the file is there."""
    pathlib.Path(event["started"]).touch()
    while not pathlib.Path(event["go on"]).exists():
        time.sleep(0.01)
    return os.getpid()
'''

Start = Callable[[float], OnDemand]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """One of the function above, with what it waits for before it ends."""
    (tmp_path / "handlers.py").write_text(HANDLERS)
    made = []
    with (tmp_path / "log").open("a") as log:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}

        def call(idle_seconds: float) -> OnDemand:
            made.append(OnDemand(lambda: Function("handlers.handler", environment, log=log), idle_seconds=idle_seconds))
            return made[-1]

        yield call
        for function in made:
            function.close()


@pytest.fixture
def event(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "go on").touch()
    return {"started": str(tmp_path / "started"), "go on": str(tmp_path / "go on")}


def context() -> LambdaContext:
    return LambdaContext("tested", 60)


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_calls_that_follow_one_another_find_the_same_process(start: Start, event: dict[str, Any]) -> None:
    function = start(3600)
    assert len({function(event, context()) for _ in range(3)}) == 1


def test_it_ends_when_no_call_comes_and_starts_again_when_one_does(start: Start, event: dict[str, Any]) -> None:
    function = start(0.1)
    first = function(event, context())
    until(lambda: is_gone(first), "its process still runs")
    assert function(event, context()) != first


def test_a_call_that_takes_longer_than_others_are_waited_for_is_answered(
    start: Start, event: dict[str, Any], tmp_path: Path
) -> None:
    """Given a call under way when the time without another is over; then it ends only after that call."""
    function = start(0.1)
    first = function(event, context())
    (tmp_path / "go on").unlink()
    (tmp_path / "started").unlink()
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(function, event, context())
        until((tmp_path / "started").exists)
        threading.Timer(0.3, (tmp_path / "go on").touch).start()
        pid = call.result()
    until(lambda: is_gone(first) and is_gone(pid))


def test_closed_it_starts_no_more(start: Start, event: dict[str, Any]) -> None:
    function = start(3600)
    pid = function(event, context())
    function.close()
    assert is_gone(pid)
    with pytest.raises(FunctionClosed):
        function(event, context())
