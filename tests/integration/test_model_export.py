"""The real export, once: the genuine weights, real photographs, int8, checked natively and on a CPU without VNNI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
import skimage
from rich.progress import Progress

from imagesearch.describer import load_describer
from imagesearch.manifest import MANIFEST_FILE, METADATA_KEY, MODEL_FILE, Manifest
from imagesearch.records import SEMANTIC, Sizing
from model_export import verify
from model_export.export import current, export
from model_export.graph import build_graph
from model_export.pictures import LabelledPicture, load
from model_export.sessions import describe, open_session
from model_export.variant import DEFAULT, Pooling
from model_export.weights import Layer, check_layers, fetch_weights, read_layers, read_source

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"
FACES_AND_CATS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")

SCRIPT_OF_ANOTHER_CPU = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"])
pictures = numpy.load(sys.argv[3])
described = {name: session.run(["semantic"], {"pixels": pictures[name][None]})[0][0] for name in pictures.files}
numpy.savez(sys.argv[4], **described)
"""


@dataclass(frozen=True)
class Source:
    """The weights' file and the layers in it."""

    model: onnx.ModelProto
    layers: list[Layer]


@pytest.fixture(scope="module")
def source() -> Source:
    model = read_source(fetch_weights())
    return Source(model, read_layers(model))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The default variant, exported with scikit-image's photographs, which every system has."""
    folder = tmp_path_factory.mktemp("model")
    with Progress(disable=True) as progress:
        export(DEFAULT, folder, PHOTOGRAPHS, "cpu", progress)
    yield folder
    shutil.rmtree(folder)


def photographs(size: int) -> list[LabelledPicture]:
    return load([PHOTOGRAPHS / name for name in FACES_AND_CATS], PHOTOGRAPHS, Sizing(size, "longest", "bilinear"))


def test_the_thirteen_layers_are_the_published_ones(source: Source) -> None:
    check_layers(source.layers)


@pytest.mark.parametrize("pooling", ["avg", "max", "gem"])
def test_our_graph_describes_photographs_as_the_source_files_own_convolutions_do(
    source: Source, pooling: Pooling
) -> None:
    fp32 = build_graph(source.layers, {SEMANTIC: pooling})
    pixels = [one.pixels for one in photographs(160)]
    found = verify.check_against_source(fp32, source.model, pooling, pixels, "cpu")
    assert found.pictures == len(FACES_AND_CATS)
    assert found.minimum >= verify.MINIMUM_COSINE["fp32"]


def test_int8_agrees_with_fp32_on_photographs(exported: Path, source: Source) -> None:
    pixels = [one.pixels for one in photographs(DEFAULT.sizing.size)]
    fp32 = build_graph(source.layers, {SEMANTIC: DEFAULT.pooling})
    described = load_describer(exported, threads=2).describe(pixels)
    ours = np.concatenate([one[SEMANTIC].vectors for one in described])
    found = verify.agreement(ours, describe(open_session(fp32), pixels, SEMANTIC))
    assert found.minimum >= verify.MINIMUM_COSINE["int8"]


def test_int8_agrees_with_fp32_on_a_cpu_without_vnni(exported: Path, source: Source, tmp_path: Path) -> None:
    """Given an emulated Haswell (AVX2 only), the same file says nearly what fp32 says here."""
    emulator = shutil.which("qemu-x86_64")
    if emulator is None or not sys.platform.startswith("linux") or os.uname().machine != "x86_64":
        assert os.environ.get("CI") != "true", "CI must have qemu-x86_64 (Debian: apt-get install qemu-user)"
        pytest.skip("needs qemu-x86_64 on x86-64 Linux (Debian: apt-get install qemu-user)")
    pixels = [one.pixels for one in photographs(96)]
    np.savez(tmp_path / "pictures.npz", *pixels)
    (tmp_path / "script.py").write_text(SCRIPT_OF_ANOTHER_CPU)
    files = exported / MODEL_FILE, tmp_path / "pictures.npz", tmp_path / "out.npz"
    # The interpreter itself and its packages by path: an emulated one need not find the environment that it runs in.
    interpreter = Path(sys.executable).resolve()
    done = subprocess.run(
        [emulator, "-cpu", "Haswell", interpreter, tmp_path / "script.py", sysconfig.get_path("platlib"), *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "out.npz") as described:
        theirs = np.stack([described[f"arr_{index}"] for index in range(len(pixels))])
    fp32 = open_session(build_graph(source.layers, {SEMANTIC: DEFAULT.pooling}))
    assert verify.agreement(theirs, describe(fp32, pixels, SEMANTIC)).minimum >= verify.MINIMUM_COSINE["int8"]


def test_a_batch_equals_its_pictures_one_by_one(exported: Path) -> None:
    found = verify.check_batch(onnx.load(exported / MODEL_FILE), [one.pixels for one in photographs(128)], "cpu")
    assert found.minimum >= verify.MINIMUM_BATCH_COSINE


def test_the_manifest_is_in_the_file_too_and_says_what_was_verified(exported: Path) -> None:
    manifest = Manifest.from_json((exported / MANIFEST_FILE).read_text())
    metadata = {entry.key: entry.value for entry in onnx.load(exported / MODEL_FILE).metadata_props}
    inside = Manifest.from_json(metadata[METADATA_KEY])
    assert (inside.space_id, inside.sizing, inside.descriptors) == (
        manifest.space_id,
        manifest.sizing,
        manifest.descriptors,
    )
    assert 0.2 < manifest.descriptor(SEMANTIC).unrelated_cosine < 0.6
    assert manifest.details["verification"]["int8_to_fp32"]["minimum"] >= verify.MINIMUM_COSINE["int8"]


def test_an_intact_model_of_the_same_configuration_is_not_made_again(exported: Path) -> None:
    assert current(DEFAULT, exported, None)
    assert current(DEFAULT, exported, PHOTOGRAPHS)


def test_calibration_with_other_pictures_is_another_model(exported: Path, tmp_path: Path) -> None:
    for name in FACES_AND_CATS:
        shutil.copy(PHOTOGRAPHS / name, tmp_path)
    assert current(DEFAULT, exported, tmp_path) is None


def test_a_damaged_model_is_made_again(exported: Path, tmp_path: Path) -> None:
    shutil.copytree(exported, tmp_path, dirs_exist_ok=True)
    with (tmp_path / MODEL_FILE).open("ab") as file:
        file.write(b"\0")
    assert current(DEFAULT, tmp_path, None) is None


def test_the_same_cat_mirrored_is_nearer_than_any_other_photograph(exported: Path) -> None:
    describer = load_describer(exported)
    loaded = photographs(DEFAULT.sizing.size)
    cat = FACES_AND_CATS.index("chelsea.png")
    described = describer.describe([*(one.pixels for one in loaded), loaded[cat].pixels[:, ::-1]])
    vectors = np.concatenate([one[SEMANTIC].vectors for one in described])
    assert int(np.argmax(vectors[:-1] @ vectors[-1])) == cat
