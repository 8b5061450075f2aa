"""Pictures to be like, pictures not to be like, and parts of pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from imagesearch.records import image_id
from imagesearch_local.cloud.resources import IMAGES

if TYPE_CHECKING:
    from tests.integration.conftest import Api, Library

MOTORCYCLE = "vehicles/motorcycle_left.png"
ASTRONAUT = "people/astronaut.png"
COFFEE = "food/coffee.png"
Encoded = Callable[[str], str]


@pytest.fixture(scope="module")
def encoded(photographs: Path) -> Encoded:
    """A photograph by its name, in base64."""
    return lambda name: base64.b64encode((photographs / name).read_bytes()).decode()


PARTS = (
    *("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "camera.png", "horse.png", "retina.jpg", "ihc.png"),
    "motorcycle_right.png",
)


@pytest.fixture(scope="module")
def collage(photographs: Path) -> bytes:
    """Nine photographs in one picture, in rows of three; the motorcycle is the last one."""
    whole = Image.new("RGB", (960, 720))
    for number, name in enumerate(PARTS):
        with Image.open(photographs / name) as picture:
            part = picture.convert("RGB").resize((320, 240))
        whole.paste(part, (320 * (number % 3), 240 * (number // 3)))
    file = io.BytesIO()
    whole.save(file, "PNG")
    return file.getvalue()


LAST = {"left": 2 / 3, "top": 2 / 3, "right": 1, "bottom": 1}


def id_of(key: str) -> str:
    return image_id(IMAGES, key)


def scores(api: Api, **query: Any) -> dict[str, float]:
    return {hit["key"]: hit["score"] for hit in api.search(**query, limit=100)["hits"]}


class TestLike:
    def test_two_pictures_find_the_like_of_both_before_anything_else(self, api: Api, encoded: Encoded) -> None:
        keys = api.keys(like=[{"image": encoded("motorcycle_right.png")}, {"image": encoded("coffee.png")}])

        assert set(keys[:2]) == {MOTORCYCLE, COFFEE}

    def test_one_picture_to_be_like_is_a_query_picture(self, api: Api, encoded: Encoded) -> None:
        picture = encoded("motorcycle_right.png")

        assert api.search(like=[{"image": picture}])["hits"] == api.search(image=picture)["hits"]

    def test_weights_say_which_picture_matters_more(self, api: Api, encoded: Encoded) -> None:
        def first(motorcycle: float, coffee: float) -> str:
            like = [
                {"image": encoded("motorcycle_right.png"), "weight": motorcycle},
                {"image": encoded("coffee.png"), "weight": coffee},
            ]
            return api.keys(like=like, limit=1)[0]

        assert (first(10, 1), first(1, 10)) == (MOTORCYCLE, COFFEE)

    def test_a_picture_beside_the_query_picture_counts_as_much_as_that(self, api: Api, encoded: Encoded) -> None:
        motorcycle, coffee = encoded("motorcycle_right.png"), encoded("coffee.png")

        together = scores(api, like=[{"image": motorcycle}, {"image": coffee}])

        assert scores(api, image=motorcycle, like=[{"image": coffee}]) == together

    def test_ids_stand_for_the_pictures_of_the_library_and_are_no_answers(self, api: Api, encoded: Encoded) -> None:
        by_picture = scores(api, like=[{"image": encoded("coffee.png")}, {"image": encoded("rocket.jpg")}])
        by_id = scores(api, like=[{"image_id": id_of(COFFEE)}, {"image_id": id_of("space/rocket.jpg")}])

        assert {COFFEE, "space/rocket.jpg"}.isdisjoint(by_id)
        assert by_id == {key: by_picture[key] for key in by_id}


class TestUnlike:
    def test_it_pushes_the_like_of_a_picture_down(self, api: Api, encoded: Encoded) -> None:
        """The astronaut comes second to the motorcycle, unless pictures like hers are not wanted."""
        motorcycle = encoded("motorcycle_right.png")
        before = api.keys(image=motorcycle, limit=100)
        after = api.keys(image=motorcycle, unlike=[{"image": encoded("astronaut.png")}], limit=100)

        assert before[1] == ASTRONAUT
        assert after[0] == MOTORCYCLE
        assert after.index(ASTRONAUT) > len(after) // 2

    def test_the_more_it_weighs_the_farther_down(self, api: Api, encoded: Encoded) -> None:
        motorcycle, astronaut = encoded("motorcycle_right.png"), encoded("astronaut.png")

        lower = [
            scores(api, image=motorcycle, unlike=[{"image": astronaut, "weight": weight}])[ASTRONAUT]
            for weight in (0.01, 0.05, 0.1)
        ]

        assert lower == sorted(lower, reverse=True)
        assert len(set(lower)) == 3

    def test_it_weighs_half_where_nothing_is_said(self, api: Api, encoded: Encoded) -> None:
        motorcycle, astronaut = encoded("motorcycle_right.png"), encoded("astronaut.png")

        half = scores(api, image=motorcycle, unlike=[{"image": astronaut, "weight": 0.5}])

        assert scores(api, image=motorcycle, unlike=[{"image": astronaut}]) == half

    def test_alone_it_shows_first_what_looks_least_like_it(self, api: Api, encoded: Encoded) -> None:
        motorcycle = encoded("motorcycle_right.png")

        assert api.keys(unlike=[{"image": motorcycle}], limit=100) == api.keys(image=motorcycle, limit=100)[::-1]

    def test_its_ids_are_no_answers_either(self, api: Api) -> None:
        assert ASTRONAUT not in api.keys(text="grey astronaut", unlike=[{"image_id": id_of(ASTRONAUT)}], limit=100)

    def test_words_find_what_looks_different(self, api: Api, encoded: Encoded) -> None:
        """Two pictures are of the microscope; of these the one unlike the purple tissue comes first."""
        query = {"text": "microscope", "unlike": [{"image": encoded("ihc.png"), "weight": 1}]}

        assert api.keys(**query, limit=2) == ["science/cell.png", "science/ihc.png"]

    def test_pictures_that_cancel_each_other_out_are_refused(self, api: Api) -> None:
        coffee = {"image_id": id_of(COFFEE), "weight": 1}

        response = api.post("/search", json={"like": [coffee], "unlike": [coffee]})

        assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
        assert "cancel each other out" in response.json()["detail"]


class TestCrop:
    def test_the_part_finds_what_the_whole_does_not(self, api: Api, collage: bytes) -> None:
        image = base64.b64encode(collage).decode()

        whole = scores(api, image=image)
        part = scores(api, image=image, crop=LAST)

        assert max(whole, key=whole.__getitem__) != MOTORCYCLE
        assert max(part, key=part.__getitem__) == MOTORCYCLE
        assert part[MOTORCYCLE] > 2 * whole[MOTORCYCLE]

    def test_a_crop_of_the_whole_changes_nothing(self, api: Api, encoded: Encoded) -> None:
        image, all_of_it = encoded("coffee.png"), {"left": 0, "top": 0, "right": 1, "bottom": 1}

        cropped, whole = scores(api, image=image, crop=all_of_it), scores(api, image=image)

        assert cropped == pytest.approx(whole, abs=0.02)

    def test_shares_are_of_the_upright_picture(self, api: Api, collage: bytes) -> None:
        """A picture that lies on its side, and says so, is cropped as people see it."""
        lying = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned a quarter clockwise to stand upright
        Image.open(io.BytesIO(collage)).transpose(Image.Transpose.ROTATE_90).save(lying, "PNG", exif=exif)

        image = base64.b64encode(lying.getvalue()).decode()

        assert api.keys(image=image, crop=LAST, limit=1) == [MOTORCYCLE]

    def test_a_part_of_an_image_of_the_library(self, library: Library, api: Api, collage: bytes) -> None:
        """Its file is read and described anew: what is stored is of the whole picture."""
        identity = library.put("collage.png", collage)
        library.index()
        try:
            assert api.keys(image_id=identity, limit=1) != [MOTORCYCLE]
            assert api.keys(image_id=identity, crop=LAST, limit=1) == [MOTORCYCLE]
            assert "collage.png" not in api.keys(image_id=identity, crop=LAST, limit=100)
        finally:
            api.delete(f"/images/{identity}")
            library.index()

    def test_of_an_image_whose_file_has_just_gone_there_is_none(
        self, library: Library, api: Api, collage: bytes
    ) -> None:
        identity = library.put("gone.png", collage)
        library.index()
        library.s3.delete_object(Bucket=IMAGES, Key="gone.png")

        response = api.post("/search", json={"image_id": identity, "crop": LAST})

        assert (response.status_code, response.json()["code"]) == (404, "image-not-found")
        assert identity in response.json()["detail"]
        library.index()

    def test_a_crop_that_leaves_next_to_nothing_is_refused(self, api: Api, encoded: Encoded) -> None:
        crop = {"left": 0.5, "top": 0.5, "right": 0.501, "bottom": 0.501}

        response = api.post("/search", json={"image": encoded("coffee.png"), "crop": crop})

        assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
        assert "pixels" in response.json()["detail"]


class TestIds:
    @pytest.mark.parametrize(
        "query",
        [
            {"image_id": "a" * 26},
            {"like": [{"image_id": "a" * 26}]},
            {"text": "cat", "unlike": [{"image_id": "a" * 26}]},
            {"image_id": "a" * 26, "crop": LAST},
        ],
        ids=["image_id", "like", "unlike", "crop"],
    )
    def test_an_unknown_one_anywhere_is_a_404_that_names_it(self, api: Api, query: dict[str, Any]) -> None:
        response = api.post("/search", json=query)

        assert (response.status_code, response.json()["code"]) == (404, "image-not-found")
        assert "a" * 26 in response.json()["detail"]

    @pytest.mark.parametrize("place", ["image_id", "like", "unlike", "crop"])
    def test_one_that_was_rejected_is_a_409_that_names_it(self, library: Library, api: Api, place: str) -> None:
        identity = library.put("broken.png", b"no picture")
        library.index()
        queries: dict[str, dict[str, Any]] = {
            "image_id": {"image_id": identity},
            "like": {"like": [{"image_id": identity}]},
            "unlike": {"unlike": [{"image_id": identity}]},
            "crop": {"image_id": identity, "crop": LAST},
        }

        response = api.post("/search", json=queries[place])

        assert (response.status_code, response.json()["code"]) == (409, "not-indexed")
        assert identity in response.json()["detail"]

    def test_one_whose_upload_is_pending_is_a_409(self, api: Api) -> None:
        upload = api.post("/uploads", json={"filename": "x.png", "content_type": "image/png"}).json()

        assert api.post("/search", json={"like": [{"image_id": upload["id"]}]}).status_code == 409
