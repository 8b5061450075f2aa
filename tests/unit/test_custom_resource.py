"""A generation as a custom resource: CloudFormation always gets its answer, at a real address."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cloudformation import SIGNATURE, Answers, taking_answers
from faulty_proxy import Answer, FaultyProxy, faulty_proxy, refused

from imagesearch import bootstrap
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext
from manage_index import custom_resource
from manage_index.custom_resource import Undelivered, answer_cloudformation
from manage_index.handler import handler


@pytest.fixture
def answers() -> Iterator[Answers]:
    with taking_answers() as taken:
        yield taken


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A function on the embedded index, which has no generations: whatever is asked of it fails."""
    monkeypatch.setenv("IMAGESEARCH_IMAGE_BUCKET", "images")
    monkeypatch.setenv("IMAGESEARCH_DERIVED_BUCKET", "derived")
    monkeypatch.setenv("IMAGESEARCH_INDEX_URL", f"sqlite:///{tmp_path}/index.sqlite")
    monkeypatch.setattr(custom_resource, "FIRST_PAUSE_SECONDS", 0.01)
    bootstrap.forget()
    yield
    bootstrap.forget()


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged at all, of all libraries."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("manage_index").addHandler(caplog.handler)
        yield caplog
        logging.getLogger("manage_index").removeHandler(caplog.handler)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cluster that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setenv("IMAGESEARCH_INDEX_URL", f"http://127.0.0.1:{port}/images-g1")
        monkeypatch.setenv("IMAGESEARCH_INDEX_SECONDS", "60")
        monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", str(CHECKOUT / "layers" / "model"))
        bootstrap.forget()
        yield


def test_a_deleted_resource_leaves_the_generation_alone(answers: Answers) -> None:
    """Given what can't even reach an index; when it is to be deleted; then that succeeds: data outlives a stack."""
    handler(answers.event("delete"), LambdaContext("manage_index", 60))  # type: ignore[arg-type]  # all that is used of it

    event = answers.event("delete")
    assert answers.only() == {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": event["PhysicalResourceId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }


@pytest.mark.parametrize("kind", ["create", "update"])
def test_what_fails_is_answered_with_our_code(answers: Answers, kind: str) -> None:
    answer_cloudformation(answers.event(kind), seconds=60)

    answer = answers.only()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("not-supported: ")
    assert answer["PhysicalResourceId"] == "imagesearch-generation-1"


@pytest.mark.parametrize("properties", [{}, {"Generation": "0"}, {"Generation": "one"}])
def test_properties_that_make_no_sense_are_answered_with_what_is_wrong(
    answers: Answers, properties: dict[str, str]
) -> None:
    answer_cloudformation(answers.event("create", ResourceProperties=properties), seconds=60)

    answer = answers.only()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("Generation: ")
    assert answer["PhysicalResourceId"]


def test_without_settings_the_answer_names_what_is_missing(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGESEARCH_IMAGE_BUCKET")
    bootstrap.forget()
    answer_cloudformation(answers.event("create"), seconds=60)
    assert answers.only()["Reason"].startswith("image_bucket: ")


def test_the_unexpected_is_answered_by_its_kind_alone(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGESEARCH_INDEX_URL", "http://user:password-of-ours@host/a/b")
    bootstrap.forget()
    answer_cloudformation(answers.event("create"), seconds=60)

    assert answers.only()["Reason"].startswith("Unexpected ValueError")
    assert b"of-ours" not in answers.bodies[0]


def test_a_cluster_that_does_not_answer_is_given_up_in_time(deaf: None, answers: Answers) -> None:
    """Given a minute for each request; when the function has little time for all; then it says so before they end."""
    answer_cloudformation(
        answers.event("create"), seconds=custom_resource.ANSWER_SECONDS + custom_resource.TIDY_SECONDS + 1
    )
    assert answers.only()["Reason"].startswith("index-unavailable: ")


def test_there_is_an_answer_even_where_nothing_gives_up(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given something that hangs and knows no deadline, as looking up a host's name may."""
    gone = threading.Event()
    monkeypatch.setattr(custom_resource, "carry_out", lambda *_, **__: gone.wait())
    try:
        answer_cloudformation(answers.event("create"), seconds=custom_resource.ANSWER_SECONDS + 0.2)
        assert answers.only()["Reason"].startswith("There was no time left")
    finally:
        gone.set()


def test_the_answer_is_put_without_a_content_type_as_it_was_signed(answers: Answers) -> None:
    answer_cloudformation(answers.event("delete"), seconds=60)
    assert answers.content_types == [""]


def test_an_answer_that_is_not_taken_is_sent_again(answers: Answers) -> None:
    answers.statuses = [503, 500]
    answer_cloudformation(answers.event("delete"), seconds=60)
    assert len(answers.bodies) == 3
    assert len(set(answers.bodies)) == 1


def test_the_address_of_the_answer_is_never_logged(answers: Answers, logged: pytest.LogCaptureFixture) -> None:
    """... nor told by what is raised, whether the answer is taken, refused, or nobody is there to take it."""
    handler(answers.event("create"), LambdaContext("manage_index", 60))  # type: ignore[arg-type]  # all that is used of it
    answers.statuses = [403] * 9
    with pytest.raises(Undelivered, match="status 403") as refused:
        answer_cloudformation(answers.event("delete"), seconds=60)
    nobody = f"http://127.0.0.1:9/answer?{SIGNATURE}"
    with pytest.raises(Undelivered) as alone:
        answer_cloudformation(answers.event("delete", ResponseURL=nobody), seconds=60)

    said = json.dumps([str(vars(record)) for record in logged.records]) + logged.text
    assert "did not take the answer" in said
    assert SIGNATURE not in said + str(refused.value) + str(alone.value)
    assert alone.value.__cause__ is None


@pytest.mark.parametrize("character", ["é", "😀", '"'])
def test_a_long_reason_is_cut_to_what_an_answer_may_have(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, character: str
) -> None:
    monkeypatch.setattr(custom_resource, "_made", lambda *_: character * 9000)
    answer_cloudformation(answers.event("create"), seconds=60)
    assert len(answers.bodies[0]) <= 4096
    assert set(answers.only()["Reason"]) == {character}


class TestACluster:
    """What is waited for, and what is not, of a cluster that answers with errors."""

    @pytest.fixture
    def cluster(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
        with faulty_proxy("http://127.0.0.1:9") as proxy:
            monkeypatch.setenv("IMAGESEARCH_INDEX_URL", f"{proxy.url}/images-g1")
            monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", str(CHECKOUT / "layers" / "model"))
            bootstrap.forget()
            yield proxy

    def test_that_can_not_do_what_it_is_asked_for_is_asked_once(self, cluster: FaultyProxy, answers: Answers) -> None:
        cluster.always("/", refused(400))
        answer_cloudformation(answers.event("create"), seconds=60)
        assert answers.only()["Reason"].startswith("index-unavailable: The index refused a request (status 400")
        assert len(cluster.requests) == 1

    @pytest.mark.parametrize("status", [401, 403, 409, 503])
    def test_that_may_do_so_in_a_while_is_asked_again(
        self, cluster: FaultyProxy, answers: Answers, status: int
    ) -> None:
        """... until it fails for another reason, here."""
        cluster.next("/", *[lambda *_: Answer(status, "application/json", b"{}")] * 4)
        cluster.always("/", refused(400))
        answer_cloudformation(answers.event("create"), seconds=60)
        assert "status 400" in answers.only()["Reason"]
        assert len(cluster.requests) == 5
