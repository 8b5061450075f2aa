"""What verification accepts, what space a model is in, and how the command fails."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from imagesearch.records import Sizing
from model_export.__main__ import app
from model_export.variant import DEFAULT, build_id
from model_export.verify import Agreement, VerificationError, agreement, require, unrelated_cosine


def unit(*angles: float) -> NDArray[np.float32]:
    """Vectors of length 1 at these angles in degrees."""
    radians = np.radians(angles)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def test_agreement_is_the_least_and_the_mean_cosine_row_by_row() -> None:
    found = agreement(unit(0, 90), unit(60, 90))
    assert found.pictures == 2
    assert [found.minimum, found.mean] == pytest.approx([0.5, 0.75])


@pytest.mark.parametrize("minimum", [0.9969, float("nan"), -1.0])
def test_one_picture_below_the_requirement_fails_the_export(minimum: float) -> None:
    with pytest.raises(VerificationError, match="int8 against fp32"):
        require("int8 against fp32", Agreement(24, minimum, 0.9999), 0.997)


def test_just_enough_passes() -> None:
    require("int8 against fp32", Agreement(24, 0.997, 0.999), 0.997)


def test_the_unrelated_cosine_is_the_median_over_pairs_of_different_classes() -> None:
    assert unrelated_cosine(unit(0, 1, 60, 61), ["cat", "cat", "boat", "boat"]) == pytest.approx(0.5, abs=0.01)


def test_with_one_class_only_all_pairs_count() -> None:
    assert unrelated_cosine(unit(0, 60, 0), ["all"] * 3) == pytest.approx(0.5, abs=1e-6)


def test_precision_shares_a_space_and_everything_else_makes_another() -> None:
    assert replace(DEFAULT, precision="fp32").space_id == replace(DEFAULT, precision="int8").space_id
    others = [
        replace(DEFAULT, pooling="avg"),
        replace(DEFAULT, pooling="max"),
        replace(DEFAULT, sizing=Sizing(1000, DEFAULT.sizing.fit, DEFAULT.sizing.resampling)),
        replace(DEFAULT, sizing=Sizing(DEFAULT.sizing.size, DEFAULT.sizing.fit, "lanczos")),
        replace(DEFAULT, sizing=Sizing(DEFAULT.sizing.size, "squeeze", DEFAULT.sizing.resampling)),
    ]
    assert len({DEFAULT.space_id, *(one.space_id for one in others)}) == 1 + len(others)


def test_builds_of_one_space_differ_by_precision_and_file() -> None:
    builds = {build_id("space", precision, digest * 32) for precision in ("fp32", "int8") for digest in ("ab", "cd")}
    assert len(builds) == 4
    assert "space-int8-abababab" in builds


@pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(), reason="this machine has what must be missing"
)
def test_cuda_without_a_gpu_build_of_onnx_runtime_says_what_to_install_and_exits_with_3() -> None:
    result = CliRunner().invoke(app, ["--device", "cuda"])
    assert result.exit_code == 3
    assert "onnxruntime-gpu" in result.stderr
    assert "--device cpu" in result.stderr


def test_an_unknown_pooling_is_a_usage_error_that_names_the_choices() -> None:
    result = CliRunner().invoke(app, ["--pooling", "median"])
    assert result.exit_code == 2
    assert "gem" in result.stderr
