"""The environment as typed settings."""

from __future__ import annotations

import os

import pytest
from pydantic import ValidationError

from imagesearch.settings import CursorSettings, IndexRoles, IndexSettings, cores


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("AWS_", "IMAGESEARCH_"))]:
        monkeypatch.delenv(name)


class TestCores:
    @pytest.mark.parametrize(
        ("memory", "expected"), [("128", 1), ("1024", 1), ("1769", 1), ("2048", 1), ("3008", 2), ("5307", 3)]
    )
    def test_a_lambda_function_has_as_many_as_its_memory_pays_for(
        self, monkeypatch: pytest.MonkeyPatch, memory: str, expected: int
    ) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)), raising=False)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
        assert cores() == expected

    def test_it_has_never_more_than_it_sees(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "10240")
        assert cores() == 2

    def test_elsewhere_it_has_those_that_it_may_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 4, 5}, raising=False)
        assert cores() == 3


class TestTheSecretOfCursors:
    def test_it_may_be_given_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IMAGESEARCH_CURSOR_SECRET", "ours")
        secret = CursorSettings().secret
        assert secret
        assert secret.get_secret_value() == "ours"

    def test_or_where_it_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IMAGESEARCH_CURSOR_SECRET_ID", "arn:aws:secretsmanager:eu-central-1:1:secret:s")
        assert CursorSettings().secret_id == "arn:aws:secretsmanager:eu-central-1:1:secret:s"

    @pytest.mark.parametrize("given", [{}, {"SECRET": "ours", "SECRET_ID": "s"}, {"SECRET": ""}, {"SECRET_ID": ""}])
    def test_none_and_both_and_an_empty_one_are_refused_without_telling_it(
        self, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
    ) -> None:
        for name, value in given.items():
            monkeypatch.setenv(f"IMAGESEARCH_CURSOR_{name}", value)
        with pytest.raises(ValidationError, match=r"IMAGESEARCH_CURSOR_SECRET_ID|at least 1") as refused:
            CursorSettings()
        assert "ours" not in str(refused.value)


class TestTheRolesOfAnIndex:
    def test_they_are_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IMAGESEARCH_INDEX_ROLES", '{"index": ["arn:a", "arn:b"], "search": ["arn:c"]}')
        assert IndexSettings().roles == IndexRoles(index=("arn:a", "arn:b"), search=("arn:c",))

    def test_a_laptop_has_none(self) -> None:
        assert IndexSettings().roles is None

    def test_a_name_that_is_none_of_ours_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("IMAGESEARCH_INDEX_ROLES", '{"admin": ["arn:a"]}')
        with pytest.raises(ValidationError, match="admin"):
            IndexSettings()
