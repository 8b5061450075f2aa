"""`imagesearch search`: what options ask the API for, and what people see of its answer."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import FROG, NOTHING, Api, Run
from PIL import Image

from imagesearch.records import image_id

TOAD = image_id("images", "animals/toad.png")


def test_text_is_searched_and_shown_as_a_table(run: Run, api: Api) -> None:
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [FROG], "total": 1, "total_of": "text"})

    ran = run("search", "frog", "--port", api.port)

    assert ran.code == 0
    assert api.asked == [{"text": "frog", "limit": 20}]
    assert "0.912" in ran.out
    assert FROG["id"] in ran.out
    assert "animals, amphibian" in ran.out
    assert "1 match the text" in ran.out


def test_captions_can_neither_style_nor_clear_the_screen(run: Run, api: Api) -> None:
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [FROG], "total": 1})

    out = run("search", "frog", "--port", api.port).out

    assert "A [red]frog[/red]." in out
    assert "\x1b" not in out


def test_options_become_the_query(run: Run, api: Api) -> None:
    api.answers["POST /search"] = (200, NOTHING)
    options = ["--tag", "a", "--tag", "b", "--not-tag", "c", "--prefix", "x/", "--limit", "5"]

    ran = run(
        "search",
        *options,
        "--image-id",
        FROG["id"],
        "--weight",
        "text=0.5",
        "--weight",
        "semantic=2",
        "--port",
        api.port,
    )

    assert "Nothing found" in ran.out
    assert api.asked == [
        {
            "image_id": FROG["id"],
            "limit": 5,
            "weights": {"text": 0.5, "semantic": 2.0},
            "filters": {"tags": {"all": ["a", "b"], "none": ["c"]}, "prefix": "x/"},
        }
    ]


def test_a_small_picture_is_sent_as_it_is(run: Run, api: Api, tmp_path: Path) -> None:
    api.answers["POST /search"] = (200, NOTHING)
    path = tmp_path / "frog.png"
    Image.new("RGB", (40, 30), "green").save(path)

    run("search", "--image", path, "--port", api.port)

    assert base64.b64decode(api.asked[0]["image"]) == path.read_bytes()


def test_a_large_photograph_is_shrunk_upright(run: Run, api: Api, tmp_path: Path) -> None:
    """Given 2.9 MiB of pixels that EXIF says to turn by 90 degrees, a JPEG of 768 x 1024 is sent."""
    api.answers["POST /search"] = (200, NOTHING)
    path = tmp_path / "photo.tiff"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.effect_noise((2000, 1500), 90).save(path, exif=exif)

    ran = run("search", "--image", path, "--port", api.port)

    assert ran.code == 0
    sent = Image.open(io.BytesIO(base64.b64decode(api.asked[0]["image"])))
    assert (sent.format, sent.size) == ("JPEG", (768, 1024))


def test_a_large_file_that_is_no_picture_is_one_clear_line(run: Run, api: Api, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"words " * 1_000_000)

    ran = run("search", "--image", path, "--port", api.port)

    assert ran.code == 1
    assert "notes.txt can't be searched with" in ran.err
    assert "Traceback" not in ran.err


def test_json_is_the_apis_own_answer_and_all_joins_the_pages(run: Run, api: Api) -> None:
    class Pages(dict[str, Any]):
        """The first page is followed by a last one."""

        def __getitem__(self, _route: str) -> tuple[int, Any]:
            return (200, {**NOTHING, "hits": [FROG], "cursor": "next" if len(api.asked) == 1 else None})

    api.answers = Pages()

    ran = run("search", "frog", "--all", "--json", "--port", api.port)

    assert ran.json == {**NOTHING, "hits": [FROG, FROG]}
    assert api.asked == [{"text": "frog", "limit": 20}, {"cursor": "next", "limit": 20}]


def test_a_refused_search_tells_the_reason_in_one_line(run: Run, api: Api) -> None:
    problem = {"detail": "A cursor carries its search.", "code": "invalid-request"}
    api.answers["POST /search"] = (422, problem)

    ran = run("search", "frog", "--port", api.port)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "imagesearch: A cursor carries its search. (invalid-request, HTTP 422)\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("options", [["search", "frog", "--json"], ["search", "frog"], ["export"]])
def test_output_that_finds_no_room_is_one_clear_line(api: Api, options: list[str]) -> None:
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [FROG], "total": 1})
    command = [sys.executable, "-m", "imagesearch_local.cli", *options, "--port", str(api.port)]

    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == "imagesearch: Not all could be written: No space left on device"
    assert "Traceback" not in ran.stderr


NO_SUCH = f"There is no image with the id {image_id('images', 'nosuch.png')}."


@pytest.mark.parametrize("option", ["--like", "--unlike", "--image-id"])
def test_what_is_not_there_is_named_as_it_was_typed(run: Run, api: Api, option: str) -> None:
    api.answers["POST /search"] = (404, {"detail": NO_SUCH, "code": "image-not-found"})

    ran = run("search", "--like", TOAD, option, "nosuch.png", "--port", api.port)

    assert ran.code == 1
    assert ran.err == "imagesearch: nosuch.png: there is no such file, key or id.\n"


def test_a_weight_that_is_no_number_is_told(run: Run, api: Api) -> None:
    detail = f"There is no image with the id {image_id('images', 'frog.png=abc')}."
    api.answers["POST /search"] = (404, {"detail": detail, "code": "image-not-found"})

    ran = run("search", "--like", "frog.png=abc", "--port", api.port)

    assert "frog.png=abc: there is no such file, key or id; abc is no number, and so no weight." in ran.err


def picture(path: Path, colour: str = "green") -> Path:
    Image.new("RGB", (40, 30), colour).save(path)
    return path


@pytest.fixture
def asked(run: Run, api: Api) -> Any:
    """What a search with these options asks the API for, but for the limit."""
    api.answers["POST /search"] = (200, NOTHING)

    def ask(*options: object) -> Any:
        ran = run("search", *options, "--port", api.port)
        assert ran.code == 0, ran.err
        return {name: value for name, value in api.asked[-1].items() if name != "limit"}

    return ask


@pytest.mark.parametrize(
    ("options", "filters"),
    [
        ("--tag a --any-tag b --any-tag c --not-tag d", {"tags": {"all": ["a"], "any": ["b", "c"], "none": ["d"]}}),
        ("--tagged", {"tagged": True}),
        ("--untagged", {"tagged": False}),
        ("--orientation portrait --orientation square", {"orientation": ["portrait", "square"]}),
        ("--format jpg --format PNG --format heic", {"format": ["JPEG", "PNG", "HEIF"]}),
        ("--camera X100", {"camera": ["X100"]}),
        ("--min-width 10 --max-height 20", {"width": {"min": 10}, "height": {"max": 20}}),
        ("--taken-from 2024-06-30T18:00+02:00", {"taken": {"from": "2024-06-30T18:00:00+02:00"}}),
        ("--uploaded-to 2025-01-02T00:00Z", {"uploaded": {"to": "2025-01-02T00:00:00+00:00"}}),
        ("--near 47.37,8.54,5", {"near": {"latitude": 47.37, "longitude": 8.54, "kilometres": 5}}),
        ("--attribute legs=4 --attribute wild=true", {"attributes": {"legs": 4, "wild": True}}),
        ("--attribute by=Ann --attribute by=Ben", {"attributes": {"by": ["Ann", "Ben"]}}),
        (
            "--attribute legs=2..6 --attribute age=3..",
            {"attributes": {"legs": {"min": 2, "max": 6}, "age": {"min": 3}}},
        ),
    ],
)
def test_each_filter_has_its_place_in_the_query(asked: Any, options: str, filters: Any) -> None:
    assert asked(*options.split()) == {"filters": filters}


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ("frog --fusion rrf", {"text": "frog", "fusion": "rrf"}),
        ("frog --min-score 0.5", {"text": "frog", "min_score": 0.5}),
        ("frog --collapse-duplicates", {"text": "frog", "collapse_duplicates": True}),
        ("frog --diversity 0.3", {"text": "frog", "diversity": 0.3}),
        ("frog --expand-visually", {"text": "frog", "expand_visually": True}),
        ("frog --explain", {"text": "frog", "explain": True}),
        ("--sort taken_newest", {"sort": "taken_newest"}),
        ("--facet tags --facet attributes.legs", {"facets": ["tags", "attributes.legs"]}),
        ("--weight text=2", {"weights": {"text": 2}}),
        (
            f"--image-id {TOAD} --crop 0.1,0.2,0.6,0.9",
            {"image_id": TOAD, "crop": {"left": 0.1, "top": 0.2, "right": 0.6, "bottom": 0.9}},
        ),
    ],
)
def test_each_option_of_ranking_has_its_place_in_the_query(asked: Any, options: str, query: Any) -> None:
    assert asked(*options.split()) == query


def test_examples_are_ids_keys_or_files_with_weights(asked: Any, tmp_path: Path) -> None:
    path = picture(tmp_path / "a=b.png")

    query = asked("--like", TOAD, "--like", f"{path}=2", "--like", path, "--unlike", "animals/frog.png=0.25")

    image = base64.b64encode(path.read_bytes()).decode()
    assert query == {
        "like": [{"image_id": TOAD}, {"image": image, "weight": 2}, {"image": image}],
        "unlike": [{"image_id": FROG["id"], "weight": 0.25}],
    }


@pytest.mark.parametrize(
    "wrong",
    ["--crop 1,2,3", "--crop 0.6,0,0.1,1", "--crop 0,0,1,2", "--near 1,2", "--near a,b,c", "--taken-from soon",
     "--attribute legs", "--attribute =4", "--weight text", "--orientation flat", "--min-score 2", "--fusion magic",
     "--sort size"],
)  # fmt: skip
def test_what_an_option_can_not_be_is_a_usage_error_that_names_it(run: Run, api: Api, wrong: str) -> None:
    ran = run("search", *wrong.split(), "--port", api.port)

    assert ran.code == 2
    assert wrong.split(maxsplit=1)[0] in ran.err
    assert api.events == []


def test_a_range_and_values_of_one_attribute_contradict_each_other(run: Run, api: Api) -> None:
    ran = run("search", "--attribute", "legs=2..4", "--attribute", "legs=6", "--port", api.port)

    assert ran.code == 2
    assert "one range, or values" in ran.err


def explained() -> dict[str, Any]:
    term = {"term": "frog", "word": "frogs", "fields": ["caption", "tags"], "share": 0.75, "counted": 0.7}
    missing = {"term": "green", "word": "green", "fields": [], "share": 0.25, "counted": 0.0}
    text = {"leg": "text", "weight": 1.0, "score": 0.7, "rank": 1, "terms": [term, missing], "cosine": None}
    box = {"left": 0, "top": 0, "right": 0.5, "bottom": 1}
    like = {
        "leg": "semantic",
        "weight": 2.0,
        "score": 0.5,
        "rank": None,
        "terms": [],
        "cosine": 0.8,
        "l2": 0.632,
        "box": box,
    }
    return {**FROG, "explanation": {"fusion": "weighted", "legs": [text, like]}}


def test_an_explanation_names_legs_ranks_terms_and_distances(run: Run, api: Api) -> None:
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [explained()], "total": 1})

    out = run("search", "green frogs", "--explain", "--port", api.port).out

    assert "text 0.700 x 1, rank 1; frogs 0.700 of 0.750 in caption, tags; green 0.000 of 0.250 missing" in out
    assert "semantic 0.500 x 2, not retrieved; cosine 0.800, L2 0.632; at 0.00, 0.00, 0.50, 1.00" in out


def test_hits_say_which_others_they_stand_for_and_what_led_to_them(run: Run, api: Api) -> None:
    hit = {**FROG, "duplicates": [TOAD], "expanded_from": {"id": TOAD, "similarity": 0.625}}
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [hit], "total": 1})

    out = run("search", "frog", "--expand-visually", "--collapse-duplicates", "--port", api.port).out

    assert f"looks like {TOAD} (0.625)" in out
    assert f"and near-duplicates: {TOAD}" in out


def test_counts_follow_the_hits(run: Run, api: Api) -> None:
    facets = {"tags": [{"value": "animals[/]", "count": 1200}], "year": [{"value": "2024", "count": 3}]}
    api.answers["POST /search"] = (200, {**NOTHING, "hits": [FROG], "total": 1, "facets": facets})

    lines = run("search", "--facet", "tags", "--facet", "year", "--port", api.port).out.splitlines()

    assert any(line.split() == ["animals[/]", "1,200"] for line in lines)
    assert any(line.split() == ["2024", "3"] for line in lines)
