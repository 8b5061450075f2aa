"""The command line, run as a user does, against a real gateway with a function that answers as told."""

from __future__ import annotations

import base64
import io
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from werkzeug.wrappers import Response

from imagesearch.records import image_id
from imagesearch_local.cli import main
from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.gateway.serving import LoopbackServer, serving

COMMANDS = ["up", "add", "search", "show", "remove", "status", "doctor"]
FROG: dict[str, Any] = {
    "id": image_id("images", "animals/frog.png"),
    "key": "animals/frog.png",
    "score": 0.91234,
    "caption": "A [red]frog[/red].\x1b[2J",
    "tags": ["animals", "amphibian"],
}
NOTHING = {"hits": [], "total": 0, "total_of": "filters", "facets": {}, "cursor": None}


@dataclass
class Api:
    """What the function answers by route, and what it was asked."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    port: int = 0

    def __call__(self, event: dict[str, Any], _context: Any) -> Any:
        self.asked.append(json.loads(event["body"]) if event["body"] else None)
        status, body = self.answers[f"{event['httpMethod']} {event['path']}"]
        return {"statusCode": status, "body": json.dumps(body)}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    api = Api()
    with serving(LoopbackServer(0), Gateway(api, object, tmp_path, lambda: api.status, "http://127.0.0.1:1")) as server:
        api.port = server.port
        root = f"http://127.0.0.1:{server.port}"
        s3 = {"endpoint": "http://127.0.0.1:1", "bucket": "images", "access_key": "AK", "secret_key": "SK"}
        counts = {"images": 1234, "pending": 0, "rejected": 2}
        api.status = {
            "ready": True,
            "api": f"{root}/api",
            "page": f"{root}/",
            "s3": s3,
            **counts,
            "model": {"name": "m"},
        }
        yield api


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        try:
            main([str(argument) for argument in arguments])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    ran = run(command, "--help")

    assert ran.code == 0
    assert "--json" in ran.out
    assert "--port" in ran.out


def test_the_overview_names_every_command(run: Run) -> None:
    overview = run("--help").out

    assert [command for command in COMMANDS if command in overview] == COMMANDS


def test_a_wrong_option_is_a_usage_error(run: Run) -> None:
    ran = run("search", "--nonsense")

    assert ran.code == 2
    assert "--nonsense" in ran.err


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

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "imagesearch: A cursor carries its search. (invalid-request, HTTP 422)\n"


@pytest.mark.parametrize("arguments", [["search", "x"], ["show", FROG["id"]], ["add", "."], ["remove", "-y", "k.png"]])
def test_without_a_server_each_command_says_how_to_start_one(run: Run, free_port: int, arguments: list[str]) -> None:
    ran = run(*arguments, "--port", free_port)

    assert ran.code == 1
    assert "imagesearch up" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize("name", [FROG["id"], FROG["key"]])
def test_an_image_is_shown_by_id_or_key(run: Run, api: Api, name: str) -> None:
    api.answers[f"GET /images/{FROG['id']}"] = (200, {**FROG, "state": "indexed", "reason": None})

    ran = run("show", name, "--port", api.port)

    assert "animals/frog.png" in ran.out
    assert "reason" not in ran.out


def test_a_key_of_another_api_needs_its_bucket(run: Run, api: Api) -> None:
    endpoint = api.status["api"]
    api.answers[f"GET /images/{image_id('mine', 'frog.png')}"] = (200, FROG)

    without = run("show", "frog.png", "--endpoint", endpoint)
    named = run("show", "frog.png", "--endpoint", endpoint, "--bucket", "mine", "--json")

    assert without.code == 2
    assert "--bucket" in without.err
    assert named.json == FROG


def test_removing_asks_first(run: Run, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

    ran = run("remove", FROG["id"], "--port", api.port)

    assert ran.code == 1
    assert api.asked == []


def test_what_can_be_removed_is_and_the_rest_is_named(run: Run, api: Api) -> None:
    api.answers[f"DELETE /images/{FROG['id']}"] = (202, {"id": FROG["id"]})
    api.answers[f"DELETE /images/{image_id('images', 'gone')}"] = (404, {"detail": "No.", "code": "image-not-found"})

    ran = run("remove", "--yes", "--json", "gone", FROG["id"], "--port", api.port)

    assert ran.code == 1
    assert ran.json["removed"] == [FROG["id"]]
    assert "image-not-found" in ran.json["failed"]["gone"]


def test_status_prints_exactly_what_the_server_says(run: Run, api: Api) -> None:
    ran = run("status", "--json", "--port", api.port)

    assert (ran.code, ran.json) == (0, api.status)


def test_status_for_people_is_a_table(run: Run, api: Api) -> None:
    out = run("status", "--port", api.port).out

    assert "1,234, 0 pending, 2 rejected" in out
    assert api.status["page"] in out


def test_status_is_a_failure_until_it_is_ready(run: Run, api: Api, free_port: int) -> None:
    api.status["ready"] = False

    starting, absent = run("status", "--json", "--port", api.port), run("status", "--json", "--port", free_port)

    assert (starting.code, starting.json["ready"]) == (1, False)
    assert (absent.code, absent.json["ready"], absent.json["s3"]) == (1, False, None)


def test_another_program_on_the_port_is_not_taken_for_ours(run: Run) -> None:
    with serving(LoopbackServer(0), Response("another program")) as other:
        ran = run("status", "--port", other.port)

    assert ran.code == 1
    assert f"No imagesearch runs on port {other.port}" in ran.out


def test_doctor_reports_each_check_and_what_to_do(
    run: Run, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a machine without model and samples, the one is a failure, the other a warning."""
    monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", str(tmp_path))
    monkeypatch.setenv("IMAGESEARCH_CACHE", str(tmp_path))

    ran = run("doctor", "--json", "--port", api.port, "--data", tmp_path)

    checks = {check["name"]: check for check in ran.json["checks"]}
    assert ran.code == 1
    assert {name for name, check in checks.items() if check["state"] == "fail"} == {"model"}
    assert "make model" in checks["model"]["found"]
    assert checks["samples"]["state"] == "warn"
    assert checks["sqlite-vec"]["state"] == "ok"
    assert "imagesearch runs" in checks["port"]["found"]


def test_doctor_sees_a_port_that_another_program_has(run: Run) -> None:
    with serving(LoopbackServer(0), Response("another program")) as other:
        ran = run("doctor", "--json", "--port", other.port)

    [port] = [check for check in ran.json["checks"] if check["name"] == "port"]
    assert port["state"] == "fail"
    assert "--port" in port["advice"]


def test_up_without_a_model_says_how_to_make_one(
    run: Run, tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", str(tmp_path / "none"))

    ran = run("up", "--data", tmp_path, "--port", free_port, "--no-browser")

    assert ran.code == 2
    assert "make model" in ran.err
