"""The graph, with a small random network in place of VGG16's weights: same code, milliseconds instead of seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagesearch.records import SEMANTIC
from model_export.graph import INPUT, MINIMUM_SIDE, build_graph
from model_export.sessions import open_session
from model_export.weights import Layer, layer_names

if TYPE_CHECKING:
    from imagesearch.records import Pixels, Vectors

CHANNELS = 6


def small_layers(seed: int = 0) -> list[Layer]:
    """Thirteen convolutions of six channels each, scaled so that signals neither die nor explode."""
    random = np.random.default_rng(seed)

    def layer(name: str, inputs: int) -> Layer:
        kernel = random.normal(0, (2 / (9 * inputs)) ** 0.5, (CHANNELS, inputs, 3, 3)).astype(np.float32)
        return Layer(name, kernel, random.normal(0, 0.1, CHANNELS).astype(np.float32))

    return [layer(name, 3 if name == "block1_conv1" else CHANNELS) for name in layer_names()]


def noise(*shape: int, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (*shape, 3), dtype=np.uint8)


def describe(pixels: Pixels, *, layers: list[Layer] | None = None) -> Vectors:
    session = open_session(build_graph(layers or small_layers(), {SEMANTIC: "gem"}))
    vectors: Vectors = session.run([SEMANTIC], {INPUT: pixels})[0]
    return vectors


SESSION = open_session(build_graph(small_layers(), {"avg": "avg", "max": "max", "gem": "gem"}))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3), st.integers(1, 70), st.integers(1, 70))
def test_any_batch_of_any_height_and_width_gives_vectors_of_length_one(count: int, height: int, width: int) -> None:
    for vectors in SESSION.run(None, {INPUT: noise(count, height, width)}):
        assert vectors.shape == (count, CHANNELS)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 4), st.integers(1, 60), st.integers(1, 60))
def test_a_batch_equals_its_pictures_one_by_one(count: int, height: int, width: int) -> None:
    batch = noise(count, height, width)
    together = SESSION.run(["gem"], {INPUT: batch})[0]
    alone = np.concatenate([SESSION.run(["gem"], {INPUT: one[None]})[0] for one in batch])
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 40), (40, 7), (31, 31)])
def test_a_side_under_the_minimum_is_extended_by_its_last_row_or_column(height: int, width: int) -> None:
    pixels = noise(height, width)
    missing = [(0, max(0, MINIMUM_SIDE - side)) for side in (height, width)]
    extended = np.pad(pixels, [*missing, (0, 0)], mode="edge")
    np.testing.assert_allclose(describe(pixels[None]), describe(extended[None]), atol=1e-6)


def test_the_first_kernel_reads_blue_green_red_while_pixels_are_red_green_blue() -> None:
    layers = small_layers()
    only_blue = layers[0].kernel.copy()
    only_blue[:, 1:] = 0
    layers[0] = Layer(layers[0].name, only_blue, layers[0].bias)
    pixels = noise(1, 40, 40)
    other_red, other_blue = pixels.copy(), pixels.copy()
    other_red[..., 0], other_blue[..., 2] = 255 - pixels[..., 0], 255 - pixels[..., 2]
    described = describe(pixels, layers=layers)
    np.testing.assert_array_equal(describe(other_red, layers=layers), described)
    assert not np.allclose(describe(other_blue, layers=layers), described, atol=1e-3)


def test_a_picture_of_the_mean_colour_leaves_only_what_rounding_it_left() -> None:
    """Given no biases, a network of convolutions and ReLUs sees nothing but the distance from the mean."""
    layers = [Layer(one.name, one.kernel, np.zeros_like(one.bias)) for one in small_layers()]
    model = build_graph(layers, {"max": "max"})
    model.graph.output.extend([type(model.graph.output[0])(name="centred")])
    centred = open_session(model).run(["centred"], {INPUT: np.full((1, 32, 32, 3), (124, 117, 104), np.uint8)})[0]
    np.testing.assert_allclose(centred[0, 0, 0], (0.32, 0.221, 0.061), atol=1e-4)


def test_a_picture_without_any_activation_still_gets_a_valid_descriptor() -> None:
    dead = [Layer(one.name, one.kernel, np.full_like(one.bias, -1e6)) for one in small_layers()]
    np.testing.assert_allclose(describe(noise(1, 33, 33), layers=dead), 1 / CHANNELS**0.5, rtol=1e-5)


def test_the_poolings_are_three_different_descriptors() -> None:
    avg, maximum, gem = SESSION.run(["avg", "max", "gem"], {INPUT: noise(1, 64, 64)})
    assert not np.allclose(avg, maximum, atol=1e-3)
    assert not np.allclose(avg, gem, atol=1e-3)
    assert not np.allclose(maximum, gem, atol=1e-3)
