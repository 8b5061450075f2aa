"""The secret that signs cursors, kept by Secrets Manager: moto's, over HTTP, as the function asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from imagesearch import bootstrap
from imagesearch.adapters.secretsmanager import secret_text
from imagesearch.cursors import BrowseCursor, Cursors
from imagesearch.errors import InvalidCursor, SecretUnavailable
from imagesearch.retrieval import Filters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from tests.integration.conftest import Library


@pytest.fixture
def manager(bare_library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManagerClient]:
    """Asked by functions that have no secret of their own."""
    endpoint = bare_library.environment["AWS_ENDPOINT_URL_S3"]
    with bare_library.restarted(AWS_ENDPOINT_URL_SECRETS_MANAGER=endpoint):
        monkeypatch.delenv("IMAGESEARCH_CURSOR_SECRET")
        client = boto3.session.Session().client("secretsmanager")
        yield client
        client.close()


def test_cursors_are_signed_with_the_secret_that_is_kept(
    manager: SecretsManagerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given the ARN of a secret; then cursors are those of its text, and of nothing else."""
    arn = manager.create_secret(Name="cursors", SecretString="kept far away")["ARN"]
    monkeypatch.setenv("IMAGESEARCH_CURSOR_SECRET_ID", arn)

    token = bootstrap.cursors().write(BrowseCursor(Filters()))

    assert Cursors("kept far away", 60).read(token) == BrowseCursor(Filters())
    with pytest.raises(InvalidCursor):
        Cursors(arn, 60).read(token)


def test_the_secret_is_read_once(manager: SecretsManagerClient, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = manager.create_secret(Name="once", SecretString="the first")["ARN"]
    monkeypatch.setenv("IMAGESEARCH_CURSOR_SECRET_ID", arn)
    before = bootstrap.cursors()
    manager.put_secret_value(SecretId=arn, SecretString="the second")
    assert bootstrap.cursors() is before
    assert before.secret == "the first"


def test_a_secret_that_is_not_there_is_asked_for_again_the_next_time(
    manager: SecretsManagerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGESEARCH_CURSOR_SECRET_ID", "later")
    with pytest.raises(SecretUnavailable) as refused:
        bootstrap.cursors()
    assert "later" not in refused.value.detail
    manager.create_secret(Name="later", SecretString="now")
    assert bootstrap.cursors().secret == "now"


def test_a_secret_without_text_is_none(manager: SecretsManagerClient) -> None:
    manager.create_secret(Name="binary", SecretBinary=b"1234")
    with pytest.raises(SecretUnavailable):
        secret_text("binary")


def test_a_function_that_writes_no_cursors_asks_for_no_secret(bare_library: Library, manager: object) -> None:
    """Given neither a secret nor where one is kept; then pictures are indexed all the same."""
    assert bootstrap.indexer().apply([]) == []
