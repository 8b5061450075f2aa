"""Bootstrap: real adapters, each built once, when it is needed and not before."""

from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from imagesearch import bootstrap, describer
from imagesearch.adapters.sqlite.index import SqliteIndex
from imagesearch.errors import ModelMismatch, ModelMissing
from imagesearch.records import Descriptor, ImagePart, ImageRef, Position, Write, padded_sequencer
from imagesearch.settings import CursorSettings, Settings
from imagesearch_local.paths import CHECKOUT

MODEL = CHECKOUT / "layers" / "model"


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    variables = {
        "IMAGESEARCH_IMAGE_BUCKET": "images",
        "IMAGESEARCH_DERIVED_BUCKET": "derived",
        "IMAGESEARCH_INDEX_URL": f"sqlite:///{tmp_path / 'index.sqlite'}",
        "IMAGESEARCH_MODEL_DIR": str(MODEL),
        "IMAGESEARCH_CURSOR_SECRET": "secret",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    bootstrap.forget()
    yield variables
    bootstrap.forget()


def test_two_threads_that_need_the_model_at_once_load_it_once(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[Path] = []
    both = threading.Barrier(2)
    load = describer.load_describer

    def counted(model_dir: Path, threads: int) -> describer.OnnxDescriber:
        loads.append(model_dir)
        return load(model_dir, threads)

    monkeypatch.setattr(describer, "load_describer", counted)

    def needed() -> object:
        both.wait()
        return bootstrap.index_describer()

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.submit(needed), pool.submit(needed)
    assert one.result() is two.result()
    assert len(loads) == 1


@pytest.mark.parametrize("function", ["search_api", "index_images"])
@pytest.mark.parametrize("preload", ["true", "false"])
def test_a_setting_loads_the_model_with_the_function(environment: dict[str, str], function: str, preload: str) -> None:
    """SnapStart keeps what is loaded then; without the setting nobody pays for it before the first picture."""
    program = f"import {function}.handler, sys; print('onnxruntime' in sys.modules)"
    variables = {**environment, "IMAGESEARCH_PRELOAD_MODEL": preload}
    output = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == str(preload == "true")


def test_an_index_of_another_model_is_refused(environment: dict[str, str]) -> None:
    index = SqliteIndex(Path(environment["IMAGESEARCH_INDEX_URL"].removeprefix("sqlite:///")))
    part = ImagePart(
        padded_sequencer("1"),
        "indexed",
        space_id="another",
        descriptors={"semantic": Descriptor(np.ones((1, 4), np.float32))},
    )
    index.write([Write(ImageRef("images", "frog.png"), part)])
    with pytest.raises(ModelMismatch, match="another"):
        bootstrap.index()


def test_without_a_model_the_error_says_so(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGESEARCH_MODEL_DIR", "/no/such/folder")
    with pytest.raises(ModelMissing):
        bootstrap.manifest()


def test_an_index_of_an_unknown_kind_is_refused_by_name(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGESEARCH_INDEX_URL", "redis://localhost")
    with pytest.raises(ValueError, match="redis"):
        bootstrap.index()


@pytest.mark.parametrize("function", ["search_api", "index_images"])
def test_the_functions_decode_pictures_without_importing_a_picture_library(
    environment: dict[str, str], function: str
) -> None:
    """Given a query picture and one to index, then the function's own process has met neither Pillow nor pi-heif."""
    program = f"""
import sys, {function}.handler
from imagesearch import bootstrap
data = sys.stdin.buffer.read()
pixels = bootstrap.query_reader()(data, crop=(0.0, 0.0, 0.5, 0.5))
picture = bootstrap.indexer().read_picture(data)
bootstrap.forget()
print(pixels.shape[2], picture.facts.format, sorted({{"PIL", "pi_heif"}} & sys.modules.keys()))
"""
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(file, "PNG")
    output = subprocess.run(
        [sys.executable, "-c", program], env=environment, input=file.getvalue(), capture_output=True, check=True
    ).stdout
    assert output.decode().splitlines()[-1] == "3 PNG []"


@pytest.mark.parametrize("preload", ["true", "false"])
def test_a_setting_starts_a_decoder_with_the_function(environment: dict[str, str], preload: str) -> None:
    program = "import index_images.handler; from imagesearch import bootstrap; print(len(bootstrap.decoder()._running))"
    variables = {**environment, "IMAGESEARCH_PRELOAD_MODEL": preload}
    output = subprocess.run([sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True)
    assert output.stdout.strip() == ("1" if preload == "true" else "0")


def picture_with_a_position() -> bytes:
    exif, file = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0), 3: "E", 4: (13.0, 15.0, 0.0)})
    Image.new("RGB", (60, 40), "teal").save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.mark.parametrize(("setting", "position"), [("true", Position(52.5, 13.25)), ("false", None)])
def test_positions_are_kept_only_where_a_setting_allows_it(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, setting: str, position: Position | None
) -> None:
    monkeypatch.setenv("IMAGESEARCH_KEEP_POSITIONS", setting)
    bootstrap.forget()
    assert bootstrap.indexer().read_picture(picture_with_a_position()).facts.position == position


def test_what_was_kept_without_positions_is_computed_anew_where_they_are_wanted(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """... and what was kept with them where they are not."""
    recipes = []
    for setting in ("true", "false"):
        monkeypatch.setenv("IMAGESEARCH_KEEP_POSITIONS", setting)
        bootstrap.forget()
        recipes.append(bootstrap.indexer().recipe)
    assert recipes[0] != recipes[1]


def test_forgetting_ends_the_decoders(environment: dict[str, str]) -> None:
    decoder = bootstrap.decoder()
    decoder.start()
    (process,) = decoder._running
    bootstrap.forget()
    assert process.has_ended


def test_no_secret_is_told_by_settings_nor_by_what_is_wrong_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password may stand in the index's URL, and errors are logged."""
    for name in [name for name in os.environ if name.startswith("IMAGESEARCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IMAGESEARCH_INDEX_URL", "https://user:password-of-ours@host/images-g1")
    monkeypatch.setenv("IMAGESEARCH_CURSOR_SECRET", "secret-of-ours")
    with pytest.raises(ValidationError) as wrong:
        Settings()
    told = str(wrong.value) + repr(wrong.value)
    assert "image_bucket" in told
    assert "of-ours" not in told
    assert "of-ours" not in repr(Settings(image_bucket="a", derived_bucket="b")) + repr(CursorSettings())


class TestAfterASnapshotIsRestored:
    """SnapStart starts many copies of a function that has been loaded: what is in a copy's memory is the original's."""

    def test_lambda_is_told_what_to_call_then(self, environment: dict[str, str]) -> None:
        """Given a function loaded for a snapshot; when Lambda calls its hooks; then all but the model begins anew,
        with a decoder that is ready for the first picture.
        """  # noqa: D205
        program = """
import threading
import index_images.handler
from imagesearch import bootstrap
from snapshot_restore_py import get_after_restore
model, decoder = bootstrap.index_describer(), bootstrap.decoder()
assert len(decoder._running) == 1
for hook, args, kwargs in get_after_restore():
    hook(*args, **kwargs)
for thread in threading.enumerate():
    if thread.name == "start decoder":
        thread.join()
print(bootstrap.index_describer() is model, bootstrap.decoder() is decoder)
print(len(decoder._running), len(bootstrap.decoder()._running))
"""
        variables = {**environment, "IMAGESEARCH_PRELOAD_MODEL": "true"}
        command = [sys.executable, "-c", program]
        ran = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        assert ran.stdout.split() == ["True", "False", "0", "1"]

    @pytest.mark.parametrize("function", ["search_api", "index_images"])
    def test_nothing_is_left_to_import_of_the_ways_to_buckets_and_index(
        self, environment: dict[str, str], function: str
    ) -> None:
        """Given a function loaded for a snapshot, when it first uses them in a copy, then their modules are there."""
        program = f"""
import sys
import {function}.handler
from imagesearch import bootstrap
from snapshot_restore_py import get_after_restore
for hook, args, kwargs in get_after_restore():
    hook(*args, **kwargs)
before = set(sys.modules)
bootstrap.image_store(), bootstrap.derived_store()
bootstrap.opensearch_index(bootstrap.opensearch().alias)
print(*sorted(set(sys.modules) - before))
"""
        variables = {
            **environment,
            "IMAGESEARCH_PRELOAD_MODEL": "true",
            "IMAGESEARCH_INDEX_URL": "https://127.0.0.1:9/images-g1",
            "IMAGESEARCH_INDEX_SIGV4": "true",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
        command = [sys.executable, "-c", program]
        ran = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        assert ran.stdout.split() == []

    def test_clients_are_new_and_the_model_is_the_one_that_was_loaded(
        self, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        kept = (bootstrap.settings, bootstrap.manifest, bootstrap.index_describer)
        stores = (bootstrap._s3_client, bootstrap.image_store, bootstrap.derived_store, bootstrap.index)
        renewed = (*stores, bootstrap.indexer, bootstrap.cursors, bootstrap.decoder, bootstrap.postponer)
        before = {each: each() for each in (*kept, *renewed)}

        bootstrap.renew()

        assert [each for each in kept if each() is not before[each]] == []
        assert [each for each in renewed if each() is before[each]] == []
        assert bootstrap.indexer().images.client is bootstrap._s3_client()  # type: ignore[attr-defined]  # it is S3's

    def test_connections_to_opensearch_are_new(
        self, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("IMAGESEARCH_INDEX_URL", "http://127.0.0.1:9/images-g1")
        before = bootstrap.opensearch()
        bootstrap.renew()
        assert bootstrap.opensearch().client is not before.client

    def test_a_decoding_process_of_the_original_is_ended(self, environment: dict[str, str]) -> None:
        bootstrap.decoder().start()
        (process,) = bootstrap.decoder()._running
        bootstrap.renew()
        assert process.has_ended
        assert not bootstrap.decoder()._running

    def test_copies_draw_different_random_numbers(self, environment: dict[str, str]) -> None:
        state = random.getstate()
        drawn = set()
        for _ in range(3):
            random.setstate(state)
            bootstrap.renew()
            drawn.add(random.random())
        assert len(drawn) == 3
