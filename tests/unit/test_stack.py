"""The folder that everything runs around."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from imagesearch_local.stack import DataInUse, _cursor_secret, _environment, locked


def test_a_folder_serves_one_at_a_time_and_the_error_says_who_has_it(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(DataInUse, match=rf"process {os.getpid()}\).*--data"), locked(tmp_path):
        pytest.fail("two had it at once")
    with locked(tmp_path):
        pass


def test_the_folder_is_made_where_it_is_missing(tmp_path: Path) -> None:
    with locked(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()


def test_the_cursor_secret_stays_the_same_and_is_private(tmp_path: Path) -> None:
    assert _cursor_secret(tmp_path) == _cursor_secret(tmp_path)
    assert stat.S_IMODE((tmp_path / "cursor-secret").stat().st_mode) == 0o600


def test_the_environment_loses_what_would_lead_boto3_elsewhere_and_gets_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    with _environment({"AWS_ACCESS_KEY_ID": "local"}):
        assert "AWS_PROFILE" not in os.environ
        assert os.environ["AWS_ACCESS_KEY_ID"] == "local"
    assert (os.environ["AWS_PROFILE"], os.environ["AWS_ACCESS_KEY_ID"]) == ("production", "real")
