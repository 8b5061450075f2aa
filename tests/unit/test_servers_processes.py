"""Processes of servers end when they should, and live on when they should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

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
        while "ready" not in log.read_text():
            pass
    assert log.read_text().split() == ["ready", "finished"]


def test_ctrl_c_in_the_terminal_is_for_the_owner_alone(log: Path, tmp_path: Path) -> None:
    """Given a server, when all processes of the owner's group are interrupted, then it is not among them."""
    with owned(_SLEEP, log, folder=tmp_path) as process:
        assert os.getpgid(process.pid) != os.getpgrp()


def test_killing_it_is_noticed(log: Path, tmp_path: Path) -> None:
    with owned(_SLEEP, log, folder=tmp_path) as process:
        assert not process.ended()
        process.kill()
        assert process.ended()


def test_what_it_says_is_in_the_log(log: Path, tmp_path: Path) -> None:
    with owned(["sh", "-c", "echo one; echo two >&2"], log, folder=tmp_path) as process:
        while not process.ended():
            pass
    assert processes.last_lines(log) == "one two"


def test_it_runs_in_the_folder_with_the_environment_that_was_given(log: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    environment = {"PATH": os.environ["PATH"], "GREETING": "hello"}
    command = ["sh", "-c", 'echo "$GREETING $(basename "$PWD") $HOME"']
    with owned(command, log, folder=tmp_path / "here", environment=environment) as process:
        while not process.ended():
            pass
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
    while not (command := processes.command_of(living_on.pid)):
        pass  # it is just becoming that program
    assert "sleep 3600" in command
    os.kill(living_on.pid, signal.SIGKILL)
    while processes.alive(living_on.pid):
        pass
    assert processes.command_of(living_on.pid) == ""
