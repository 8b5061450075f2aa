"""What the shell offers on TAB: tags of the library, where it answers at once; else nothing, and no error."""

from __future__ import annotations

import httpx
import typer

from imagesearch_local import running

_SECONDS = 0.5
_MOST = 20


def complete_tag(ctx: typer.Context, incomplete: str) -> list[str]:
    """Tags that begin so; the most frequent ones where nothing is typed yet."""
    given = ctx.params
    endpoint = str(given.get("endpoint") or running.api_url(int(given.get("port") or running.DEFAULT_PORT)))
    headers = {"Authorization": f"Bearer {given['token']}"} if given.get("token") else {}
    route, parameters = ("/suggest", {"q": incomplete, "limit": str(_MOST)}) if incomplete else ("/facets", {})
    try:
        response = httpx.get(
            f"{endpoint.rstrip('/')}{route}",
            params=parameters,
            headers=headers,
            timeout=_SECONDS,
            trust_env="//127." not in endpoint,
        )
        answer = response.raise_for_status().json()
        if not incomplete:
            return [value["value"] for value in answer["facets"]["tags"]][:_MOST]
        return [each["text"] for each in answer["suggestions"] if each["kind"] == "tag"]
    # A shell that is completing has no place for an error: whatever goes wrong, nothing is offered.
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, AttributeError):
        return []
