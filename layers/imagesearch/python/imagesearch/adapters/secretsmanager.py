"""Secrets that AWS Secrets Manager keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from imagesearch.errors import SecretUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


def secret_text(secret_id: str, client: SecretsManagerClient | None = None) -> str:
    """All the text of a secret, by its name or ARN. Raises SecretUnavailable, which names it to the log alone."""
    secrets: SecretsManagerClient = client or boto3.session.Session().client("secretsmanager", config=_CONFIG)
    try:
        text = secrets.get_secret_value(SecretId=secret_id).get("SecretString")
    except (ClientError, BotoCoreError) as error:
        raise SecretUnavailable from error
    finally:
        if client is None:  # it is asked once
            secrets.close()
    if not text:
        raise SecretUnavailable
    return text
