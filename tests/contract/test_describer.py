"""What every Describer promises: the real model, and the quick stand-in of the indexing tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import ColourDescriber

from imagesearch.describer import load_describer
from imagesearch_local.paths import CHECKOUT

if TYPE_CHECKING:
    from imagesearch.ports import Describer


@pytest.fixture(scope="module", params=["model", "stand-in"])
def describer(request: pytest.FixtureRequest) -> Describer:
    return (
        ColourDescriber() if request.param == "stand-in" else load_describer(CHECKOUT / "layers" / "model", threads=1)
    )


def noise(seed: int, height: int = 48, width: int = 64) -> np.ndarray:
    shade = np.array([1.0, 0.5, 0.2]) * (1 + seed % 3)
    grey: np.ndarray = np.random.default_rng(seed).integers(0, 80, (height, width, 3)) * shade
    return grey.astype(np.uint8)


def test_each_picture_gets_the_descriptors_of_the_manifest_as_unit_vectors(describer: Describer) -> None:
    described = describer.describe([noise(1), noise(2, 64, 32)])
    assert len(described) == 2
    for descriptors in described:
        assert list(descriptors) == [spec.name for spec in describer.manifest.descriptors]
        for spec in describer.manifest.descriptors:
            vectors = descriptors[spec.name].vectors
            assert vectors.dtype == np.float32
            assert vectors.shape == (1, spec.dimension)
            np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_order_and_company_of_pictures_make_no_difference(describer: Describer) -> None:
    pictures = [noise(1), noise(2), noise(1)]
    together = [each["semantic"].vectors for each in describer.describe(pictures)]
    alone = [describer.describe([each])[0]["semantic"].vectors for each in pictures]
    np.testing.assert_allclose(together, alone, atol=1e-4)
    np.testing.assert_allclose(together[0], together[2], atol=1e-5)


def test_nothing_to_describe_gives_nothing(describer: Describer) -> None:
    assert describer.describe([]) == []


def test_other_pictures_get_other_descriptors(describer: Describer) -> None:
    one, two = describer.describe([noise(1), 255 - noise(5)])
    assert float(one["semantic"].vectors[0] @ two["semantic"].vectors[0]) < 0.999


def test_the_model_runtime_keeps_to_itself(tmp_path: Path) -> None:
    """ONNX Runtime would write an id of this machine and a log of events, to be sent to its makers."""
    program = (
        "import sys, numpy; from pathlib import Path; from imagesearch.describer import load_describer;"
        "load_describer(Path(sys.argv[1])).describe([numpy.zeros((64, 64, 3), numpy.uint8)])"
    )
    command = [sys.executable, "-c", program, str(CHECKOUT / "layers" / "model")]
    subprocess.run(command, env={"HOME": str(tmp_path)}, cwd=tmp_path, check=True)
    assert list(tmp_path.rglob("*")) == []
