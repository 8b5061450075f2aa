"""`imagesearch add`: pictures and their words into the library."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from imagesearch_local.commands.adding_sources import NAMED_SO, Elsewhere, named_sources
from imagesearch_local.commands.adding_to import Added, add_locally, add_through_api
from imagesearch_local.commands.common import SET_UP_FIRST, Connection, Failure, Json, err, out, plain, print_json
from imagesearch_local.commands.gathering import gathered


@gathered
def add(
    names: Annotated[list[str], typer.Argument(metavar="PATH|s3://...|TABLE...", help=NAMED_SO)],
    *,
    prefix: Annotated[str, typer.Option(help="Put before each key, such as `holiday/`. Not with --endpoint.")] = "",
    wait: Annotated[bool, typer.Option(help="Wait until all of it is searchable.")] = True,
    keep_words: Annotated[
        bool, typer.Option("--keep-words", help="Leave words alone that are in the library already.")
    ] = False,
    resend: Annotated[
        bool,
        typer.Option("--resend", help="Send also what is there: it is indexed again; with --endpoint as new pictures."),
    ] = False,
    elsewhere: Elsewhere,
    as_json: Json = False,
    connection: Connection,
) -> None:
    """Add pictures with their words. Run it again at any time: only what is new or changed is sent.

    Words are taken from X.txt (line 1 is the caption) or X.json beside a picture: an object with any of caption
    (text), tags (list of text), attributes (object). Keys are relative to PATH.

    A TABLE names pictures with their words. CSV: a header with path (or key), and any of caption and tags (separated
    by ; or |); every other column is an attribute. JSONL: objects with path (or key), caption, tags, attributes, as
    `export` writes them. Rows without a picture give new words to one of the library; with --endpoint all rows of an
    export do.

    With --endpoint pictures go through the API, which makes keys of its own; what was sent is remembered on this
    machine. Ctrl-C stops it between two pictures.
    """
    through_api = bool(connection.endpoint)
    if through_api and prefix:
        raise Failure("--prefix does nothing with --endpoint: that library makes the keys.", SET_UP_FIRST)
    named = named_sources(names, prefix, elsewhere, makes_keys=through_api)
    try:
        if through_api:
            added = add_through_api(named.sources, connection, keep_words=keep_words, resend=resend, wait=wait)
        else:
            added = add_locally(named.sources, connection, keep_words=keep_words, resend=resend, wait=wait)
    except KeyboardInterrupt:
        err.print("Stopped. What was sent stays and is indexed; run it again for the rest.")
        raise
    _report(added, named.problems, as_json=as_json)


def _report(added: Added, problems: dict[str, str], *, as_json: bool) -> None:
    outcomes, rejected = added.outcomes, added.rejected
    counts = Counter(outcome.did for outcome in outcomes)
    copies = {outcome.source.name: outcome.copy_of for outcome in outcomes if outcome.copy_of}
    failed = problems | {outcome.source.name: outcome.error for outcome in outcomes if outcome.did == "failed"}
    if as_json:
        numbers = {did: counts[did] for did in ("uploaded", "words", "unchanged")}
        numbers["failed"] = len(failed)
        trouble = {"trouble": added.trouble} if added.trouble else {}
        print_json({**numbers, "failures": failed, "rejected": rejected, "copies": copies, **trouble})
    else:
        same = f" ({len(copies)} of them the same picture as another one)" if copies else ""
        known = f"{counts['words']} with new words only, {counts['unchanged']} there already{same}"
        out.print(f"{counts['uploaded']} sent, {known}.", soft_wrap=True)
        for what, reasons in (("failed", failed), ("rejected", rejected)):
            for name, reason in reasons.items():
                err.print(plain(f"{what} {name}: {reason}"), style="red", soft_wrap=True)
    if added.trouble:
        raise Failure(f"Not all was done: {added.trouble}")
    if failed or rejected:
        before = any(outcome.did == "unchanged" and outcome.source.key in rejected for outcome in outcomes)
        advice = " --resend has what was rejected before tried again." if before else ""
        raise Failure(f"{len(failed)} failed, {len(rejected)} rejected: the reasons are above.{advice}")
