"""Batches as a Distributed Map hands them on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfill_images.events import etags_of
from imagesearch.errors import InvalidRequest
from imagesearch_local.paths import CHECKOUT

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def batch(*items: dict[str, Any], bucket: str = "images") -> dict[str, Any]:
    return {"Items": list(items), "BatchInput": {"bucket": bucket}}


def test_the_sample_names_its_objects_with_their_etags() -> None:
    event = json.loads((CHECKOUT / "events" / "backfill_batch.json").read_bytes())
    assert list(etags_of(event, bucket="images")) == [
        "animals/amphibians/frog.png",
        "animals/amphibians/frog.png.json",
        "holiday photos/a b+c.png",
        "animals/amphibians/gone.png",
    ]


@given(st.lists(keys, unique=True))
def test_keys_come_as_they_are_and_in_their_order(given_keys: list[str]) -> None:
    event = json.loads(json.dumps(batch(*({"Key": key, "Etag": '"e"'} for key in given_keys))))
    assert list(etags_of(event, bucket="images")) == given_keys


@pytest.mark.parametrize(("written", "expected"), [('"abc-2"', '"abc-2"'), ("abc-2", '"abc-2"'), ("", ""), ('""', "")])
def test_an_etag_is_quoted_whichever_way_it_comes(written: str, expected: str) -> None:
    assert etags_of(batch({"Key": "a.png", "Etag": written}), bucket="images") == {"a.png": expected}


def test_what_else_the_listing_tells_does_not_matter() -> None:
    item = {"Key": "a.png", "LastModified": 1663241200, "Size": 7, "StorageClass": "STANDARD"}
    assert etags_of(batch(item), bucket="images") == {"a.png": ""}


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        ({}, "Items: "),
        ({"Items": [], "BatchInput": {}}, "BatchInput.bucket: "),
        (batch({"Etag": "e"}), "Items.0.Key: "),
        (batch({"Key": ""}), "Items.0.Key: "),
        (batch({"Key": "a.png"}, bucket="others"), "BatchInput.bucket: 'others' is not the image bucket"),
    ],
)
def test_what_is_no_batch_of_ours_is_refused_with_what_is_wrong(event: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^{complaint}"):
        etags_of(event, bucket="images")
