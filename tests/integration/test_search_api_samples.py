"""The demo's promise, on the sample pictures: words, a picture that was not indexed, or both find the frog first."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model_export.fetch import cache_dir
from search_api.contract_examples import SEARCH, SEARCH_REQUESTS

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

SAMPLES = cache_dir() / "samples"
FROGS = SAMPLES / "pictures" / "animals" / "amphibians"

pytestmark = pytest.mark.skipif(
    not FROGS.is_dir(), reason="the sample pictures are not fetched: run `imagesearch up` once"
)


@pytest.fixture(scope="module")
def library(bare_library: Library) -> Library:
    """All frogs, the tiger, and every twelfth of the other samples, with sidecars as `imagesearch add` writes them."""
    pictures = SAMPLES / "pictures"
    others = [path for path in sorted(pictures.rglob("*.png")) if path.parent != FROGS]
    tiger = pictures / "animals" / "mammals" / "cats" / "tiger.png"
    for path in [*sorted(FROGS.glob("*.png")), *sorted({tiger, *others[::12]})]:
        key = path.relative_to(pictures).as_posix()
        bare_library.put(key, path)
        bare_library.put(f"{key}.json", path.with_suffix(".json"), content_type="application/json")
    bare_library.index()
    return bare_library


@pytest.fixture(scope="module")
def frog_picture() -> str:
    [path] = (SAMPLES / "queries").glob("frog.*")
    return base64.b64encode(Path(path).read_bytes()).decode()


def captions(api: Api, **query: object) -> list[str]:
    return [hit["caption"].lower() for hit in api.search(**query)["hits"]]


def test_the_word_frog_finds_frogs_alone(api: Api) -> None:
    found = captions(api, text="frog")

    assert found
    assert all("frog" in caption for caption in found)


def test_a_picture_of_a_frog_that_was_not_indexed_finds_a_frog_first(api: Api, frog_picture: str) -> None:
    assert "frog" in captions(api, image=frog_picture, limit=1)[0]


def test_both_find_the_frogs_first(api: Api, frog_picture: str) -> None:
    frogs = sum("frog" in json.loads(path.read_bytes())["caption"].lower() for path in FROGS.glob("*.json"))

    found = captions(api, text="frog", image=frog_picture)

    assert frogs > 0
    assert all("frog" in caption for caption in found[:frogs])
    assert not any("frog" in caption for caption in found[frogs:])


@pytest.mark.parametrize("name", SEARCH_REQUESTS)
def test_every_request_that_the_contract_shows_is_answered(api: Api, frog_picture: str, name: str) -> None:
    given = {"image": frog_picture, "cursor": api.search(text="green", limit=1)["cursor"]}
    request: dict[str, Any] = SEARCH_REQUESTS[name].value or {}

    answer = api.search(**{**request, **{option: given[option] for option in request.keys() & given}})

    assert answer["hits"] or name == "attributes"  # the samples have none


def test_the_answer_that_the_contract_shows_is_real(api: Api, frog_picture: str) -> None:
    """Up to what depends on the moment, and on the processor: descriptors of int8 differ a little."""
    request = {"text": "frog", "image": frog_picture, "weights": {"text": 1, "semantic": 2}, "limit": 1}
    answer = api.search(**request, facets=["tags"], explain=True)
    [hit], [shown] = answer["hits"], SEARCH["hits"]
    changing = {"url", "thumbnail_url", "uploaded", "score", "scores", "explanation"}

    assert {**answer, "hits": [], "cursor": ""} == {**SEARCH, "hits": [], "cursor": ""}
    assert {name: hit[name] for name in hit if name not in changing} == {
        name: shown[name] for name in shown if name not in changing
    }
    assert hit["score"] == pytest.approx(shown["score"], abs=0.02)
    for leg, shown_leg in zip(hit["explanation"]["legs"], shown["explanation"]["legs"], strict=True):
        assert leg == {
            name: pytest.approx(value, abs=0.05) if isinstance(value, float) else value
            for name, value in shown_leg.items()
        }
