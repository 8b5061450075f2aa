"""Commands about the library as a whole: duplicates, tags suggest, export, suggest, facets, rejected."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from command_line import NOTHING, Answer, Api, Event, Run

A, B, C, D = (letter * 26 for letter in "abcd")


def image(name: str, **fields: Any) -> dict[str, Any]:
    words: dict[str, Any] = {"caption": None, "tags": [], "attributes": {}}
    return {"id": name, "key": f"{name[0]}.png", "width": 10, "height": 10, "size": 5, **words, **fields}


def pages(*answers: Any) -> Any:
    """Answers one after the other, each but the last with a cursor, and each asked for with the cursor before."""
    left = list(enumerate(answers))

    def answer(event: Event) -> Answer:
        number, body = left.pop(0)
        asked = json.loads(event["body"]) if event["body"] else event["queryStringParameters"] or {}
        assert asked.get("cursor") == (f"after-{number}" if number else None)
        return 200, {**body, "cursor": f"after-{number + 1}" if left else None}

    return answer


def pair(first: str, second: str) -> dict[str, Any]:
    return {"ids": [first, second], "cosine": 0.97, "distance": 2, "mirrored": False}


@pytest.fixture
def duplicated(api: Api) -> Api:
    """a, b and c show the same, c being the largest; the index looks at two images a page and meets pairs twice."""
    api.answers["GET /duplicates"] = pages(
        {"pairs": [pair(A, B)], "scanned": 2, "total": 4}, {"pairs": [pair(B, A), pair(C, B)], "scanned": 2, "total": 4}
    )
    for name, width in ((A, 10), (B, 20), (C, 30)):
        api.answers[f"GET /images/{name}"] = (200, image(name, width=width))
    return api


def test_duplicates_of_duplicates_are_one_group_with_the_largest_first(run: Run, duplicated: Api) -> None:
    ran = run("duplicates", "--json", "--port", duplicated.port)

    [group] = ran.json["groups"]
    assert [each["key"] for each in group["images"]] == ["c.png", "b.png", "a.png"]
    assert group["largest"] == C
    assert [each["ids"] for each in group["pairs"]] == [[A, B], [B, C]]
    assert ran.json["scanned"] == 4


def test_groups_are_printed_and_nothing_is_deleted(run: Run, duplicated: Api) -> None:
    ran = run("duplicates", "--port", duplicated.port)

    assert [line for line in ran.out.splitlines() if "largest" in line and "c.png" in line and "30 x 10" in line]
    assert "1 groups of 3 images in all, among 4. Nothing was deleted." in ran.out
    assert {event["httpMethod"] for event in duplicated.events} == {"GET"}


def test_what_was_removed_meanwhile_is_in_no_group(run: Run, duplicated: Api) -> None:
    duplicated.answers[f"GET /images/{C}"] = (404, {"code": "image-not-found", "detail": "No."})

    [group] = run("duplicates", "--json", "--port", duplicated.port).json["groups"]

    assert [each["id"] for each in group["images"]] == [B, A]


@pytest.fixture
def untagged(api: Api) -> Api:
    """Three images without tags: a is surely a frog, b may be one, c is like nothing."""
    api.answers["POST /search"] = lambda event: (
        (200, {**NOTHING, "hits": [image(A), image(B)], "total": 3, "cursor": "next"})
        if "cursor" not in json.loads(event["body"])
        else (200, {**NOTHING, "hits": [image(C)], "total": 3})
    )
    suggestions = {A: [("green", 0.6), ("frog", 0.9)], B: [("frog", 0.4)], C: []}
    for name, tags in suggestions.items():
        suggested = [{"tag": tag, "confidence": confidence} for tag, confidence in tags]
        api.answers[f"GET /images/{name}"] = (200, image(name, suggested_tags=suggested), {"ETag": f'"{name[0]}"'})
        api.answers[f"PATCH /images/{name}"] = (202, {"id": name, "etag": '"new"'})
    return api


def edits(api: Api) -> dict[str, Any]:
    return {event["path"][-26:]: json.loads(event["body"]) for event in api.events if event["httpMethod"] == "PATCH"}


def test_tags_are_suggested_above_the_confidence_and_nothing_is_written(run: Run, untagged: Api) -> None:
    ran = run("tags", "suggest", "--json", "--port", untagged.port)

    assert ran.json["suggestions"] == [
        {"id": A, "key": "a.png", "tags": [{"tag": "frog", "confidence": 0.9}, {"tag": "green", "confidence": 0.6}]}
    ]
    assert untagged.asked[0]["filters"] == {"tagged": False}
    assert edits(untagged) == {}


def test_accepted_tags_are_written_to_the_version_they_were_suggested_for(run: Run, untagged: Api) -> None:
    ran = run("tags", "suggest", "--min-confidence", "0.3", "--accept", "--yes", "--json", "--port", untagged.port)

    assert edits(untagged) == {A: {"tags": ["frog", "green"]}, B: {"tags": ["frog"]}}
    assert sorted(ran.json["accepted"]) == [A, B]


def test_accepting_asks_first(run: Run, untagged: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\ny\n"))

    refused = run("tags", "suggest", "--accept", "--port", untagged.port)
    assert (refused.code, edits(untagged)) == (1, {})
    assert "Write 2 tags to 1 images?" in refused.err

    assert run("tags", "suggest", "--accept", "--port", untagged.port).code == 0
    assert list(edits(untagged)) == [A]


def test_the_limit_counts_images_that_have_suggestions(run: Run, untagged: Api) -> None:
    ran = run("tags", "suggest", "--min-confidence", "0", "--limit", "1", "--json", "--port", untagged.port)

    assert len(ran.json["suggestions"]) == 1


def test_export_writes_a_line_for_each_image(run: Run, api: Api, tmp_path: Path) -> None:
    hits = [image(A, caption="Ä\u2028b"), image(B, tags=["x"], attributes={"legs": 4})]
    api.answers["POST /search"] = pages(
        {**NOTHING, "hits": hits[:1], "total": 2}, {**NOTHING, "hits": hits[1:], "total": 2}
    )
    file = tmp_path / "library.jsonl"

    assert run("export", file, "--tag", "x", "--port", api.port).code == 0

    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
    assert [(row["key"], row["caption"], row["tags"], row["attributes"]) for row in rows] == [
        ("a.png", "Ä\u2028b", [], {}),
        ("b.png", None, ["x"], {"legs": 4}),
    ]
    assert api.asked[0] == {"limit": 100, "sort": "oldest", "filters": {"tags": {"all": ["x"]}}}


def test_an_export_added_again_brings_all_words_back_as_they_were(
    run: Run, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given other words since, each image gets its own again, none included; then there is nothing to do."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    exported = [image(A, caption="A", tags=["x"]), image(B, attributes={"legs": 4}), {**image(C), "key": "scan 7"}]
    now = {each["id"]: {**each, "caption": "Since", "tags": ["since"], "attributes": {"since": 1}} for each in exported}

    def edit(event: Event) -> Answer:
        now[event["path"][-26:]].update(json.loads(event["body"]))
        return 202, {"etag": '"new"'}

    api.answers["POST /search"] = (200, {**NOTHING, "hits": exported, "total": 3})
    api.answers["GET /health"] = (200, {})
    for name in (A, B, C):
        api.answers[f"GET /images/{name}"] = lambda event: (200, now[event["path"][-26:]], {"ETag": '"e"'})
        api.answers[f"PATCH /images/{name}"] = edit
    file = tmp_path / "library.jsonl"
    where = ("--endpoint", f"{api.root}/api")
    assert run("export", file, *where).code == 0

    assert run("add", file, "--json", *where).json["words"] == 3
    assert [each["caption"] or None for each in now.values()] == ["A", None, None]
    assert [each["tags"] for each in now.values()] == [["x"], [], []]
    assert [each["attributes"] for each in now.values()] == [{}, {"legs": 4}, {}]
    assert run("add", file, "--json", *where).json["unchanged"] == 3


def test_an_export_that_fails_leaves_the_old_file(run: Run, api: Api, tmp_path: Path) -> None:
    """Given an API that fails on the second page, the file is what it was, and nothing lies beside it."""
    api.answers["POST /search"] = lambda event: (
        (500, {"code": "internal-error", "detail": "Not now."})
        if "cursor" in json.loads(event["body"])
        else (200, {**NOTHING, "hits": [image(A)], "total": 2, "cursor": "next"})
    )
    file = tmp_path / "library.jsonl"
    file.write_text("old")

    ran = run("export", file, "--port", api.port)

    assert ran.code == 1
    assert "Not now." in ran.err
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["library.jsonl"]


@pytest.mark.parametrize("named", [[], ["-"]])
def test_export_goes_to_standard_output_where_no_file_is_named(
    run: Run, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [image(A)], "total": 1})

    ran = run("export", *named, "--port", api.port)

    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == [A]
    assert not list(tmp_path.glob("-"))


def test_what_a_terminal_might_obey_is_escaped_in_json(run: Run, api: Api) -> None:
    """Given a caption with a control sequence of one character, and others, no output has them as they are."""
    caption = "\x9b2J\x7f \u202egnp.exe"
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [image(A, caption=caption)], "total": 1})

    exported = run("export", "--port", api.port)
    found = run("search", "--json", "--port", api.port)

    assert exported.json["caption"] == found.json["hits"][0]["caption"] == caption
    assert (exported.out + found.out).replace("\n", "").isprintable()


def test_json_goes_to_an_output_of_few_letters(run: Run, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given an output in ASCII, and a name of no encoding, reports are neither lost nor changed."""
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [image(A, caption="Zoë \udcff")], "total": 1})
    for command in ("export", "search --json"):
        few = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", few)
            run(*command.split(), "--port", api.port)

        few.seek(0)
        assert r"Zo\u00eb \udcff" in few.read()


def test_a_file_that_can_not_be_written_is_one_clear_line(run: Run, api: Api, tmp_path: Path) -> None:
    ran = run("export", tmp_path / "missing" / "x.jsonl", "--port", api.port)

    assert ran.code == 1
    assert "can't be written" in ran.err


def test_suggestions_and_their_kind_are_listed(run: Run, api: Api) -> None:
    api.answers["GET /suggest"] = (200, {"suggestions": [{"text": "frogs", "kind": "tag", "count": 1200}]})

    ran = run("suggest", "fro", "--limit", "3", "--port", api.port)

    assert [line.split() for line in ran.out.splitlines()][-1] == ["frogs", "tag", "1,200"]
    assert api.events[0]["queryStringParameters"] == {"q": "fro", "limit": "3"}


def test_facets_are_asked_for_with_the_filters_as_a_query_string(run: Run, api: Api) -> None:
    api.answers["GET /facets"] = (
        200,
        {"total": 3, "total_of": "text", "facets": {"year": [{"value": "2024", "count": 3}]}},
    )
    filters = [
        "--tag",
        "a",
        "--tag",
        "b",
        "--untagged",
        "--near",
        "1,2,3",
        "--attribute",
        "legs=4",
        "--min-width",
        "5",
        "--orientation",
        "square",
    ]

    ran = run("facets", "year", "tags", "--text", "frog", *filters, "--port", api.port)

    assert "2024" in ran.out
    assert "3 images match the text." in ran.out
    assert api.events[0]["multiValueQueryStringParameters"] == {
        "facet": ["year", "tags"], "q": ["frog"], "tag": ["a", "b"], "tagged": ["false"], "near": ["1.0,2.0,3.0"],
        "attribute": ["legs:4"], "min_width": ["5"], "orientation": ["square"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "sent"),
    [('legs="4"', "legs:4"), ('by="ann b"', "by:ann b"), ("wild=true", "wild:true"), ("n=4.0", "n:4")],
)
def test_quotes_are_no_part_of_an_attribute_that_facets_are_asked_for(
    run: Run, api: Api, typed: str, sent: str
) -> None:
    api.answers["GET /facets"] = (200, {"total": 0, "total_of": "filters", "facets": {"tags": []}})

    run("facets", "--attribute", typed, "--port", api.port)

    assert api.events[0]["multiValueQueryStringParameters"]["attribute"] == [sent]


def test_facets_of_a_range_are_refused_before_anything_is_asked(run: Run, api: Api) -> None:
    ran = run("facets", "--attribute", "legs=2..4", "--port", api.port)

    assert ran.code == 2
    assert "ranges are for `search`" in ran.err


def test_rejected_images_are_listed_with_reasons_page_by_page(run: Run, api: Api) -> None:
    first, second = (image(name, reason=f"corrupt-image: {name[0]} is damaged") for name in (A, B))
    api.answers["GET /rejected"] = pages({"images": [first]}, {"images": [second]})

    out = run("rejected", "--all", "--limit", "1", "--port", api.port).out

    assert "a.png\n  corrupt-image: a is damaged\nb.png" in out
    assert "2 rejected images shown." in out


def test_that_only_editors_see_what_was_rejected_is_told(run: Run, api: Api) -> None:
    api.answers["GET /rejected"] = (403, {"code": "forbidden", "detail": "Only editors may do this."})

    ran = run("rejected", "--port", api.port)

    assert (ran.code, ran.err) == (1, "imagesearch: Only editors may do this. (forbidden, HTTP 403)\n")
