"""The command line, run as a user does, against a real gateway with a function that answers as told."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import FROG, NOTHING, Api, Run
from werkzeug.wrappers import Response

from imagesearch.records import image_id
from imagesearch_local.gateway.serving import LoopbackServer, serving

LOCAL = ["up", "status", "doctor"]
OF_A_LIBRARY = ["add", "search", "show", "remove", "edit", "duplicates", "suggest", "facets", "rejected"]


@pytest.mark.parametrize("command", [*LOCAL, *OF_A_LIBRARY])
def test_every_command_explains_itself(run: Run, command: str) -> None:
    ran = run(command, "--help")

    assert ran.code == 0
    assert "--json" in ran.out
    assert "--port" in ran.out


def test_the_overview_names_every_command(run: Run) -> None:
    overview = run("--help").out

    for command in (*LOCAL, *OF_A_LIBRARY, "samples", "export", "tags", "opensearch"):
        assert f" {command} " in overview


@pytest.mark.parametrize("command", [*map(str.split, OF_A_LIBRARY), ["export"], ["tags", "suggest"]])
def test_every_command_of_a_library_takes_another_endpoint(run: Run, command: list[str]) -> None:
    options = run(*command, "--help").out

    assert "--endpoint" in options
    assert "--token" in options


def test_help_and_completion_do_not_pay_for_what_a_server_needs() -> None:
    """A shell asks for completions while somebody types."""
    code = "import sys, imagesearch_local.cli; print({'werkzeug', 'moto', 'boto3'} & set(sys.modules))"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "set()\n"


def test_a_wrong_option_is_a_usage_error(run: Run) -> None:
    ran = run("search", "--nonsense")

    assert ran.code == 2
    assert "--nonsense" in ran.err


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


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "\udcff"], ["search", "--tag", "\udcff"], ["facets", "--text", "\udcff"], ["suggest", "\udcff"],
        ["edit", FROG["id"], "--caption", "\udcff"],
    ],
)  # fmt: skip
def test_bytes_that_are_no_text_are_one_clear_line(run: Run, api: Api, arguments: list[str]) -> None:
    api.answers[f"GET /images/{FROG['id']}"] = (200, {**FROG, "attributes": {}})

    ran = run(*arguments, "--port", api.port)

    assert ran.code == 2
    assert "no text in UTF-8" in ran.err
    assert len(ran.err.strip().splitlines()) <= 2  # where there is no progress bar a line says what goes on


@pytest.mark.parametrize("arguments", [["cat", "--weight", "text=nan"], ["--like", f"{FROG['id']}=1e999"]])
def test_a_number_that_json_has_not_is_a_usage_error(run: Run, api: Api, arguments: list[str]) -> None:
    assert run("search", *arguments, "--port", api.port).code == 2


def test_a_service_without_a_proper_address_is_one_clear_line(run: Run, api: Api) -> None:
    ran = run("add", "s3://bucket", "--source-endpoint", "foo", "--port", api.port)

    assert ran.code == 2
    assert "--source-endpoint" in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err


def test_a_service_that_does_not_answer_is_noticed_once_and_not_row_by_row(
    run: Run, api: Api, free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    (tmp_path / "t.csv").write_text("path\n" + "".join(f"{number}.png\n" for number in range(50)))
    options = ["--relative-to", "s3://bucket", "--source-endpoint", f"http://127.0.0.1:{free_port}"]

    ran = run("add", tmp_path / "t.csv", *options, "--port", api.port)

    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "check the credentials" in ran.err
    assert "--source-endpoint" in ran.err


@pytest.mark.parametrize("endpoint", ["nonsense", "ftp://example.com", "https://"])
def test_what_is_no_address_of_an_api_is_one_clear_sentence(run: Run, endpoint: str) -> None:
    ran = run("search", "x", "--endpoint", endpoint)

    assert ran.code == 2
    assert (
        ran.err == f"imagesearch: {endpoint} is no address of an API: check --endpoint, as https://example.com/api.\n"
    )


def test_a_token_is_read_from_a_file(run: Run, api: Api, tmp_path: Path) -> None:
    """Given a token in a file, it goes along, and no command line that others see has it; the file is preferred."""
    api.answers["POST /search"] = (200, NOTHING)
    file = tmp_path / "token"
    file.write_text("t0ken.of-file\n")

    assert run("search", "--token-file", file, "--token", "typed", "--port", api.port).code == 0

    assert api.events[0]["headers"]["Authorization"] == "Bearer t0ken.of-file"


@pytest.mark.parametrize("content", [b"", b"two words", "tökén".encode(), b"\xff\x00"])
def test_a_file_without_a_token_is_one_clear_line(run: Run, api: Api, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)

    ran = run("search", "--token-file", file, "--port", api.port)

    assert ran.code in (1, 2)
    assert "token" in ran.err
    assert len(ran.err.splitlines()) == 1
    assert api.events == []


def test_a_token_is_not_sent_unencrypted_to_another_machine(run: Run) -> None:
    ran = run("search", "x", "--endpoint", "http://192.0.2.1/api", "--token", "t0ken")

    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "https://" in ran.err
