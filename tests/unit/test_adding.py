"""Folders of pictures go into the (real, local) bucket, again and again, and only what changed is sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagesearch_local.adding.folders import find_sources, words_of
from imagesearch_local.adding.into_bucket import upload
from imagesearch_local.adding.sources import NothingToAdd, Outcome
from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import IMAGES
from imagesearch_local.running import s3_client


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with local_cloud(tmp_path_factory.mktemp("data")) as running:
        keys = {"access_key": running.keys.access_key, "secret_key": running.keys.secret_key}
        yield s3_client({"endpoint": running.endpoint, **keys})


@pytest.fixture
def s3(cloud: Any) -> Iterator[Any]:
    """A client of the bucket, which is emptied afterwards."""
    yield cloud
    for item in cloud.list_objects_v2(Bucket=IMAGES).get("Contents", ()):
        cloud.delete_object(Bucket=IMAGES, Key=item["Key"])


def picture(path: Path, content: bytes = b"a picture") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def keys(*paths: Path, prefix: str = "") -> list[str]:
    return [source.key for source in find_sources(paths, prefix)]


def add(s3: Any, folder: Path, **options: Any) -> Counter[str]:
    return Counter(outcome.did for outcome in upload(find_sources([folder]), s3, IMAGES, **options))


def stored(s3: Any, key: str) -> Any:
    return json.loads(s3.get_object(Bucket=IMAGES, Key=key)["Body"].read())


def test_keys_are_relative_to_the_path_named(tmp_path: Path) -> None:
    picture(tmp_path / "holiday" / "sea" / "a b+c.JPG")
    alone = picture(tmp_path / "alone.png")

    assert keys(tmp_path / "holiday", alone) == ["alone.png", "sea/a b+c.JPG"]
    assert keys(tmp_path / "holiday", prefix="2024/") == ["2024/sea/a b+c.JPG"]


def test_only_visible_files_of_supported_kinds_are_taken(tmp_path: Path) -> None:
    for name in ["a.webp", "notes.txt", "movie.mp4", ".hidden.png", ".thumbnails/b.png", "folder.png/c.gif"]:
        picture(tmp_path / name)

    assert keys(tmp_path) == ["a.webp", "folder.png/c.gif"]


def test_two_pictures_that_would_share_a_key_are_refused(tmp_path: Path) -> None:
    picture(tmp_path / "one" / "x.png")
    picture(tmp_path / "two" / "x.png")

    with pytest.raises(NothingToAdd, match=r"x\.png.*two prefixes"):
        find_sources([tmp_path / "one", tmp_path / "two"])
    assert keys(tmp_path / "one", tmp_path / "one" / "x.png") == ["x.png"]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(NothingToAdd, match="nowhere does not exist"):
        find_sources([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, None),
        ({"x.txt": "\ufeffA frog.\nfr.utf8=Une grenouille."}, {"caption": "A frog."}),
        ({"x.txt": "\n\n"}, None),
        ({"x.json": '{"caption": "Été", "tags": ["a"], "other": 1}'}, {"caption": "Été", "tags": ["a"]}),
        ({"x.json": '{"attributes": {"age": 3}, "caption": null}'}, {"attributes": {"age": 3}}),
        ({"x.txt": "from text", "x.json": '{"caption": "from json"}'}, {"caption": "from json"}),
        ({"x.json": '{"caption": "shared"}', "x.png.json": '{"caption": "its own"}'}, {"caption": "its own"}),
    ],
)
def test_words_come_from_the_files_beside_a_picture(tmp_path: Path, files: dict[str, str], words: Any) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    found = words_of(picture(tmp_path / "x.png"))

    assert (None if found is None else json.loads(found)) == words


@pytest.mark.parametrize("text", ["not json", "[1]", '{"caption": 3}', '{"tags": "frog"}', '{"tags": [1]}'])
def test_words_of_another_form_are_an_error_that_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)

    with pytest.raises(ValueError, match=r"x\.json"):
        words_of(picture(tmp_path / "x.png"))


def test_pictures_and_words_arrive_with_their_types(s3: Any, tmp_path: Path) -> None:
    picture(tmp_path / "sub" / "é ü+%41.jpg", b"jpeg")
    (tmp_path / "sub" / "é ü+%41.txt").write_text("A frog.", encoding="utf-8")

    assert add(s3, tmp_path) == {"uploaded": 1}

    found = s3.get_object(Bucket=IMAGES, Key="sub/é ü+%41.jpg")
    assert (found["Body"].read(), found["ContentType"]) == (b"jpeg", "image/jpeg")
    assert stored(s3, "sub/é ü+%41.jpg.json") == {"caption": "A frog."}


def test_a_second_run_sends_only_what_changed(s3: Any, tmp_path: Path) -> None:
    """Given four pictures in the bucket, of which one gets new bytes and one new words, two are left alone."""
    for name in "abcd":
        picture(tmp_path / f"{name}.png", name.encode())
        (tmp_path / f"{name}.txt").write_text(name)
    assert add(s3, tmp_path) == {"uploaded": 4}
    assert add(s3, tmp_path) == {"unchanged": 4}

    picture(tmp_path / "a.png", b"other bytes")
    (tmp_path / "b.txt").write_text("other words")

    assert add(s3, tmp_path) == {"uploaded": 1, "words": 1, "unchanged": 2}
    assert stored(s3, "b.png.json") == {"caption": "other words"}


def test_words_edited_in_the_bucket_can_be_kept(s3: Any, tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("from disk")
    add(s3, tmp_path)
    s3.put_object(Bucket=IMAGES, Key="a.png.json", Body=b'{"caption": "edited"}')

    assert add(s3, tmp_path, keep_words=True) == {"unchanged": 1}
    assert stored(s3, "a.png.json") == {"caption": "edited"}
    assert add(s3, tmp_path) == {"words": 1}
    assert stored(s3, "a.png.json") == {"caption": "from disk"}


def test_what_is_there_can_be_put_again_with_its_words_left_alone(s3: Any, tmp_path: Path) -> None:
    """Given a picture in the bucket that the index rejected, putting it again is an event: it is tried again."""
    picture(tmp_path / "a.png")
    (tmp_path / "a.txt").write_text("words")
    add(s3, tmp_path)

    assert add(s3, tmp_path, resend=True) == {"uploaded": 1}
    assert add(s3, tmp_path) == {"unchanged": 1}


def test_one_bad_file_does_not_keep_the_others_back(s3: Any, tmp_path: Path) -> None:
    for name in ("good", "bad"):
        picture(tmp_path / f"{name}.png")
    (tmp_path / "bad.json").write_text("[]")
    picture(tmp_path.joinpath(*["d" * 200] * 5) / ("x" * 100 + ".png"))

    seen: list[Outcome] = []
    outcomes = upload(find_sources([tmp_path]), s3, IMAGES, on_done=seen.append)

    assert seen == outcomes
    failed = {Path(outcome.source.name).name[:3]: outcome.error for outcome in outcomes if outcome.did == "failed"}
    assert failed.keys() == {"bad", "xxx"}
    assert "bad.json: The sidecar is not a JSON object" in failed["bad"]
    assert "1109 bytes" in failed["xxx"]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=IMAGES)["Contents"]] == ["good.png"]


def test_an_interrupted_run_can_be_resumed(s3: Any, tmp_path: Path) -> None:
    """Given Ctrl-C after the third of forty pictures, the run ends early, and the next one sends just the rest."""
    for number in range(40):
        picture(tmp_path / f"{number}.png", str(number).encode())
    seen: list[Outcome] = []

    def interrupt(outcome: Outcome) -> None:
        seen.append(outcome)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload(find_sources([tmp_path]), s3, IMAGES, on_done=interrupt)
    there = s3.list_objects_v2(Bucket=IMAGES)["KeyCount"]

    assert 3 <= there <= 40
    assert add(s3, tmp_path) == Counter({"uploaded": 40 - there, "unchanged": there}) - Counter()
