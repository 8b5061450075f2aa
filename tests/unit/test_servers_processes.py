"""Processes of servers end when they should, and live on when they should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from patience import until

from imagesearch_local.servers import processes
from imagesearch_local.servers.errors import ServerError
from imagesearch_local.servers.processes import Process, detached, owned

_SLEEP = ["sleep", "3600"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def living_on(log: Path, tmp_path: Path) -> Iterator[Process]:
    process = detached(_SLEEP, log, folder=tmp_path)
    yield process
    process.kill()


def test_an_owned_process_ends_with_the_block(log: Path, tmp_path: Path) -> None:
    with owned(_SLEEP, log, folder=tmp_path) as process:
        assert processes.alive(process.pid)
    assert not processes.alive(process.pid)


def test_an_owned_process_is_let_finish(log: Path, tmp_path: Path) -> None:
    script = """
        import signal, sys
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("finished"))
        print("ready", flush=True)
        signal.pause()
    """
    with owned([sys.executable, "-c", textwrap.dedent(script)], log, folder=tmp_path):
        until(lambda: "ready" in log.read_text())
    assert log.read_text().split() == ["ready", "finished"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends with the owner")
def test_it_ends_when_its_guard_is_killed(log: Path, tmp_path: Path) -> None:
    with owned(_SLEEP, log, folder=tmp_path) as process:
        os.kill(process._handle.pid, signal.SIGKILL)
        until(lambda: not processes.alive(process.pid), "it lives on")
        assert process.ended()


@pytest.mark.parametrize("end", [Process.stop, Process.kill])
def test_the_owner_ends_what_a_killed_guard_left(end: Callable[[Process], None], log: Path, tmp_path: Path) -> None:
    """Given a server that outlives its guard, as on macOS, when the owner is done with it, then it is gone, too."""
    script = """
        import ctypes, sys, time
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, 0)
        print("ready", flush=True)
        time.sleep(3600)
    """
    with owned([sys.executable, "-c", textwrap.dedent(script)], log, folder=tmp_path) as process:
        until(lambda: "ready" in log.read_text())
        os.kill(process._handle.pid, signal.SIGKILL)
        until(process.ended)
        assert processes.alive(process.pid)
        end(process)
        until(lambda: not processes.alive(process.pid), "it lives on")


def test_ctrl_c_in_the_terminal_is_for_the_owner_alone(log: Path, tmp_path: Path) -> None:
    """Given a server, when all processes of the owner's group are interrupted, then it is not among them."""
    with owned(_SLEEP, log, folder=tmp_path) as process:
        assert os.getpgid(process.pid) != os.getpgrp()


def test_killing_it_is_noticed(log: Path, tmp_path: Path) -> None:
    with owned(_SLEEP, log, folder=tmp_path) as process:
        assert not process.ended()
        process.kill()
        assert process.ended()


@pytest.mark.parametrize(
    ("command", "ending"),
    [
        ("exit 0", "with exit code 0"),
        ("exit 3", "with exit code 3"),
        ("exit 255", "with exit code 255"),
        ("kill -9 $$", "by signal 9"),
    ],
)
def test_it_tells_how_it_ended(command: str, ending: str, log: Path, tmp_path: Path) -> None:
    with owned(["sh", "-c", command], log, folder=tmp_path) as process:
        assert until(process.ending) == ending
    detached = processes.detached(["sh", "-c", command], log, folder=tmp_path)
    assert until(detached.ending) == ending


def test_while_it_runs_it_has_not_ended(log: Path, tmp_path: Path) -> None:
    with owned(_SLEEP, log, folder=tmp_path) as process:
        assert not process.ending()


def test_what_it_says_is_in_the_log(log: Path, tmp_path: Path) -> None:
    with owned(["sh", "-c", "echo one; echo two >&2"], log, folder=tmp_path) as process:
        until(process.ended)
    assert processes.last_lines(log) == "one two"


def test_it_runs_in_the_folder_with_the_environment_that_was_given(log: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    environment = {"PATH": os.environ["PATH"], "GREETING": "hello"}
    command = ["sh", "-c", 'echo "$GREETING $(basename "$PWD") $HOME"']
    with owned(command, log, folder=tmp_path / "here", environment=environment) as process:
        until(process.ended)
    assert processes.last_lines(log) == "hello here"


def test_a_command_that_is_not_there_is_an_error_that_names_the_log(log: Path, tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=str(log)), owned(["/no/such"], log, folder=tmp_path):
        pytest.fail("it does not run")


def test_another_process_can_stop_what_lives_on(living_on: Process) -> None:
    assert processes.alive(living_on.pid)
    processes.stop(living_on.pid)
    assert not processes.alive(living_on.pid)


def test_stopping_what_is_gone_is_fine() -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    processes.stop(gone.pid)


def test_a_process_is_known_by_its_command(living_on: Process) -> None:
    until(lambda: "sleep 3600" in processes.command_of(living_on.pid))  # it is just becoming that program
    os.kill(living_on.pid, signal.SIGKILL)
    until(lambda: not processes.alive(living_on.pid))
    assert processes.command_of(living_on.pid) == ""
