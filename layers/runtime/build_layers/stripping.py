"""Leave out what Lambda never uses, as strip.toml says."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from build_layers.errors import LayerError

RULES: Final = Path(__file__).resolve().parents[1] / "strip.toml"


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    why: str


class Without(_Rule):
    """Distributions that are left out as a whole, and paths (globs)."""

    distributions: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


class Only(_Rule):
    """The folders that are kept of those in a folder; its files stay."""

    folder: str
    folders: tuple[str, ...]


class Rules(BaseModel):
    """What strip.toml says."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    without: tuple[Without, ...] = ()
    only: tuple[Only, ...] = ()


def load_rules(path: Path = RULES) -> Rules:
    return Rules.model_validate(tomllib.loads(path.read_text("utf-8")))


def strip(folder: Path, rules: Rules) -> None:
    """Remove from an installation what the rules name. Raises LayerError for a rule that finds nothing."""
    for without in rules.without:
        installed = {each.name.lower(): each for each in distributions_in(folder)}
        for name in without.distributions:
            files = installed[name].files if name in installed else None
            _remove_all([folder / str(path) for path in files or ()], f"distribution {name}")
        _remove_empty(folder)  # a distribution without a file would still be found
        for pattern in without.paths:
            _remove_all(list(folder.glob(pattern)), pattern)
    for only in rules.only:
        inside = [path for path in (folder / only.folder).glob("*") if path.is_dir()]
        if missing := set(only.folders) - {path.name for path in inside}:
            raise LayerError(_out_of_date(f"{only.folder}/{min(missing)}"))
        _remove_all([path for path in inside if path.name not in only.folders], only.folder)
    _remove_empty(folder)


def distributions_in(folder: Path) -> list[Distribution]:
    """Those installed in a folder, by name."""
    return sorted(distributions(path=[str(folder)]), key=lambda each: each.name.lower())


def _remove_all(paths: list[Path], rule: str) -> None:
    if not paths:
        raise LayerError(_out_of_date(rule))
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # some go with their folder


def _out_of_date(rule: str) -> str:
    return f"{RULES.name}: nothing is left out by {rule!r}. Has a wheel changed? Look, and mend or remove the rule."


def _remove_empty(folder: Path) -> None:
    for path in _folders_deepest_first(folder):
        if not any(path.iterdir()):
            path.rmdir()


def _folders_deepest_first(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            yield from _folders_deepest_first(path)
            yield path
