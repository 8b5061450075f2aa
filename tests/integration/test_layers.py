"""The built layers, laid out as Lambda lays them out: all functions run from them, on real events, and nothing else."""

from __future__ import annotations

import ast
import base64
import json
import re
import secrets
import struct
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx
import pytest
from laid_out import LaidOut, laid_out, runnable
from typer.testing import CliRunner

from build_layers.__main__ import app
from build_layers.binaries import binaries_in
from build_layers.building import OUTPUT, PRODUCT, build_model, build_product, build_runtime
from build_layers.bytecode import Interpreter, interpreter_for
from build_layers.functions import FUNCTIONS
from build_layers.notices import FILE as NOTICES
from build_layers.packing import Packed
from build_layers.sizes import LIMIT_BYTES
from build_layers.targets import PYTHON, Target
from imagesearch_local.cloud.bucket import local_cloud
from imagesearch_local.cloud.resources import DERIVED, IMAGES
from imagesearch_local.paths import CHECKOUT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OURS = {"imagesearch", "backfill_images", "index_images", "manage_index", "search_api"}
OF_LAMBDA = {"snapshot_restore_py"}
"""Lambda's own, there without a layer: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html"""
EMBEDDED = PRODUCT / "imagesearch" / "adapters" / "sqlite"
"""The index of laptops: its libraries are not in the layer."""


@pytest.fixture(scope="session")
def runs() -> tuple[Target, Interpreter]:
    """What layers this machine can run."""
    try:
        return runnable()
    except NotImplementedError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def output(runs: tuple[Target, Interpreter], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `make layers` puts them; elsewhere, where they are for another Python than the functions'."""
    return OUTPUT if runs[0].python == PYTHON else tmp_path_factory.mktemp("layers")


@pytest.fixture(scope="session")
def runtime(output: Path, runs: tuple[Target, Interpreter]) -> Packed:
    return build_runtime(output, *runs)


@pytest.fixture(scope="session")
def shipped() -> list[tuple[Target, Packed]]:
    """What is made for both of Lambda's processors. One of them can be looked at, but not run."""
    targets = [Target("x86_64"), Target("arm64")]
    return [(target, build_runtime(OUTPUT, target, interpreter_for(target))) for target in targets]


@pytest.fixture(scope="session")
def laid(output: Path, runs: tuple[Target, Interpreter], runtime: Packed, model: Path) -> Iterator[LaidOut]:
    layers = [runtime, build_product(output, runs[1]), build_model(output, 1, model)]
    with laid_out(layers, runs[1]) as found:
        yield found


@dataclass(frozen=True)
class Deployed:
    """The functions of a library of its own, each call a cold start."""

    laid: LaidOut
    environment: dict[str, str]
    s3: S3Client

    def call(self, function: str, event: dict[str, Any]) -> Any:
        given = {"handler": f"{function}.handler", "events": [event]}
        done = self.laid.run("invoke", given, {**self.environment, "AWS_LAMBDA_FUNCTION_NAME": function})
        assert done["elsewhere"] == []
        return done["answers"][0]

    def put(self, key: str, body: bytes, **words: str) -> None:
        self.s3.put_object(Bucket=IMAGES, Key=key, Body=body, Metadata=words, ContentType="image/png")

    def refresh(self) -> None:
        """Let searches see what was written."""
        httpx.post(f"{self.environment['IMAGESEARCH_INDEX_URL']}/_refresh", timeout=60).raise_for_status()

    def search(self, sample: str, body: str) -> list[str]:
        """The keys that the API's sample event finds, with another body."""
        answer = self.call("search_api", {**event(sample), "body": body})
        assert answer["statusCode"] == 200, answer
        return [hit["key"] for hit in json.loads(answer["body"])["hits"]]


@pytest.fixture
def deployed(laid: LaidOut, opensearch: str, tmp_path: Path) -> Iterator[Deployed]:
    library = f"layers-{secrets.token_hex(4)}"
    with local_cloud(tmp_path / "bucket") as cloud, closing(cloud.s3()) as s3:
        environment = {
            **cloud.environment(),
            "AWS_REGION": "us-east-1",
            "IMAGESEARCH_IMAGE_BUCKET": IMAGES,
            "IMAGESEARCH_DERIVED_BUCKET": DERIVED,
            "IMAGESEARCH_INDEX_URL": f"{opensearch}/{library}-g1",
            "IMAGESEARCH_CURSOR_SECRET": "the tests' own secret",
        }
        yield Deployed(laid, environment, s3)
        httpx.delete(f"{opensearch}/{library}-*", timeout=60).raise_for_status()


def event(sample: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHECKOUT / "events" / f"{sample}.json").read_bytes())
    return found


def created(key: str) -> dict[str, Any]:
    """The queue's sample event, of another object."""
    message = event("s3_created")["Records"][0]
    body = json.loads(message["body"])
    body["Records"][0]["s3"]["bucket"]["name"] = IMAGES
    body["Records"][0]["s3"]["object"]["key"] = quote_plus(key)
    return {"Records": [{**message, "body": json.dumps(body)}]}


def test_an_index_is_made_pictures_are_indexed_and_found_by_words_and_by_picture(
    deployed: Deployed, photographs: Path
) -> None:
    """Given a picture whose event comes, and one that was there before; when both are indexed; then both are found."""
    coffee, cat = ((photographs / name).read_bytes() for name in ("coffee.png", "chelsea.png"))
    deployed.put("cup of coffee.png", coffee, caption="A cup of coffee.", tags="drinks")
    deployed.put("cat.png", cat, caption="A cat.")

    deployed.call("manage_index", {"action": "create", "generation": 1})
    indexed = deployed.call("index_images", created("cup of coffee.png"))
    backfilled = deployed.call("backfill_images", {"Items": [{"Key": "cat.png"}], "BatchInput": {"bucket": IMAGES}})
    deployed.refresh()

    assert indexed == {"batchItemFailures": []}
    assert backfilled == {"results": {"indexed": 1}}
    assert deployed.search("api_search", json.dumps({"text": "coffee"})) == ["cup of coffee.png"]
    assert deployed.search("api_search", json.dumps({"text": "cat"})) == ["cat.png"]
    by_picture = deployed.search("api_search_picture", base64.b64encode(coffee).decode())
    assert by_picture == ["cup of coffee.png", "cat.png"]


class TestTheRuntimeLayer:
    def test_has_everything_that_functions_and_product_import(self, laid: LaidOut) -> None:
        statements = sorted({statement for path in sources() for statement in third_party_imports(path)})
        assert {"import onnxruntime", "import boto3", "from PIL import Image"} <= set(statements)

        assert laid.run("imports", statements) == {}

    def test_has_every_module_of_functions_and_product_import_without_fail(self, laid: LaidOut) -> None:
        names = [module_name(path) for path in sources() if path.name != "__main__.py"]
        environment = {"IMAGESEARCH_IMAGE_BUCKET": "a", "IMAGESEARCH_DERIVED_BUCKET": "b"}

        assert laid.run("imports", [f"import {name}" for name in names], environment) == {}

    def test_describes_every_aws_service_that_functions_and_product_call(self, laid: LaidOut) -> None:
        services = {service for path in sources() for service in services_called(path)}
        assert {"s3", "sqs"} <= services

        assert set(laid.run("clients", sorted(services))) == services

    def test_holds_libraries_for_its_own_processor_and_python_alone(self, shipped: list[tuple[Target, Packed]]) -> None:
        for target, layer in shipped:
            found = dict(binaries_in(layer.folder))

            assert len(found) > 40
            assert set(found.values()) == {target.elf_machine}
            tags = {path.name.split(".cpython-")[1].split("-")[0] for path in found if ".cpython-" in path.name}
            assert tags == {target.python.replace(".", "")}

    def test_keeps_the_licence_of_each_distribution_and_lists_it(self, shipped: list[tuple[Target, Packed]]) -> None:
        for _, layer in shipped:
            notices = (layer.folder / NOTICES).read_text()
            for each in distributions(path=[str(layer.folder / "python")]):
                _, found, rest = notices.partition(f"## {each.name} {each.version}\n")
                assert found, f"{each.name} is not listed"
                texts = re.findall(r"`([^`]+)`", rest.partition("\n## ")[0].partition("Texts: ")[2])
                assert texts, f"{each.name} has no text"
                assert all((layer.folder / "python" / text).is_file() for text in texts), texts

    def test_has_the_licences_of_what_decodes_heic(self, shipped: list[tuple[Target, Packed]]) -> None:
        for _, layer in shipped:
            beside = {path.name for path in (layer.folder / "python" / "pi_heif.libs").glob("*.txt")}
            assert beside == {"LGPL-3.0.txt", "GPL-3.0.txt"}

    def test_has_bytecode_of_every_source_that_python_takes_without_a_look_at_it(
        self, runs: tuple[Target, Interpreter], runtime: Packed
    ) -> None:
        tag = runs[0].python.replace(".", "")
        for source in runtime.folder.rglob("*.py"):
            compiled = (source.parent / "__pycache__" / f"{source.stem}.cpython-{tag}.pyc").read_bytes()
            # PEP 552: bit 0 of the flags says that it is known by a hash, bit 1 that the hash is to be checked.
            assert struct.unpack_from("<I", compiled, 4) == (0b01,), source

    def test_is_the_same_to_the_byte_when_it_is_built_anew(
        self, runs: tuple[Target, Interpreter], runtime: Packed, tmp_path: Path
    ) -> None:
        again = build_runtime(tmp_path, *runs)

        assert (again.sha256, again.unzipped_bytes) == (runtime.sha256, runtime.unzipped_bytes)


class TestMakeLayers:
    def test_prints_how_much_of_what_lambda_allows_is_used(
        self, shipped: list[tuple[Target, Packed]], model: Path
    ) -> None:
        done = CliRunner().invoke(app, ["--arch", "both", "--model", f"1={model}"])

        assert done.exit_code == 0, done.output
        assert all(f"{layer.unzipped_bytes:,}" in done.output for _, layer in shipped)
        product = sum(path.stat().st_size for path in (OUTPUT / "imagesearch").rglob("*") if path.is_file())
        assert f"{product:,}" in done.output
        assert f"{LIMIT_BYTES:,} B" in done.output

    def test_fails_above_four_fifths_of_it(
        self, shipped: list[tuple[Target, Packed]], model: Path, tmp_path: Path
    ) -> None:
        """Given the runtime layer as it is; when one model of two is as large as all that may be left."""
        target, layer = shipped[0]
        for path in OUTPUT.glob(f"{layer.folder.name}*"):
            (tmp_path / path.name).symlink_to(path)
        huge = a_model(tmp_path / "huge", LIMIT_BYTES * 4 // 5 - layer.unzipped_bytes)
        options = ["--arch", target.architecture, "--output", str(tmp_path)]

        done = CliRunner().invoke(app, [*options, "--model", f"1={model}", "--model", f"2={huge}"])

        assert done.exit_code == 1
        assert "Too large" in done.output

    @pytest.mark.parametrize("given", ["layers/model", "0=layers/model", "one=layers/model", "1="])
    def test_takes_a_model_only_with_its_generation(self, given: str) -> None:
        done = CliRunner().invoke(app, ["--model", given])

        assert done.exit_code == 2
        assert "N=FOLDER" in done.output

    def test_says_what_to_do_where_there_is_no_model(self, tmp_path: Path) -> None:
        done = CliRunner().invoke(app, ["--output", str(tmp_path), "--model", f"1={tmp_path / 'none'}"])

        assert done.exit_code == 1
        assert "make model" in done.output


def a_model(folder: Path, size: int) -> Path:
    folder.mkdir()
    with (folder / "model.onnx").open("wb") as file:
        file.truncate(size)
    with (folder / "model.onnx").open("rb") as file:
        digest = sha256(file.read()).hexdigest()
    (folder / "model.json").write_text(json.dumps({"name": "huge", "sha256": digest}))
    return folder


def sources() -> list[Path]:
    found = [*PRODUCT.rglob("*.py"), *FUNCTIONS.rglob("*.py")]
    return [path for path in found if EMBEDDED not in path.parents]


def module_name(path: Path) -> str:
    root = PRODUCT if PRODUCT in path.parents else FUNCTIONS
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def third_party_imports(path: Path) -> Iterator[str]:
    """Import statements that run, wherever they stand: those of types alone are left out."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (f"import {each.name}" for each in node.names if is_third_party(each.name))
        elif isinstance(node, ast.ImportFrom) and node.module and is_third_party(node.module):
            yield from (f"from {node.module} import {each.name}" for each in node.names)


def is_third_party(name: str) -> bool:
    top = name.partition(".")[0]
    return top not in OURS | OF_LAMBDA | sys.stdlib_module_names


def services_called(path: Path) -> Iterator[str]:
    """`s3` of `session.client("s3")`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "client":
            yield from (str(each.value) for each in node.args[:1] if isinstance(each, ast.Constant))
