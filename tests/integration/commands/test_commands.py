"""Every command against the real thing, as a user would: the server in its own process, real pictures, no stand-in."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import boto3
import pytest
from command_line import Ran, Run

from imagesearch_local import running

CAT = "animals/chelsea.png"


def found(ran: Ran) -> list[str]:
    return [hit["key"] for hit in ran.json["hits"]]


@pytest.mark.parametrize(
    ("options", "first"),
    [
        ("cat --fusion rrf --min-score 0.001 --diversity 0.2 --collapse-duplicates", CAT),
        ("cat --expand-visually --facet tags --facet year --facet attributes.indoors", CAT),
        ("--like animals/chelsea.png=2 --unlike space/moon.png=0.5 --like people/camera.png", None),
        ("--image-id animals/chelsea.png --crop 0.1,0.1,0.9,0.9 --weight semantic=2", None),
        ("--sort oldest --tag portrait --any-tag cat --any-tag woman --not-tag space", CAT),
        ("--tagged --orientation landscape --format png --min-width 100 --max-height 5000 --prefix animals/", None),
        ("--taken-to 1990 --uploaded-from 2020 --uploaded-to 2199-01-01", "nothing"),
        ("--attribute year_seen=2002 --attribute indoors=true", CAT),
        ("--attribute year_seen=2001..2002 --sort newest --attribute indoors=true --attribute indoors=false", None),
        ("--untagged --camera X100 --taken-from 1990-01-01T00:00:00Z", "nothing"),
    ],
)
def test_every_option_of_search_is_understood(user: Run, options: str, first: str | None) -> None:
    keys = found(user("search", *options.split(), "--json"))

    if first == "nothing":
        assert keys == []
    else:
        assert keys
        assert first in (None, keys[0])


def test_a_search_explains_itself_and_shows_itself(
    user: Run, local: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given words and a picture, --explain names both legs, and --open keeps a sheet with the real thumbnails."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)

    ran = user("search", "whiskers", "--image", local.folder / CAT, "--explain", "--open")

    assert re.search(r"text 0\.\d+ x 1, rank 1; whiskers 0\.\d+ of 1.000 in tags", ran.out)
    assert re.search(r"semantic 1\.000 x 1, rank 1; cosine 1\.000, L2 0\.0", ran.out)
    [sheet] = tmp_path.glob("imagesearch-*/search.html")
    assert sheet.read_text().count("data:image/webp;base64,UklGR") == 8


def test_what_is_near_a_place_is_refused_in_one_clear_line_where_positions_are_not_kept(user: Run, run: Run) -> None:
    ran = run("search", "--near", "47.37,8.54,5")

    assert ran.code == 2
    assert "position" in ran.err.lower()


@pytest.mark.parametrize(
    "wrong",
    ["search cat --weight bogus=1", "search --attribute legs=6..2", "facets bogus", "search cat --crop 0,0,1,0.5"],
)
def test_what_the_api_refuses_as_it_was_asked_is_wrong_usage(user: Run, run: Run, wrong: str) -> None:
    ran = run(*wrong.split())

    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


def test_edited_words_are_found_and_what_is_not_named_stays(user: Run, turned: Any, tmp_path: Path) -> None:
    (turned(tmp_path / "mine" / "cat.png", 8)).with_suffix(".json").write_text(
        '{"tags": ["pet"], "attributes": {"age": 3}}'
    )
    user("add", tmp_path / "mine", "--prefix", "edit/")
    key = "edit/cat.png"

    user("edit", key, "--caption", "Mittens asleep", "--add-tag", "tabby", "--attribute", "legs=4", "--wait")

    assert found(user("search", "mittens", "--json")) == [key]
    shown = user("show", key, "--json").json
    assert shown["tags"] == ["pet", "tabby"]
    assert shown["attributes"] == {"age": 3, "legs": 4}

    user("edit", key, "--remove-tag", "PET", "--remove-attribute", "age", "--wait")
    shown = user("show", key, "--json").json
    assert (shown["caption"], shown["tags"], shown["attributes"]) == ("Mittens asleep", ["tabby"], {"legs": 4})


def test_near_duplicates_are_grouped_with_the_largest_first(user: Run, turned: Any, tmp_path: Path) -> None:
    turned(tmp_path / "mine" / "smaller.jpg", 0)
    user("add", tmp_path / "mine", "--prefix", "again/")

    groups = user("duplicates", "--json").json["groups"]

    [group] = [group for group in groups if CAT in [image["key"] for image in group["images"]]]
    assert [image["key"] for image in group["images"]][:1] == [CAT]
    assert "again/smaller.jpg" in [image["key"] for image in group["images"]]
    assert "Nothing was deleted" in user("duplicates").out


def test_suggested_tags_are_accepted_and_then_found(user: Run, local: Any, turned: Any, tmp_path: Path) -> None:
    turned(tmp_path / "mine" / "nameless.png", 5)
    user("add", tmp_path / "mine", "--prefix", "untagged/")
    key = "untagged/nameless.png"

    ran = user("tags", "suggest", "--min-confidence", "0.05", "--accept", "--yes", "--json")

    suggestions = {each["key"]: [tag["tag"] for tag in each["tags"]] for each in ran.json["suggestions"]}
    assert "cat" in suggestions[key]
    assert list(running.pending(local.server.port))[-1] == 0
    assert key in found(user("search", "--tag", "cat", "--json"))
    again = user("tags", "suggest", "--min-confidence", "0.05", "--json").json
    assert key not in [each["key"] for each in again["suggestions"]]


def test_an_export_changed_by_hand_gives_its_words_back(user: Run, tmp_path: Path) -> None:
    """Given an export with one caption rewritten and no picture at hand, adding it changes that caption alone."""
    file = tmp_path / "library.jsonl"
    user("export", file, "--prefix", "space/")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert {row["key"] for row in rows} == {"space/moon.png", "space/rocket.jpg"}
    assert user("add", file, "--json").json["unchanged"] == 2

    for row in rows:
        row["caption"] = "Luna" if row["key"] == "space/moon.png" else row["caption"]
    file.write_text("\n".join(map(json.dumps, rows)))

    assert user("add", file, "--json").json["words"] == 1
    assert found(user("search", "luna", "--json")) == ["space/moon.png"]


def test_what_is_typed_is_completed_and_counted(user: Run) -> None:
    assert {"text": "whiskers", "kind": "tag"}.items() <= user("suggest", "whi", "--json").json["suggestions"][
        0
    ].items()
    facets = user("facets", "tags", "orientation", "--tag", "cat", "--attribute", "indoors=true", "--json").json
    assert {"value": "cat", "count": 1} in facets["facets"]["tags"]


def test_a_text_that_looks_like_a_number_is_counted_as_it_is_found(user: Run, turned: Any, tmp_path: Path) -> None:
    """Given an attribute that is the text 4, quotes mean the same to `search` and to `facets`."""
    turned(tmp_path / "mine" / "cat.png", 19).with_suffix(".json").write_text('{"attributes": {"size": "4"}}')
    user("add", tmp_path / "mine", "--prefix", "quoted/")

    assert found(user("search", "--attribute", 'size="4"', "--json")) == ["quoted/cat.png"]
    assert user("facets", "--attribute", 'size="4"', "--json").json["total"] == 1
    assert user("facets", "--attribute", "year_seen=2002.0", "--json").json["total"] == 1


def test_what_could_not_be_indexed_is_listed_with_its_reason(user: Run, run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    added = run("add", tmp_path / "mine")
    assert added.code == 1
    assert "rejected broken.png" in added.err
    again, unwaited = run("add", tmp_path / "mine"), run("add", tmp_path / "mine", "--no-wait")
    for ran in (again, unwaited):
        assert (ran.code, "1 there already" in ran.out) == (1, True)
        assert "rejected broken.png" in ran.err
        assert "--resend" in ran.err
    resent = run("add", tmp_path / "mine", "--resend", "--json")
    assert (resent.code, resent.json["uploaded"], list(resent.json["rejected"])) == (1, 1, ["broken.png"])

    [image] = user("rejected", "--json").json["images"]
    assert image["key"] == "broken.png"
    assert image["reason"] in added.err
    user("remove", "--yes", "broken.png")
    assert "Nothing was rejected" in user("rejected").out


def test_pictures_come_from_another_bucket_with_their_words(
    user: Run, local: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given pictures elsewhere, one with a sidecar, one with metadata, both words arrive; again sends nothing."""
    s3 = local.server.status["s3"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3["access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3["secret_key"])
    client = boto3.client("s3", endpoint_url=s3["endpoint"], region_name="us-east-1")
    client.create_bucket(Bucket="elsewhere")
    body = (local.folder / CAT).read_bytes()
    client.put_object(Bucket="elsewhere", Key="pets/a b+c.png", Body=body)
    client.put_object(Bucket="elsewhere", Key="pets/a b+c.png.json", Body=b'{"caption": "Borrowed"}')
    client.put_object(Bucket="elsewhere", Key="pets/sub/d.png", Body=body + b" ", Metadata={"caption": "Lent"})
    client.put_object(Bucket="elsewhere", Key="pets-not.png", Body=body)
    arguments = ["add", "s3://elsewhere/pets", "--prefix", "s3/", "--source-endpoint", s3["endpoint"], "--json"]

    assert user(*arguments).json["uploaded"] == 2
    assert found(user("search", "borrowed", "--json")) == ["s3/a b+c.png"]
    assert found(user("search", "lent", "--json")) == ["s3/sub/d.png"]
    assert user(*arguments).json["unchanged"] == 2


def test_a_deployed_library_gets_only_what_it_has_not(user: Run, local: Any, turned: Any, tmp_path: Path) -> None:
    """Given the API alone, pictures arrive with short words and long ones, and a second run sends what is new."""
    words = {"caption": "Uploaded " + "purr " * 100, "tags": ["one, with a comma"], "attributes": {"age": 2}}
    turned(tmp_path / "mine" / "long.png", 11).with_suffix(".json").write_text(json.dumps(words))
    turned(tmp_path / "mine" / "short.png", 13).with_suffix(".txt").write_text("Uploaded soon")
    arguments = ["add", tmp_path / "mine", "--endpoint", local.endpoint, "--json"]

    assert user(*arguments).json["uploaded"] == 2
    hits = user("search", "uploaded", "--prefix", "uploads/", "--json").json["hits"]
    assert {hit["caption"][:13] for hit in hits} == {"Uploaded purr", "Uploaded soon"}
    [long] = [hit for hit in hits if hit["caption"].startswith("Uploaded purr")]
    assert (long["tags"], long["attributes"]) == (["one, with a comma"], {"age": 2})

    turned(tmp_path / "mine" / "third.png", 17)
    (tmp_path / "mine" / "short.txt").write_text("Uploaded later")
    assert user(*arguments).json | {"failures": 0, "rejected": 0, "copies": 0} == {
        "uploaded": 1, "words": 1, "unchanged": 1, "failed": 0, "failures": 0, "rejected": 0, "copies": 0,
    }  # fmt: skip
    assert user(*arguments).json["unchanged"] == 3


def test_bash_completes_tags_of_the_library(local: Any) -> None:
    """Given bash with the script that --show-completion prints, TAB after `--tag whi` offers what the library has."""
    line = ["imagesearch", "search", "--port", str(local.server.port), "--tag", "whi"]
    script = (
        'PATH=$BIN:$PATH; eval "$(imagesearch --show-completion bash)"; '
        f"COMP_WORDS=({' '.join(line)}); COMP_CWORD={len(line) - 1}; _imagesearch_completion imagesearch; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "BIN": _bin(), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    ran = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["whiskers"]


def _bin() -> str:
    """Where this environment's programs are."""
    import sysconfig

    return sysconfig.get_path("scripts")
