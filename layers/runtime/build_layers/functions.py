"""The functions' code, as it is deployed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from build_layers.wheels import REPOSITORY

FUNCTIONS: Final = REPOSITORY / "functions"


def copied_functions(folder: Path) -> Path:
    """Copy the asset root of all functions to a new folder, without what was left there by running them."""
    shutil.copytree(FUNCTIONS, folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
    return folder
