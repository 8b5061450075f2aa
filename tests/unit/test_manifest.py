"""The manifest says what the model is, or why it can't be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.manifest import MANIFEST_FILE, DescriptorSpec, Manifest, load_manifest
from imagesearch.records import Sizing

MANIFEST = Manifest(
    name="vgg16-gem-longest320-int8",
    space_id="a777fd370e09",
    build_id="a777fd370e09-int8-b43dd942",
    sizing=Sizing(320, "longest", "bilinear"),
    descriptors=(DescriptorSpec("semantic", 512, 0.399), DescriptorSpec("texture", 64, 0.1)),
    precision="int8",
    sha256="b4" * 32,
    details={"pooling": "gem", "verification": {"minimum": 0.99}},
)
json_values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
)


def test_a_manifest_reads_back_as_it_was_written() -> None:
    assert Manifest.from_json(MANIFEST.to_json()) == MANIFEST


def test_a_descriptor_is_found_by_its_name() -> None:
    assert MANIFEST.descriptor("texture").dimension == 64
    with pytest.raises(KeyError):
        MANIFEST.descriptor("colour")


def test_a_manifest_of_another_schema_says_to_export_anew() -> None:
    data = {**json.loads(MANIFEST.to_json()), "schema": 2}

    with pytest.raises(ValueError, match=r"schema 2 .* is not 1: export the model anew"):
        Manifest.from_json(json.dumps(data))


@pytest.mark.parametrize("name", sorted(json.loads(MANIFEST.to_json())))
def test_a_manifest_without_one_of_its_members_is_refused(name: str) -> None:
    data = json.loads(MANIFEST.to_json())
    del data[name]

    with pytest.raises(ValueError, match=name):
        Manifest.from_json(json.dumps(data))


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids))
)
def test_other_json_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="manifest"):
        Manifest.from_json(json.dumps(data))


@pytest.mark.parametrize("text", ["", "{", "no json"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the decoder's own words
        Manifest.from_json(text)


def test_a_folder_without_a_model_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="python -m model_export"):
        load_manifest(tmp_path)


def test_the_manifest_of_a_folder_is_the_file_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_FILE).write_text(MANIFEST.to_json())

    assert load_manifest(tmp_path) == MANIFEST
