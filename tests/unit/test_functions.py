"""Functions as processes of their own: real ones, that answer, fail, crash, are killed, and end with their caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from patience import until
from process_tree import is_running

from imagesearch_local.functions.process import Function, FunctionDied, FunctionFailed
from imagesearch_local.relay.lambda_context import LambdaContext

HANDLERS = '''
import os, pathlib, sys, time

def about(event, context):
    print("printed")
    return {"event": event, "pid": os.getpid(), "kind": os.environ["KIND"], "request": context.aws_request_id,
            "name": context.function_name, "left": context.get_remaining_time_in_millis()}

def raising(event, context):
    raise KeyError("as told")

def not_json(event, context):
    return {1, 2}

def reading_input(event, context):
    return sys.stdin.read()

def crashing(event, context):
    if event.get("crash"):
        os._exit(3)
    return "fine"

def waiting(event, context):
    """Until the file is there."""
    pathlib.Path(event["started"]).write_text(str(os.getpid()))
    while not pathlib.Path(event["go on"]).exists():
        time.sleep(0.01)
    return os.getpid()
'''
LOADING = "import time; time.sleep(3600)\n"
UNLOADABLE = 'raise OSError("no such model: run `make model`")\n'

Start = Callable[..., Function]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a function of the module above; its log is `log` in the test's folder."""
    (tmp_path / "handlers.py").write_text(HANDLERS)
    (tmp_path / "unloadable.py").write_text(UNLOADABLE)
    (tmp_path / "loading.py").write_text(LOADING)
    started = []
    with (tmp_path / "log").open("a") as log:

        def call(name: str, **options: Any) -> Function:
            environment = {**os.environ, "PYTHONPATH": str(tmp_path), "KIND": name}
            started.append(Function(name, environment, log=log, **options))
            return started[-1]

        yield call
        for function in started:
            function.close()


def context(seconds: float = 30) -> LambdaContext:
    return LambdaContext("tested", seconds)


def test_it_answers_from_a_process_with_its_own_environment_and_what_it_prints_goes_to_the_log(
    start: Start, tmp_path: Path
) -> None:
    called = context()
    answer = start("handlers.about")({"text": "café \ud800\n"}, called)
    assert answer["event"] == {"text": "café \ud800\n"}
    assert answer["pid"] != os.getpid()
    assert (answer["kind"], answer["name"], answer["request"]) == ("handlers.about", "tested", called.aws_request_id)
    assert 0 < answer["left"] <= 30_000
    assert (tmp_path / "log").read_text() == "printed\n"


def test_one_process_answers_call_after_call(start: Start) -> None:
    function = start("handlers.about")
    assert len({function({}, context())["pid"] for _ in range(5)}) == 1


def test_what_the_function_raises_its_caller_raises_and_the_log_tells_where(start: Start, tmp_path: Path) -> None:
    function = start("handlers.raising")
    with pytest.raises(FunctionFailed, match="as told") as raised:
        function({}, context())
    assert raised.value.kind == "KeyError"
    assert 'raise KeyError("as told")' in (tmp_path / "log").read_text()


def test_an_answer_that_is_not_json_is_the_functions_failure(start: Start) -> None:
    with pytest.raises(FunctionFailed, match="JSON serializable"):
        start("handlers.not_json")({}, context())


def test_a_function_that_reads_its_input_finds_none_and_takes_no_call_away(start: Start) -> None:
    function = start("handlers.reading_input")
    assert [function({}, context()) for _ in range(2)] == ["", ""]


def test_a_function_that_can_not_be_loaded_says_why(start: Start) -> None:
    function = start("unloadable.handler")
    with pytest.raises(FunctionFailed, match="run `make model`"):
        function.wait_until_ready()
    with pytest.raises(FunctionFailed, match="run `make model`"):
        function({}, context())


def test_a_process_that_crashes_fails_its_call_and_is_replaced(start: Start) -> None:
    function = start("handlers.crashing")
    with pytest.raises(FunctionDied, match=r"handlers\.crashing.*exit status 3"):
        function({"crash": True}, context())
    assert function({}, context()) == "fine"


def test_restarted_it_answers_from_new_processes_when_calls_under_way_are_answered(
    start: Start, tmp_path: Path
) -> None:
    function = start("handlers.waiting")
    event = {"started": str(tmp_path / "started"), "go on": str(tmp_path / "go on")}
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(function, event, context())
        until((tmp_path / "started").exists)
        threading.Timer(0.2, (tmp_path / "go on").touch).start()
        function.restart()
        first = call.result()
    assert not is_running(first)
    assert function(event, context()) != first


def test_a_process_killed_while_idle_is_replaced_and_no_call_fails(start: Start) -> None:
    function = start("handlers.about")
    first = function({}, context())["pid"]
    os.kill(first, signal.SIGKILL)
    until(lambda: function._processes[0].has_ended)  # with all of its threads
    assert function({}, context())["pid"] != first


def test_a_process_killed_at_work_fails_that_call_alone(start: Start, tmp_path: Path) -> None:
    function = start("handlers.waiting")
    (tmp_path / "go on").touch()
    event = {"started": str(tmp_path / "started"), "go on": str(tmp_path / "never")}
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(function, event, context())
        pid = int(until(lambda: (tmp_path / "started").exists() and (tmp_path / "started").read_text()))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(FunctionDied):
            call.result()
    assert function(event | {"go on": str(tmp_path / "go on")}, context()) != pid


def test_as_many_calls_as_processes_run_at_a_time(start: Start, tmp_path: Path) -> None:
    function = start("handlers.waiting", concurrency=2)
    calls = [{"started": str(tmp_path / name), "go on": str(tmp_path / "go on")} for name in ("a", "b", "c")]
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(function, call, context()) for call in calls]
        until(lambda: sum((tmp_path / name).exists() for name in "abc") == 2)
        (tmp_path / "go on").touch()
        assert len({answer.result() for answer in answers}) == 2


def test_closing_waits_for_the_call_in_flight(start: Start, tmp_path: Path) -> None:
    function = start("handlers.waiting")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(function, {"started": str(tmp_path / "s"), "go on": str(tmp_path / "go on")}, context())
        until((tmp_path / "s").exists)
        threading.Timer(0.2, (tmp_path / "go on").touch).start()
        function.close()
        assert not is_running(call.result())
    with pytest.raises(FunctionDied, match="closed"):
        function({}, context())


def test_a_call_that_is_not_answered_in_its_time_fails_and_its_process_is_replaced(
    start: Start, tmp_path: Path
) -> None:
    """Given a function that hangs; when its time is over; then it is killed, and the next call finds another."""
    function = start("handlers.waiting")
    event = {"started": str(tmp_path / "started"), "go on": str(tmp_path / "go on")}
    with pytest.raises(FunctionDied, match=r"handlers\.waiting was killed: it did not answer in its time"):
        function(event, context(seconds=0.5))
    hung = int((tmp_path / "started").read_text())
    assert not is_running(hung)
    (tmp_path / "go on").touch()
    assert function(event, context()) != hung


def test_a_process_that_reads_no_calls_runs_out_of_time_too(start: Start) -> None:
    """Given a process that was halted; when it is sent more than a pipe holds; then its call fails all the same."""
    function = start("handlers.about")
    halted = function({}, context())["pid"]
    os.kill(halted, signal.SIGSTOP)
    with pytest.raises(FunctionDied, match="in its time"):
        function({"text": "x" * 1_000_000}, context(seconds=0.5))
    assert function({}, context())["pid"] != halted


def test_a_function_that_is_loading_for_ever_is_given_up(start: Start) -> None:
    function = start("loading.handler", loading_seconds=0.5)
    with pytest.raises(FunctionDied, match=r"loading\.handler was killed"):
        function.wait_until_ready()


def test_closing_does_not_wait_for_ever(start: Start, tmp_path: Path) -> None:
    """Given two calls at work that may take long; when it is closed and its patience ends; then they fail, at once."""
    function = start("handlers.waiting", concurrency=2)
    calls = [{"started": str(tmp_path / name), "go on": str(tmp_path / "never")} for name in "ab"]
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(function, call, context(3600)) for call in calls]
        until(lambda: all((tmp_path / name).exists() for name in "ab"))
        function.close(seconds=0.1)
        for answer in answers:
            with pytest.raises(FunctionDied):
                answer.result()


CALLER = """
import os, sys
from imagesearch_local.functions.process import Function
from imagesearch_local.relay.lambda_context import LambdaContext
function = Function("handlers.waiting", os.environ, log=sys.stderr)
function({"started": sys.argv[1], "go on": sys.argv[2]}, LambdaContext("tested", 30))
print("answered", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("at_work", [False, True])
def test_when_its_caller_is_killed_the_process_ends_by_itself(start: Start, tmp_path: Path, at_work: bool) -> None:
    started, go_on = tmp_path / "started", tmp_path / "go on"
    if not at_work:
        go_on.touch()
    command = [sys.executable, "-c", CALLER, str(started), str(go_on)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as caller:
        pid = int(until(lambda: started.exists() and started.read_text()))
        if not at_work:
            assert caller.stdout
            assert caller.stdout.readline() == b"answered\n"
        caller.kill()
    until(lambda: not is_running(pid))


def test_it_needs_no_shared_memory(tmp_path: Path) -> None:
    """Given a system without /dev/shm, as Lambda and some containers; then functions start and answer all the same."""
    (tmp_path / "handlers.py").write_text(HANDLERS)
    script = CALLER.replace("sys.stdin.read()", "function.close()")
    (tmp_path / "go on").touch()
    hidden = 'umount -l /dev/shm && exec "$0" "$@"'
    rootless = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    program = [sys.executable, "-c", script, str(tmp_path / "started"), str(tmp_path / "go on")]
    command = ["unshare", *rootless, "--mount", "sh", "-c", hidden, *program]
    ran = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    if "unshare" in ran.stderr or "umount" in ran.stderr:
        pytest.skip(f"mounts can't be changed here: {ran.stderr.strip()}")
    assert ran.stdout == "answered\n", ran.stderr
