"""Reading, editing, deleting and uploading images: the index follows through the bucket's events."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import patiently
import pytest

from imagesearch.records import image_id
from imagesearch_local.cloud.resources import DERIVED, IMAGES

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

UNKNOWN = "a" * 26


@pytest.fixture(scope="module")
def library(bare_library: Library) -> Library:
    return bare_library


@pytest.fixture
def horse(library: Library, photographs: Path) -> Iterator[str]:
    """The id of a picture of its own for each test."""
    identity = library.put("horse.png", photographs / "horse.png", caption="A horse", tags=("animal", "black"))
    library.index()
    yield identity
    library.api.delete(f"/images/{identity}")
    library.index()


def etag_of(api: Api, identity: str) -> str:
    return api.get(f"/images/{identity}").headers["ETag"]


def edit(api: Api, identity: str, if_match: str | None = "*", **words: Any) -> httpx.Response:
    return api.patch(f"/images/{identity}", json=words, headers={"If-Match": if_match} if if_match else {})


class TestReading:
    def test_an_indexed_image_tells_all_about_itself(self, api: Api, horse: str) -> None:
        answer = api.get(f"/images/{horse}").json()

        assert answer.pop("url").startswith("http://127.0.0.1:")
        assert "/thumbnails/" in answer.pop("thumbnail_url")
        assert answer.pop("uploaded") is not None
        assert answer == {
            "id": horse,
            "key": "horse.png",
            "state": "indexed",
            "reason": None,
            "caption": "A horse",
            "tags": ["animal", "black"],
            "attributes": {},
            "suggested_tags": [],
            "sidecar": None,
            "sidecar_reason": None,
            "format": "PNG",
            "frames": 1,
            "width": 400,
            "height": 328,
            "orientation": "landscape",
            "camera": None,
            "position": None,
            "size": 16633,
            "content_type": "image/png",
            "taken": None,
        }

    @pytest.mark.parametrize(
        ("body", "code"),
        [(b"", "empty-file"), (b"these are words", "not-an-image"), ("cut short", "corrupt-image")],
        ids=["empty", "no picture", "cut short"],
    )
    def test_a_rejected_image_says_why(
        self, library: Library, api: Api, photographs: Path, body: bytes | str, code: str
    ) -> None:
        data = body if isinstance(body, bytes) else (photographs / "retina.jpg").read_bytes()[:5000]
        identity = library.put("bad.jpg", data, caption="Not a picture", content_type="image/jpeg")
        library.index()
        try:
            answer = api.get(f"/images/{identity}").json()

            assert (answer["state"], answer["reason"].split(":")[0]) == ("rejected", code)
            assert answer["thumbnail_url"] is None
            assert api.keys(text="picture") == []
        finally:
            api.delete(f"/images/{identity}")
            library.index()

    def test_an_unknown_image_is_not_found(self, api: Api) -> None:
        response = api.get(f"/images/{UNKNOWN}")

        assert (response.status_code, response.json()["code"]) == (404, "image-not-found")

    def test_a_damaged_sidecar_is_told_and_changes_nothing_else(self, library: Library, api: Api, horse: str) -> None:
        library.s3.put_object(Bucket=IMAGES, Key="horse.png.json", Body=b'{"caption": ["no", "text"]}')
        library.index()

        answer = api.get(f"/images/{horse}").json()

        assert (answer["sidecar"], answer["caption"]) == ("rejected", "A horse")
        assert answer["sidecar_reason"] == "invalid-sidecar: `caption` is not a text."


class TestEditing:
    def test_an_edit_is_found_by_its_new_words_without_describing_the_picture_again(
        self, library: Library, api: Api, horse: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        response = edit(api, horse, etag_of(api, horse), caption="A mare at dusk", tags=["silhouette"])
        with caplog.at_level(logging.INFO, logger="index_images"):
            library.index()

        assert response.status_code == 202
        assert api.keys(text="mare silhouette") == ["horse.png"]
        assert api.keys(text="black") == []
        [outcome] = [record for record in caplog.records if getattr(record, "key", "") == "horse.png.json"]
        assert (outcome.getMessage(), outcome.__dict__["described"]) == ("words", False)

    def test_an_edit_needs_no_model(self, library: Library, api: Api, horse: str, tmp_path: Path) -> None:
        """Given an indexing function whose model file is gone, the new words still arrive."""
        (tmp_path / "model.json").write_bytes((library.model / "model.json").read_bytes())
        edit(api, horse, caption="A stallion")

        with library.restarted(IMAGESEARCH_MODEL_DIR=str(tmp_path)):
            library.index()

        assert api.keys(text="stallion") == ["horse.png"]

    def test_words_left_out_stay_and_what_others_wrote_beside_them_too(
        self, library: Library, api: Api, horse: str
    ) -> None:
        sidecar = {"caption": "Old", "attributes": {"camera": "box"}, "rating": 5}
        library.s3.put_object(Bucket=IMAGES, Key="horse.png.json", Body=json.dumps(sidecar).encode())
        library.index()

        edit(api, horse, caption="New")
        library.index()

        answer = api.get(f"/images/{horse}").json()
        assert (answer["caption"], answer["tags"]) == ("New", ["animal", "black"])
        assert answer["attributes"] == {"camera": "box"}
        written = json.loads(library.s3.get_object(Bucket=IMAGES, Key="horse.png.json")["Body"].read())
        assert written == {**sidecar, "caption": "New"}

    def test_an_empty_caption_takes_the_words_away(self, library: Library, api: Api, horse: str) -> None:
        edit(api, horse, caption="", tags=[])
        library.index()

        answer = api.get(f"/images/{horse}").json()
        assert (answer["caption"], answer["tags"]) == ("", [])
        assert api.keys(text="animal") == []

    def test_an_edit_must_say_which_version_it_edits(self, library: Library, api: Api, horse: str) -> None:
        response = edit(api, horse, None, caption="Blind")

        assert (response.status_code, response.json()["code"]) == (428, "precondition-required")
        assert library.objects(IMAGES, "horse.png.json") == []

    def test_the_second_of_two_who_read_the_same_version_is_refused(
        self, library: Library, api: Api, horse: str
    ) -> None:
        version = etag_of(api, horse)
        first = edit(api, horse, version, caption="First")

        second = edit(api, horse, version, caption="Second")

        assert (first.status_code, second.status_code, second.json()["code"]) == (202, 412, "edit-conflict")
        assert second.json()["current"] == first.headers["ETag"] == first.json()["etag"]
        library.index()
        assert api.get(f"/images/{horse}").json()["caption"] == "First"

    def test_edits_follow_each_other_by_the_tag_that_each_returns(self, library: Library, api: Api, horse: str) -> None:
        first = edit(api, horse, etag_of(api, horse), caption="First")
        second = edit(api, horse, first.json()["etag"], caption="Second")
        library.index()

        assert second.status_code == 202
        assert etag_of(api, horse) == second.headers["ETag"]
        assert api.get(f"/images/{horse}").json()["caption"] == "Second"

    def test_a_star_edits_whatever_there_is(self, library: Library, api: Api, horse: str) -> None:
        edit(api, horse, caption="First")
        response = edit(api, horse, "*", caption="Second")
        library.index()

        assert response.status_code == 202
        assert api.get(f"/images/{horse}").json()["caption"] == "Second"

    @pytest.mark.parametrize(
        "words",
        [
            {},
            {"caption": None},
            {"caption": 7},
            {"captoin": "x"},
            {"caption": "x" * 2001},
            {"tags": [""]},
            {"tags": ["x" * 101]},
            {"attributes": {"a": {"b": 1}}},
            {"attributes": {"a": 1e301}},
        ],
        ids=str,
    )
    def test_words_that_make_no_sense_are_refused(self, api: Api, horse: str, words: dict[str, Any]) -> None:
        response = edit(api, horse, **words)

        assert response.status_code == 422
        assert response.json()["code"] in {"invalid-request", "invalid-sidecar"}

    def test_an_image_whose_key_leaves_no_room_for_a_sidecar_cannot_be_edited(
        self, library: Library, api: Api, photographs: Path
    ) -> None:
        key = "k" * 1020 + ".png"
        identity = library.put(key, photographs / "horse.png", caption="Long")
        library.index()
        try:
            response = edit(api, identity, caption="New")

            assert len(key) == 1024
            assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
            assert "too long for a sidecar" in response.json()["detail"]
        finally:
            assert api.delete(f"/images/{identity}").status_code == 202
            library.index()

    @pytest.mark.parametrize("body", [b"{", b" " * 70_000], ids=["damaged", "too large"])
    def test_words_that_could_not_be_read_can_be_replaced(
        self, library: Library, api: Api, horse: str, body: bytes
    ) -> None:
        library.s3.put_object(Bucket=IMAGES, Key="horse.png.json", Body=body)
        library.index()
        seen = etag_of(api, horse)
        assert edit(api, horse, '"none"', caption="Repaired").status_code == 412
        assert edit(api, horse, seen, caption="Repaired").status_code == 202
        library.index()
        answer = api.get(f"/images/{horse}").json()
        assert (answer["caption"], answer["sidecar"]) == ("Repaired", "present")

    def test_one_of_several_versions_may_be_the_right_one(self, api: Api, horse: str) -> None:
        assert edit(api, horse, f'"another", {etag_of(api, horse)}', caption="Either").status_code == 202

    def test_an_unknown_image_cannot_be_edited(self, api: Api) -> None:
        assert edit(api, UNKNOWN, caption="x").status_code == 404


class TestDeleting:
    def test_it_is_hidden_at_once_and_gone_from_the_buckets(self, library: Library, api: Api, horse: str) -> None:
        edit(api, horse, caption="Doomed")
        library.index()
        assert library.objects(DERIVED, f"thumbnails/{horse}/") != []

        response = api.delete(f"/images/{horse}")

        assert response.status_code == 202
        assert api.get(f"/images/{horse}").status_code == 404
        assert api.keys(text="doomed") == api.keys() == []
        assert library.objects(IMAGES) == library.objects(DERIVED, f"thumbnails/{horse}/") == []

    def test_the_events_that_follow_remove_what_was_computed_from_it(
        self, library: Library, api: Api, horse: str
    ) -> None:
        api.delete(f"/images/{horse}")
        library.index()

        assert library.objects(DERIVED) == []
        assert api.get(f"/images/{horse}").status_code == 404
        assert api.delete(f"/images/{horse}").status_code == 404

    def test_the_same_key_can_be_used_again(self, library: Library, api: Api, horse: str, photographs: Path) -> None:
        api.delete(f"/images/{horse}")
        library.put("horse.png", photographs / "cell.png", caption="A cell")
        library.index()

        assert api.get(f"/images/{horse}").json()["caption"] == "A cell"

    def test_a_copy_of_the_same_bytes_keeps_what_was_computed(
        self, library: Library, api: Api, horse: str, photographs: Path
    ) -> None:
        copy = library.put("copy.png", photographs / "horse.png", caption="The copy")
        library.index()

        api.delete(f"/images/{horse}")
        library.index()

        try:
            assert api.keys(text="copy") == ["copy.png"]
            assert len(library.objects(DERIVED)) == 2  # its thumbnail, and what was computed of the bytes
        finally:
            api.delete(f"/images/{copy}")
            library.index()


@pytest.mark.parametrize("groups", ["viewers", "", None, "[viewers]", "editors-of-nothing", "noneditors"])
class TestEditorsOnly:
    def test_others_may_read_and_search_but_not_write(
        self, library: Library, api: Api, horse: str, groups: str | None
    ) -> None:
        writes = [
            api.patch(f"/images/{horse}", json={"caption": "x"}, headers={"If-Match": "*"}, groups=groups),
            api.delete(f"/images/{horse}", groups=groups),
            api.post("/uploads", json={"filename": "x.png", "content_type": "image/png"}, groups=groups),
        ]

        assert [(answer.status_code, answer.json()["code"]) for answer in writes] == [(403, "forbidden")] * 3
        assert api.get(f"/images/{horse}", groups=groups).status_code == 200
        assert api.post("/search", json={"text": "horse"}, groups=groups).json()["total"] == 1
        assert library.objects(IMAGES) == ["horse.png"]


@pytest.mark.parametrize("groups", ["editors", "viewers,editors", "[viewers editors]", "[editors]"])
def test_editors_are_known_however_the_authorizer_writes_their_groups(api: Api, horse: str, groups: str) -> None:
    response = api.patch(f"/images/{horse}", json={"caption": "x"}, headers={"If-Match": "*"}, groups=groups)

    assert response.status_code == 202


class TestUploading:
    def form(self, api: Api, **request: Any) -> dict[str, Any]:
        response = api.post("/uploads", json={"filename": "cat.png", "content_type": "image/png", **request})
        assert response.status_code == 201, response.text
        form: dict[str, Any] = response.json()
        return form

    def post(self, form: dict[str, Any], file: Path) -> httpx.Response:
        return patiently.post(form["url"], data=form["fields"], files={"file": file.read_bytes()})

    @pytest.mark.parametrize(
        ("caption", "word"),
        [("A cat, close up", "cat"), ("Ein Kätzchen träumt — 猫", "kätzchen"), ("100% wool = ?", "wool")],
    )
    def test_a_picture_posted_with_the_form_is_found_by_the_words_of_the_form(
        self, library: Library, api: Api, photographs: Path, caption: str, word: str
    ) -> None:
        form = self.form(api, filename="Mein Bild é.PNG", caption=caption, tags=["pet", "Tiér"])
        pending = api.get(f"/images/{form['id']}").json()

        posted = self.post(form, photographs / "chelsea.png")
        library.index()

        try:
            assert posted.status_code in {200, 201, 204}
            assert pending["state"] == "pending"
            [hit] = api.search(text=word)["hits"]
            assert (hit["id"], hit["key"]) == (form["id"], form["key"])
            assert (hit["caption"], hit["tags"]) == (caption, ["pet", "Tiér"])
        finally:
            api.delete(f"/images/{form['id']}")
            library.index()

    def test_a_pending_image_is_no_answer_to_a_search(self, library: Library, api: Api) -> None:
        form = self.form(api, caption="Not there yet")

        assert api.keys(text="yet") == api.keys() == []
        assert api.get(f"/images/{form['id']}/similar").json()["code"] == "not-indexed"

    @pytest.mark.parametrize(
        ("filename", "ending"),
        [
            ("cat.png", "-cat.png"),
            ("C:\\pictures\\Cat 1.PNG", "-cat-1.png"),
            ("../../etc/passwd", "-passwd"),
            ("猫 1.PNG", "-猫-1.png"),
            ("हिन्दी.jpg", "-हिन्दी.jpg"),
            ("Cafe\u0301.png", "-caf\u00e9.png"),
            ("\u202egnp.exe", "-gnp.exe"),
            ("a?b#c%20d&e=f<g>.png", "-a-b-c-20d-e-f-g-.png"),
            ("🐸", "-picture"),
            ("cat.png.json", "-cat.png"),
            ("x" * 255, "-" + "x" * 80),
        ],
        ids=lambda value: value[:20],
    )
    def test_the_key_is_of_our_making_and_safe(self, api: Api, filename: str, ending: str) -> None:
        form = self.form(api, filename=filename)

        assert form["key"].startswith("uploads/")
        assert form["key"].endswith(ending)
        assert form["id"] == image_id(IMAGES, form["key"])
        assert form["fields"]["key"] == form["key"]

    @pytest.mark.parametrize(
        "request_",
        [
            {"filename": "x.svg", "content_type": "image/svg+xml"},
            {"filename": "", "content_type": "image/png"},
            {"filename": "x.png"},
            {"filename": "x.png", "content_type": "image/png", "tags": ["one,two"]},
            {"filename": "x.png", "content_type": "image/png", "caption": "😀" * 251},
        ],
        ids=["type", "no name", "no type", "comma", "more than S3 takes"],
    )
    def test_what_could_not_be_uploaded_is_refused_before(self, api: Api, request_: dict[str, Any]) -> None:
        response = api.post("/uploads", json=request_)

        assert (response.status_code, response.json()["code"]) == (422, "invalid-request")

    def test_the_longest_words_that_are_taken_fit_into_the_metadata_of_s3(self, api: Api) -> None:
        form = self.form(api, caption="😀" * 200, tags=["é" * 99])

        names = [name for name in form["fields"] if name.startswith("x-amz-meta-")]
        size = sum(len(name.removeprefix("x-amz-meta-")) + len(form["fields"][name]) for name in names)
        assert len(names) == 2
        assert size <= 2048
