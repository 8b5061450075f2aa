"""Which pictures calibrate and verify a model."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imagesearch.records import Sizing
from model_export.pictures import NoPictures, choose, digest, find_pictures, load, pictures_dir, spread

SMALL = Sizing(48, "longest", "bilinear")


def folder_of(root: Path, count: int) -> Path:
    for index in range(count):
        path = root / f"class{index % 3}" / f"{index:03}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (20 + index, 40), (index, 0, 0)).save(path)
    return root


@given(st.lists(st.integers(), unique=True, max_size=60), st.integers(1, 80))
def test_a_spread_has_as_many_as_asked_for_in_their_order_without_repeating(items: list[int], count: int) -> None:
    chosen = spread(items, count)
    assert len(chosen) == min(count, len(items))
    assert chosen == [item for item in items if item in set(chosen)]


def test_no_picture_both_calibrates_and_verifies(tmp_path: Path) -> None:
    calibration, verification = choose(folder_of(tmp_path, 30))
    assert not set(calibration) & set(verification)
    assert sorted([*calibration, *verification]) == find_pictures(tmp_path)


def test_too_few_pictures_say_how_many_are_needed(tmp_path: Path) -> None:
    with pytest.raises(NoPictures, match="3 pictures; at least 4"):
        choose(folder_of(tmp_path, 3))


def test_the_folder_is_the_class_and_the_sizing_rule_is_kept(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 4)
    loaded = load(find_pictures(folder), folder, SMALL)
    assert [one.label for one in loaded] == ["class0", "class0", "class1", "class2"]
    assert {max(one.pixels.shape) for one in loaded} == {48}


def test_unreadable_files_are_left_out(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 4)
    (folder / "broken.png").write_bytes(b"not a picture")
    assert len(find_pictures(folder)) == 5
    assert len(load(find_pictures(folder), folder, SMALL)) == 4


def test_the_digest_follows_the_contents_not_the_names(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, 4)
    before = digest(find_pictures(folder))
    first = find_pictures(folder)[0]
    first.rename(first.with_name("000-renamed.png"))
    assert digest(find_pictures(folder)) == before
    Image.new("RGB", (9, 9)).save(find_pictures(folder)[0])
    assert digest(find_pictures(folder)) != before


def test_fetched_samples_come_before_photographs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGESEARCH_CACHE", str(tmp_path))
    samples = tmp_path / "samples" / "pictures"
    samples.mkdir(parents=True)
    assert pictures_dir(None) == samples
    assert pictures_dir(tmp_path) == tmp_path
