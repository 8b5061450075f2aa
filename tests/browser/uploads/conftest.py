"""A library of their own for the tests that fill one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import page_site
import pytest
from page_pictures import photographs
from page_site import Site
from upload_panel import Files


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Empty at first; what tests add stays."""
    with page_site.empty_site(tmp_path_factory.mktemp("uploads")) as site:
        yield site


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Copies of real photographs: `files("coffee.png", "rocket.jpg")`."""

    def copied(*names: str) -> Sequence[Path]:
        return [Path(shutil.copy(photographs() / name, tmp_path / name)) for name in names]

    return copied
