"""Suggestions that forgive slips of the fingers, through the API on a real OpenSearch."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

import patiently
import pytest
from image_indexes import an_image, ref

from imagesearch import bootstrap
from imagesearch.adapters.opensearch import administration
from imagesearch.records import Words, Write
from imagesearch.settings import IndexSettings

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library


@pytest.fixture(scope="module")
def api(opensearch: str, bare_library: Library) -> Iterator[Api]:
    """Of an index with a frog, an elephant and a frigate."""
    name = f"test{secrets.token_hex(4)}"
    with bare_library.restarted(IMAGESEARCH_INDEX_URL=f"{opensearch}/{name}-g1"):
        made = bootstrap.manifest()
        connection = bootstrap.opensearch()
        shape = administration.create(connection, 1, made.space_id, made.descriptors, IndexSettings(), library=name)
        said = [Words("a frog", ("pond",)), Words("an elephant", ("Big Animals",)), Words("a frigate", ())]
        parts = [an_image(words=words, space_id=None, descriptors={}) for words in said]
        bootstrap.index().write([Write(ref(str(n)), part) for n, part in enumerate(parts)], visible=True)
        yield bare_library.api
    patiently.delete(f"{opensearch}/{shape.index}").raise_for_status()


def suggested(api: Api, q: str, **options: str) -> list[str]:
    response = api.get("/suggest", params={"q": q, **options})
    assert response.status_code == 200, response.text
    return [each["text"] for each in response.json()["suggestions"]]


@pytest.mark.parametrize(
    ("typed", "meant"), [("frgo", "frog"), ("elefant", "elephant"), ("an elefant", "an elephant"), ("pnod", "pond")]
)
def test_what_nothing_begins_with_is_corrected(api: Api, typed: str, meant: str) -> None:
    assert suggested(api, typed) == suggested(api, typed, fuzzy="true") == [meant]
    assert suggested(api, typed, fuzzy="false") == []


def test_what_goes_on_as_typed_is_not_corrected_unless_asked(api: Api) -> None:
    assert suggested(api, "frig") == ["frigate"]
    assert suggested(api, "frig", fuzzy="true")[0] == "frigate"
    assert "frog" in suggested(api, "frig", fuzzy="true")


def test_what_is_like_nothing_is_not_corrected(api: Api) -> None:
    assert suggested(api, "zzzzzz") == []
