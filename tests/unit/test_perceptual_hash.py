"""The perceptual hash: equal to the reference implementation, and near for near-duplicates."""

from __future__ import annotations

import io

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps
from skimage import data

from imagesearch.duplicates import hamming_distance
from imagesearch.pictures.perceptual_hash import perceptual_hashes

PHOTOGRAPHS = ["astronaut", "camera", "cat", "coffee", "coins", "moon", "page", "rocket", "text"]
hashes = st.integers(min_value=0, max_value=2**64 - 1).map(lambda bits: f"{bits:016x}")


def photograph(name: str) -> Image.Image:
    return Image.fromarray(getattr(data, name)())


def perceptual_hash(image: Image.Image) -> str:
    """That of the image itself."""
    return perceptual_hashes(image)[0]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_hash_of_a_photograph_is_that_of_imagehash(name: str) -> None:
    image = photograph(name)
    assert perceptual_hash(image) == str(imagehash.phash(image))


@given(seed=st.integers(0, 2**32 - 1), width=st.integers(8, 90), height=st.integers(8, 90))
def test_the_hash_of_noise_of_any_size_is_that_of_imagehash(seed: int, width: int, height: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    assert perceptual_hash(image) == str(imagehash.phash(image))


@pytest.mark.parametrize("colour", ["black", "white", "teal", "#123456"])
def test_a_picture_of_one_colour_has_the_hash_of_imagehash_and_no_bits_of_rounding(colour: str) -> None:
    image = Image.new("RGB", (50, 40), colour)
    assert perceptual_hash(image) == str(imagehash.phash(image))
    assert perceptual_hash(image) in {"0000000000000000", "8000000000000000"}


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_smaller_brighter_and_recompressed_copies_stay_within_ten_bits(name: str) -> None:
    image = photograph(name).convert("RGB")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    copies = [image.resize((200, 150)), ImageEnhance.Brightness(image).enhance(1.15), Image.open(file)]
    assert max(hamming_distance(perceptual_hash(image), perceptual_hash(copy)) for copy in copies) <= 10


def test_different_photographs_are_far_apart() -> None:
    found = [perceptual_hash(photograph(name)) for name in PHOTOGRAPHS]
    distances = [hamming_distance(a, b) for i, a in enumerate(found) for b in found[:i]]
    assert min(distances) > 10


@given(hashes, hashes, hashes)
def test_the_distance_is_a_metric(a: str, b: str, c: str) -> None:
    assert hamming_distance(a, a) == 0
    assert hamming_distance(a, b) == hamming_distance(b, a)
    assert hamming_distance(a, c) <= hamming_distance(a, b) + hamming_distance(b, c)


@given(hashes)
def test_the_distance_to_the_inverse_is_all_64_bits(value: str) -> None:
    inverse = f"{int(value, 16) ^ (2**64 - 1):016x}"
    assert hamming_distance(value, inverse) == 64


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_second_hash_is_that_of_the_mirror_image(name: str) -> None:
    image = photograph(name)
    own, mirrored = perceptual_hashes(image)
    assert own == perceptual_hash(image)
    assert hamming_distance(mirrored, perceptual_hash(ImageOps.mirror(image))) <= 1  # Pillow rounds while it resizes
    assert hamming_distance(own, mirrored) > 10


@given(seed=st.integers(0, 2**32 - 1), width=st.integers(8, 90), height=st.integers(8, 90))
def test_the_hashes_of_a_mirror_image_are_the_same_two_the_other_way_round(seed: int, width: int, height: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    pairs = zip(perceptual_hashes(image), reversed(perceptual_hashes(ImageOps.mirror(image))), strict=True)
    assert all(hamming_distance(one, other) <= 4 for one, other in pairs)
