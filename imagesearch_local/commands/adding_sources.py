"""What `add` was told to add: files, folders, tables and buckets."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from imagesearch.formats import NAMES
from imagesearch_local.adding import tables
from imagesearch_local.adding.buckets import SCHEME, address_parts, bucket_sources, object_source
from imagesearch_local.adding.folders import find_sources
from imagesearch_local.adding.sources import WORKERS, NothingToAdd, Source, by_key, by_origin
from imagesearch_local.adding.tables import Table, read_table
from imagesearch_local.commands.common import SET_UP_FIRST, Failure, err

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAMED_SO = "Pictures, folders to look through, buckets or folders in them (s3://bucket/folder), tables (.csv, .jsonl)."
_PANEL = "Where pictures are"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Options of places other than this machine's folders."""

    relative_to: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|s3://...",
            help="What the paths in tables are relative to.",
            show_default="the table's folder",
            rich_help_panel=_PANEL,
        ),
    ] = None
    source_endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="S3 service of s3://, where not AWS.", rich_help_panel=_PANEL)
    ] = None
    source_profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="AWS profile to read s3:// with.", rich_help_panel=_PANEL)
    ] = None


def named_sources(names: Iterable[str], prefix: str, elsewhere: Elsewhere, *, makes_keys: bool) -> Table:
    """All that was named, with what is wrong with rows of tables; `makes_keys`: for a library that makes its own.

    Raises Failure.
    """

    @cache
    def client() -> S3Client:
        return _s3_client(elsewhere)

    @cache
    def reach(bucket: str) -> None:
        # Here once rather than later for each row. What may only be read, or has a wrong name, is told by its rows.
        with suppress(ClientError, ParamValidationError):
            client().head_bucket(Bucket=bucket)

    def one_object(address: str, key: str) -> Source:
        bucket, name = address_parts(address)
        reach(bucket)
        return object_source(client(), bucket, name, key)

    found: list[Source] = []
    problems: dict[str, str] = {}
    try:
        for name in names:
            if name.startswith(SCHEME):
                err.print(f"Looking through {name} ...", markup=False, highlight=False)
                found += bucket_sources(name, client(), prefix)
            elif (path := Path(name)).suffix.lower() in tables.SUFFIXES and path.is_file():
                folder = elsewhere.relative_to or str(path.parent)
                table = read_table(path, prefix, folder, one_object, ids_count=makes_keys)
                found += table.sources
                problems |= table.problems
            else:
                found += find_sources([path], prefix)
        sources = by_origin(found) if makes_keys else by_key(found)
    except NothingToAdd as error:
        raise Failure(f"{error}.", SET_UP_FIRST) from error
    except (BotoCoreError, ClientError) as error:
        advice = "check the credentials (aws configure, --source-profile) and --source-endpoint"
        raise Failure(f"The bucket can't be read: {error}; {advice}.") from error
    if not sources and not problems:
        raise Failure(f"No pictures found there ({NAMES}).", SET_UP_FIRST)
    return Table(sources, problems)


def _s3_client(elsewhere: Elsewhere) -> S3Client:
    """With the user's own credentials, as every AWS tool finds them."""
    import boto3  # noqa: PLC0415 - it takes long to import, and folders need none of it
    from botocore.config import Config  # noqa: PLC0415

    config = Config(max_pool_connections=WORKERS, retries={"mode": "standard", "max_attempts": 5})
    if elsewhere.source_endpoint:
        # Few S3 services other than AWS's have a host name for each bucket.
        config = config.merge(Config(s3={"addressing_style": "path"}))
    session = boto3.Session(profile_name=elsewhere.source_profile)
    try:
        return session.client("s3", endpoint_url=elsewhere.source_endpoint, config=config)
    except ValueError as error:
        raise Failure(f"{error}: check --source-endpoint, as https://s3.example.com.", SET_UP_FIRST) from error
