"""Files that take their place when complete, and what is no file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from imagesearch_local.exporting import replaced


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()

    with replaced(pipe) as file:
        file.write("Zoë")
    reader.join()

    assert read == ["Zoë"]
    assert stat.S_ISFIFO(pipe.lstat().st_mode)


def test_a_device_is_written_to_and_stays_a_device() -> None:
    """Given a terminal by its name in /dev, it gets the text and is not replaced."""
    master, slave = os.openpty()
    try:
        with replaced(Path(os.ttyname(slave))) as file:
            file.write("frog\n")
        assert os.read(master, 100).split() == [b"frog"]
        assert stat.S_ISCHR(Path(os.ttyname(slave)).lstat().st_mode)
    finally:
        os.close(slave)
        os.close(master)


def test_a_descriptor_by_name_such_as_that_of_standard_output_is_written_to() -> None:
    read, write = os.pipe()
    with os.fdopen(read) as reader:
        with replaced(Path(f"/dev/fd/{write}")) as file:
            file.write("frog\n")
        os.close(write)
        assert reader.read() == "frog\n"


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_the_file_that_it_leads_to_is_replaced(tmp_path: Path, there: bool) -> None:
    target, link = tmp_path / "files" / "library.jsonl", tmp_path / "link.jsonl"
    target.parent.mkdir()
    if there:
        target.write_text("old")
    link.symlink_to("files/library.jsonl")

    with replaced(link) as file:
        file.write("new")

    assert link.is_symlink()
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_keeps_who_may_read_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "library.jsonl"
    path.touch()
    path.chmod(mode)

    with replaced(path) as file:
        file.write("new")

    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize(
    "name",
    [
        "/dev/stdout",
        pytest.param("/proc/self/fd/1", marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux's own name")),
    ],
)
def test_standard_output_by_name_is_written_to_where_it_is_a_file(tmp_path: Path, name: str) -> None:
    """Given standard output that a shell sends to a file, the very file that is open gets the text, link or not."""
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(name)
    script = (
        "import pathlib, sys\nfrom imagesearch_local.exporting import replaced\n"
        "with replaced(pathlib.Path(sys.argv[1])) as file:\n    file.write('frog')\n"
    )
    for path in (name, link):
        with file.open("w+") as opened:
            subprocess.run([sys.executable, "-c", script, path], stdout=opened, check=True)
        assert file.read_text() == "frog"
    assert link.is_symlink()


def test_links_in_a_circle_are_no_trap(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("link")

    with pytest.raises(OSError, match="symbolic links"), replaced(link):
        pass
