"""The describer, with a real but small model written by the exporter's own function."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from imagesearch.describer import load_describer
from imagesearch.errors import ModelMissing
from imagesearch.manifest import MANIFEST_FILE, MODEL_FILE, DescriptorSpec, Manifest, load_manifest
from imagesearch.records import SEMANTIC, Sizing
from model_export.export import write_model
from model_export.graph import build_graph
from model_export.weights import Layer, layer_names

if TYPE_CHECKING:
    from imagesearch.records import Pixels


def small_model(folder: Path, *, seed: int = 0) -> Path:
    """VGG16's shape with four channels a layer and two descriptors, in `folder`."""
    random = np.random.default_rng(seed)
    layers = [
        Layer(
            name,
            random.normal(0, 0.2, (4, 3 if name == "block1_conv1" else 4, 3, 3)).astype(np.float32),
            random.normal(0, 0.1, 4).astype(np.float32),
        )
        for name in layer_names()
    ]
    manifest = Manifest(
        name="small",
        space_id=f"space{seed}",
        build_id="",
        sizing=Sizing(48, "longest", "bilinear"),
        descriptors=(DescriptorSpec(SEMANTIC, 4, 0.4), DescriptorSpec("average", 4, 0.5)),
        precision="fp32",
        sha256="",
        details={},
    )
    write_model(manifest, {"note": "for tests"}, build_graph(layers, {SEMANTIC: "gem", "average": "avg"}), folder)
    return folder


def pictures(count: int) -> list[Pixels]:
    """Noise of several shapes, some of them equal."""
    random = np.random.default_rng(7)
    shapes = [(48, 32), (32, 48), (48, 48), (48, 32), (48, 1)]
    return [random.integers(0, 256, (*shapes[i % len(shapes)], 3), dtype=np.uint8) for i in range(count)]


def rewrite(folder: Path, **changes: Any) -> None:
    (folder / MANIFEST_FILE).write_text(replace(load_manifest(folder), **changes).to_json())


def test_every_picture_gets_every_descriptor_of_the_manifest_with_length_one(tmp_path: Path) -> None:
    describer = load_describer(small_model(tmp_path), threads=1)
    described = describer.describe(pictures(6))
    assert len(described) == 6
    for descriptors in described:
        assert list(descriptors) == [spec.name for spec in describer.manifest.descriptors]
        for descriptor in descriptors.values():
            assert descriptor.vectors.shape == (1, 4)
            assert descriptor.vectors.dtype == np.float32
            assert descriptor.boxes is None
            assert np.linalg.norm(descriptor.vectors) == pytest.approx(1)


def test_pictures_of_different_shapes_keep_their_order(tmp_path: Path) -> None:
    describer = load_describer(small_model(tmp_path), threads=1)
    together = describer.describe(pictures(7))
    for picture, descriptors in zip(pictures(7), together, strict=True):
        np.testing.assert_array_equal(describer.describe([picture])[0][SEMANTIC].vectors, descriptors[SEMANTIC].vectors)


def test_no_pictures_give_no_descriptors(tmp_path: Path) -> None:
    assert load_describer(small_model(tmp_path), threads=1).describe([]) == []


def test_threads_that_describe_at_once_get_what_one_gets_alone(tmp_path: Path) -> None:
    describer = load_describer(small_model(tmp_path), threads=0)
    work = [pictures(5) for _ in range(8)]
    expected = [one[SEMANTIC].vectors for one in describer.describe(work[0])]
    with ThreadPoolExecutor(4) as pool:
        for described in pool.map(describer.describe, work):
            for one, vectors in zip(described, expected, strict=True):
                np.testing.assert_allclose(one[SEMANTIC].vectors, vectors, atol=1e-6)


def test_read_only_and_strided_pixels_are_fine(tmp_path: Path) -> None:
    describer = load_describer(small_model(tmp_path), threads=1)
    pixels = pictures(1)[0]
    turned = np.ascontiguousarray(pixels[:, ::-1])[:, ::-1]
    turned.flags.writeable = False
    np.testing.assert_array_equal(
        describer.describe([turned])[0][SEMANTIC].vectors, describer.describe([pixels])[0][SEMANTIC].vectors
    )


def test_an_empty_folder_says_which_command_makes_the_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="make model"):
        load_describer(tmp_path)


def test_a_manifest_without_its_model_is_a_missing_model(tmp_path: Path) -> None:
    (small_model(tmp_path) / MODEL_FILE).unlink()
    with pytest.raises(ModelMissing, match="make model"):
        load_describer(tmp_path)


def test_an_unreadable_manifest_is_refused(tmp_path: Path) -> None:
    (small_model(tmp_path) / MANIFEST_FILE).write_text("{}")
    with pytest.raises(ModelMissing, match="manifest can't be read"):
        load_describer(tmp_path)


def test_a_model_with_one_changed_byte_is_refused(tmp_path: Path) -> None:
    path = small_model(tmp_path) / MODEL_FILE
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelMissing, match="not the one"):
        load_describer(tmp_path)


def test_a_manifest_of_another_model_is_refused_even_with_the_right_digest(tmp_path: Path) -> None:
    rewrite(small_model(tmp_path), space_id="another")
    with pytest.raises(ModelMissing, match="differ"):
        load_describer(tmp_path)


def test_a_changed_sizing_rule_is_refused(tmp_path: Path) -> None:
    rewrite(small_model(tmp_path), sizing=Sizing(64, "squeeze", "bilinear"))
    with pytest.raises(ModelMissing, match="differ"):
        load_describer(tmp_path)


def test_details_and_build_may_be_told_differently(tmp_path: Path) -> None:
    rewrite(small_model(tmp_path), details={}, build_id="renamed")
    assert load_describer(tmp_path).manifest.build_id == "renamed"


def test_errors_do_not_tell_where_files_are(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        load_describer(tmp_path)
    assert str(tmp_path) not in str(caught.value)
