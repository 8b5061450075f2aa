"""What the shell offers on TAB: tags of the library, where it answers at once; else nothing, and no error."""

from __future__ import annotations

import os
import re

import httpx
import typer

from imagesearch_local import running
from imagesearch_local.client import ClientError, connect
from imagesearch_local.commands.common import Failure, token_of

_SECONDS = 0.5
_MOST = 20
_HARMLESS = re.compile(r"\w[\w .+-]*")
"""Tags to offer. Whoever may tag a picture writes them, and the scripts that Typer gives to shells evaluate what they
are offered (zsh) or put it on the command line as it is (bash): what means something to a shell is left out."""


def complete_tag(ctx: typer.Context, incomplete: str) -> list[str]:
    """Tags that begin so; the most frequent ones where nothing is typed yet."""
    given = ctx.params
    endpoint = str(given.get("endpoint") or running.api_url(int(given.get("port") or running.DEFAULT_PORT)))
    # What is completed goes on from what is typed: nothing that corrects it.
    begun = {"q": incomplete, "limit": str(_MOST), "fuzzy": "false"}
    route, parameters = ("/suggest", begun) if incomplete else ("/facets", {})
    try:
        with connect(endpoint, token_of(given.get("token"), given.get("token_file"))) as client:
            answer = client.http.get(route, params=parameters, timeout=_SECONDS).raise_for_status().json()
        if incomplete:
            tags = [str(each["text"]) for each in answer["suggestions"] if each["kind"] == "tag"]
        else:
            tags = [str(value["value"]) for value in answer["facets"]["tags"]][:_MOST]
    # A shell that is completing has no place for an error: whatever goes wrong, nothing is offered.
    except (ClientError, Failure, httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [_as_typed(tag) for tag in tags if _HARMLESS.fullmatch(tag) and _fits(tag)]


def _fits(tag: str) -> bool:
    """PowerShell puts what it is offered on the line as it is, so of two words the second would be another argument."""
    return " " not in tag or "_TYPER_COMPLETE_WORD_TO_COMPLETE" not in os.environ


def _as_typed(tag: str) -> str:
    """As it must stand on bash's line, which puts it there as it is; zsh and fish quote by themselves."""
    if "COMP_WORDS" not in os.environ:
        return tag
    word = os.environ["COMP_WORDS"].split("\n")[int(os.environ["COMP_CWORD"])]  # one a line, so says Typer's script
    return tag if word.startswith(("'", '"')) else tag.replace(" ", r"\ ")
