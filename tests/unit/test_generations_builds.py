"""Which build of a model a generation runs with: its own copy, whole, or made again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from colour_model import export_colours

from imagesearch.errors import ModelMissing
from imagesearch.manifest import MANIFEST_FILE, MODEL_FILE, load_manifest
from imagesearch_local.generations import ledger as ledgers
from imagesearch_local.generations import models
from imagesearch_local.generations.builds import described, ledger_of, passed_over


@pytest.fixture
def model(tmp_path: Path) -> Path:
    export_colours(tmp_path / "model", 2)
    return tmp_path / "model"


@pytest.fixture
def home(tmp_path: Path, model: Path) -> Path:
    """Of a library that began with the model."""
    ledgers.save(ledgers.path(tmp_path / "home"), ledger_of(tmp_path / "home", model))
    return tmp_path / "home"


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rebuilt(model: Path) -> str:
    """Make it another build of the same space. Returns its build_id."""
    manifest = json.loads((model / MANIFEST_FILE).read_bytes())
    (model / MANIFEST_FILE).write_text(json.dumps({**manifest, "build_id": "another"}))
    return load_manifest(model).build_id


def test_the_copy_is_the_whole_model_and_nothing_lies_beside_it(home: Path, model: Path) -> None:
    assert content(models.folder(home, 1)) == content(model)
    assert [path.name for path in (home / "models").iterdir()] == ["1"]


def test_another_build_of_the_model_takes_the_place_of_the_copy(home: Path, model: Path) -> None:
    build = rebuilt(model)
    assert ledger_of(home, model)[1].build_id == build
    assert models.build_in(models.folder(home, 1)) == build
    assert [path.name for path in (home / "models").iterdir()] == ["1"]


@pytest.mark.parametrize("lost", [MODEL_FILE, MANIFEST_FILE, "both"])
def test_a_copy_that_lost_a_part_is_made_again(home: Path, model: Path, lost: str) -> None:
    kept = models.folder(home, 1)
    for name in (MODEL_FILE, MANIFEST_FILE) if lost == "both" else (lost,):
        (kept / name).unlink()
    ledger_of(home, model)
    assert content(kept) == content(model)


def test_a_copy_of_a_build_that_the_ledger_never_heard_of_is_made_again(home: Path, model: Path) -> None:
    """Given a start that copied another build and ended before the ledger was saved, then the model's build counts."""
    first = content(model)
    rebuilt(model)
    ledger_of(home, model)
    (model / MANIFEST_FILE).write_bytes(first[MANIFEST_FILE])
    ledger_of(home, model)
    assert content(models.folder(home, 1)) == first


def test_copying_that_is_cut_short_leaves_the_copy_before(
    home: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a full disk; when another build is copied; then what was there is whole, and the next attempt succeeds."""
    kept = models.folder(home, 1)
    before = content(kept)
    build = rebuilt(model)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full)
        with pytest.raises(OSError, match="No space"):
            ledger_of(home, model)
    assert content(kept) == before
    assert ledger_of(home, model)[1].build_id == models.build_in(kept) == build


def test_a_model_of_another_space_changes_nothing(home: Path, tmp_path: Path) -> None:
    export_colours(tmp_path / "finer", 4)
    before = content(models.folder(home, 1))
    assert ledger_of(home, tmp_path / "finer") == ledgers.load(ledgers.path(home))
    assert content(models.folder(home, 1)) == before


def test_a_model_that_changes_nothing_is_told_of_with_what_would(home: Path, tmp_path: Path) -> None:
    finer = tmp_path / "a finer one"
    manifest = export_colours(finer, 4)
    ledger = ledger_of(home, finer)
    said = passed_over(home, ledger, finer)
    assert said
    assert said.startswith("The library keeps its model colours-2x2, not colours-4x4;")
    assert f"`imagesearch index add --model '{finer}'`" in said
    assert passed_over(home, ledger.added(described(2, manifest)), finer) is None


def test_of_the_librarys_own_model_and_of_none_nothing_is_told(home: Path, model: Path, tmp_path: Path) -> None:
    rebuilt(model)
    for each in (model, tmp_path / "none"):
        assert passed_over(home, ledger_of(home, each), each) is None


def test_a_half_model_is_not_begun_with(model: Path, tmp_path: Path) -> None:
    (model / MODEL_FILE).unlink()
    with pytest.raises(ModelMissing, match="make model"):
        ledger_of(tmp_path / "new", model)
