"""Samples: laid out with their words, pictures to search by apart, whole or not at all. (Nothing is fetched here.)"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from imagesearch_local.samples import photographs, stamps
from imagesearch_local.samples.fetching import Sample, _lay_out, _stamps, fetch_samples


def quiet(_what: str, _done: int, _of: int) -> None:
    pass


def stamp(root: Path, name: str, words: str | None) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGBA", (8, 6), "green").save(path)
    if words is not None:
        path.with_suffix(".txt").write_text(words, "utf-8")


def test_stamps_have_the_first_line_as_caption_and_their_folders_as_tags(tmp_path: Path) -> None:
    stamp(tmp_path, "food/fruit/apple_fuji.png", "A “Fuji” apple.\nfr.utf8=Une pomme.\n")
    (sample,) = _stamps(tmp_path)
    assert (sample.name, sample.caption, sample.tags) == (
        "food/fruit/apple_fuji.png",
        "A “Fuji” apple.",
        ("food", "fruit"),
    )


def test_symbols_cartoons_and_stamps_without_words_are_left_out(tmp_path: Path) -> None:
    stamp(tmp_path, "symbols/money/coin.png", "A coin.")
    stamp(tmp_path, "animals/birds/cartoon/tux.png", "Tux.")
    stamp(tmp_path, "animals/birds/crow.png", None)
    stamp(tmp_path, "animals/birds/duck.png", "A duck.")
    assert [sample.name for sample in _stamps(tmp_path)] == ["animals/birds/duck.png"]


def test_pictures_to_search_by_are_made_of_samples_and_are_not_among_them(tmp_path: Path) -> None:
    root, ready = tmp_path / "root", tmp_path / "ready"
    for name in (*stamps.QUERIES, "animals/birds/crow.png"):
        stamp(root, name, "A thing.\n")
    _lay_out(_stamps(root), ready, quiet)
    queries = {path.stem: path.read_bytes() for path in (ready / "queries").iterdir()}
    assert set(queries) == set(stamps.QUERIES.values())
    pictures = {path.relative_to(ready / "pictures").as_posix(): path for path in (ready / "pictures").rglob("*.png")}
    assert set(pictures) == {*stamps.QUERIES, "animals/birds/crow.png"}
    assert not {path.read_bytes() for path in pictures.values()} & set(queries.values())
    words = json.loads((ready / "pictures/animals/amphibians/frog.json").read_text("utf-8"))
    assert words == {"caption": "A thing.", "tags": ["animals", "amphibians"]}


def test_progress_ends_at_all_of_it(tmp_path: Path) -> None:
    stamp(tmp_path, "a/b.png", "B.")
    seen: list[tuple[str, int, int]] = []
    _lay_out(_stamps(tmp_path), tmp_path / "ready", lambda what, done, of: seen.append((what, done, of)))
    assert seen[-1][1:] == (1, 1)


def test_samples_that_are_there_are_not_fetched_again(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    folder.mkdir()
    (folder / "version.json").write_text('{"version": 2, "source": "test"}')

    def never(_what: str, _done: int, _of: int) -> None:
        pytest.fail("it fetched")

    assert fetch_samples(tmp_path, never) == folder


def test_a_cache_that_holds_another_package_under_that_name_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The damaged file is not unpacked; without apt-get nothing better can be had, and the error says what to do."""
    package = tmp_path / "packages" / f"{stamps.PACKAGE}_{stamps.VERSION}_all.deb"
    package.parent.mkdir()
    package.write_bytes(b"damaged")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "apt-get").write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
    (tools / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    with pytest.raises(stamps.StampsUnavailable, match=r"Unable to locate package.*sudo apt-get update"):
        stamps.fetch(tmp_path, tmp_path / "work", quiet)
    assert [path.name for path in package.parent.iterdir()] == [package.name]


def test_every_photograph_has_words() -> None:
    for photograph in photographs.PHOTOGRAPHS.values():
        assert photograph.caption
        assert photograph.tags


def test_names_of_samples_are_unique_where_they_go() -> None:
    assert len(set(stamps.QUERIES.values())) == len(stamps.QUERIES)
    assert Sample(Path("a"), "n", "c", ()).query is None
