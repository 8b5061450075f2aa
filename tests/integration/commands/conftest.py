"""One library for all commands: eight of scikit-image's photographs, added as a user does, from a table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import Ran, run
from local_stack import Up, up
from PIL import Image

from imagesearch_local.samples.photographs import PHOTOGRAPHS

__all__ = ["run"]

NAMES = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "horse.png", "moon.png", "rocket.jpg", "text.png")


@dataclass(frozen=True)
class Local:
    """The running server, and the folder that its pictures come from."""

    server: Up
    folder: Path

    @property
    def endpoint(self) -> str:
        return str(self.server.status["api"])


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, model: Path, photographs: Path) -> Iterator[Local]:
    folder = tmp_path_factory.mktemp("photographs")
    rows = ["path,caption,tags,year_seen,indoors"]
    for number, name in enumerate(NAMES):
        shown = PHOTOGRAPHS[name]
        path = folder / shown.folder / name
        path.parent.mkdir(exist_ok=True)
        shutil.copy(photographs / name, path)
        rows.append(f'{shown.folder}/{name},"{shown.caption}",{";".join(shown.tags)},{2000 + number},{number % 2 == 0}')
    (folder / "table.csv").write_text("\n".join(rows).replace("True", "true").replace("False", "false"))
    with up(tmp_path_factory.mktemp("data")) as server:
        added = server.run("add", folder / "table.csv")
        assert added.returncode == 0, added.stderr
        yield Local(server, folder)


@pytest.fixture
def user(run: Callable[..., Ran], local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs a command on the library, with a state folder of its own; it must not fail."""
    monkeypatch.setenv("IMAGESEARCH_PORT", str(local.server.port))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def call(*arguments: object) -> Ran:
        ran = run(*arguments)
        assert ran.code == 0, ran.err
        return ran

    return call


@pytest.fixture
def turned(local: Local) -> Callable[[Path, int], Path]:
    """Makes another picture of the cat: turned by so many degrees, and smaller."""

    def make(path: Path, degrees: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(local.folder / "animals" / "chelsea.png") as cat:
            cat.rotate(degrees, resample=Image.Resampling.BICUBIC).resize((300, 200)).save(path)
        return path

    return make
