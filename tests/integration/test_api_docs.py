"""Every example of docs/api.md is sent to the real functions, over the sample pictures, and answered as it says.

So are those of docs/cli.md that only read: both pages in one module, so that the samples are indexed once.
"""

from __future__ import annotations

import base64
import io
import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import console_examples
import httpx
import pytest
from api_examples import Directive, Example, Request, differences, examples, filled
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from imagesearch_local.cloud.resources import IMAGES
from imagesearch_local.gateway.gateway import Gateway
from imagesearch_local.gateway.serving import LoopbackServer, serving
from imagesearch_local.paths import CHECKOUT
from imagesearch_local.relay.lambda_context import LambdaContext
from model_export.fetch import cache_dir

if TYPE_CHECKING:
    from tests.integration.conftest import Library

SAMPLES = cache_dir() / "samples"
PAGE = CHECKOUT / "docs" / "api.md"
PARTS = list(examples(PAGE.read_text()))
EXAMPLES = [part for part in PARTS if isinstance(part, Example)]
COMMANDS = console_examples.readable((CHECKOUT / "docs" / "cli.md").read_text())

pytestmark = pytest.mark.skipif(
    not (SAMPLES / "pictures").is_dir(), reason="the sample pictures are not fetched: run `make samples`"
)


def sample_query(name: str) -> bytes:
    """A picture that is near a sample, but none of them."""
    return (SAMPLES / "queries" / name).read_bytes()


def a_photograph_of_paris() -> bytes:
    """A small landscape with the date, the camera and the position that its EXIF tells."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Model] = "Canon", "Canon EOS R5"
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = "2024:06:21 12:30:00"
    exif.get_ifd(IFD.Exif)[Base.OffsetTimeOriginal] = "+02:00"
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: (48, 51, 30),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (2, 17, 40),
        }
    )
    sky = Image.linear_gradient("L").resize((640, 400)).convert("RGB")
    written = io.BytesIO()
    sky.save(written, "JPEG", exif=exif)
    return written.getvalue()


def smaller(picture: bytes) -> bytes:
    """The same with three quarters of its sides, compressed harder."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as opened:
        opened.resize((opened.width * 3 // 4, opened.height * 3 // 4)).save(written, "JPEG", quality=40)
    return written.getvalue()


ADDED: dict[str, Callable[[], bytes]] = {
    "photos/paris.jpg": a_photograph_of_paris,
    "photos/frog.jpg": lambda: sample_query("frog.jpg"),
    "photos/frog-again.jpg": lambda: smaller(sample_query("frog.jpg")),
    "photos/broken.jpg": lambda: sample_query("frog.jpg")[:2_000],
    "photos/empty.jpg": bytes,
}
"""By key, what the page's directives put into the bucket while it is read."""
MOST_PAGES = 20
"""That an example may be repeated for, each time with the cursor of its last answer."""


class Reader:
    """Follows the page: sends its requests in their order, and keeps the answers."""

    def __init__(self, library: Library, settings: ExitStack) -> None:
        self.library = library
        self.settings = settings
        self.repeats = 0
        self.known = {"frog.jpg": base64.b64encode(sample_query("frog.jpg")).decode()}

    def follow(self, part: Directive | Example) -> list[str]:
        """What is not as the page says."""
        if isinstance(part, Directive):
            self._obey(part.text)
            return []
        found = self._found(part)
        while found and self.repeats:
            self.repeats -= 1
            found = self._found(part)
        self.repeats = 0
        return found

    def _obey(self, directive: str) -> None:
        match directive.split(" ", 1):
            case "add", key:
                self.library.put(key, ADDED[key](), content_type="image/jpeg")
                self.library.index()
            case "set", change:
                name, _, value = change.partition("=")
                self.settings.enter_context(self.library.restarted(**{name: value}))
            case "repeat", "with the next <more>":
                self.repeats = MOST_PAGES
            case _:
                raise ValueError(f"unknown directive: {directive}")

    def _found(self, example: Example) -> list[str]:
        response, told = self._send(example.request), example.answer
        if self.repeats and (more := response.json()["cursor"]):
            self.known["more"] = more
        found = [] if response.status_code == told.status else [f"status: {response.status_code} is not {told.status}"]
        for name, value in told.headers.items():
            found += differences(value, response.headers.get(name), self.known, name)
        return [*found, *differences(told.body, response.json(), self.known)]

    def _send(self, request: Request) -> httpx.Response:
        path, _, query = filled(request.target, self.known).partition("?")
        headers = {name: filled(value, self.known) for name, value in request.headers.items()}
        content = sample_query(request.body[1:]) if request.body.startswith("@") else filled(request.body, self.known)
        response = self.library.api.request(
            request.method, path, params=query or None, headers=headers, content=content or None
        )
        self.library.index()  # changes are found seconds later
        return response


@pytest.fixture(scope="module")
def library(bare_library: Library) -> Library:
    """All samples, with their sidecars as `imagesearch add` writes them."""
    pictures = SAMPLES / "pictures"
    for path in sorted(pictures.rglob("*.png")):
        key = path.relative_to(pictures).as_posix()
        bare_library.put(key, path)
        bare_library.put(f"{key}.json", path.with_suffix(".json"), content_type="application/json")
    bare_library.index()
    return bare_library


@pytest.fixture(scope="module")
def printed(library: Library, tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[str]]:
    """By line of docs/cli.md, what is not as it says. On a terminal of 100 columns, in a folder with `frog.jpg`."""
    from search_api.handler import handler  # reads the environment that the library has set

    folder = tmp_path_factory.mktemp("user")
    (folder / "frog.jpg").write_bytes(sample_query("frog.jpg"))
    status = {"ready": True, "s3": {"bucket": IMAGES}}
    gateway = Gateway(handler, partial(LambdaContext, "search_api", 29), folder, lambda: status, library.cloud.endpoint)
    with pytest.MonkeyPatch.context() as patch, serving(LoopbackServer(0), gateway) as server:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "100")
        patch.setenv("IMAGESEARCH_PORT", str(server.port))
        patch.setattr("tempfile.tempdir", str(folder))
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
            patch.delenv(name, raising=False)
        run = console_examples.run
        return {each.line: console_examples.differences(each.output, run(each.command)) for each in COMMANDS}


@pytest.mark.parametrize("example", COMMANDS, ids=lambda each: f"line {each.line}: {shlex.join(each.command)}")
def test_every_command_that_only_reads_prints_what_the_page_says(
    printed: dict[int, list[str]], example: console_examples.Example
) -> None:
    assert not printed[example.line], "\n".join(printed[example.line])


@pytest.fixture(scope="module")
def found(library: Library, printed: dict[int, list[str]]) -> Iterator[dict[int, list[str]]]:
    """By line of docs/api.md, what is not as it says. After the other page, which is about the samples alone."""
    with ExitStack() as settings:
        reader = Reader(library, settings)
        yield {part.line: reader.follow(part) for part in PARTS}


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda each: f"line {each.line}: {each.request.method} {each.request.target}"
)
def test_every_example_is_answered_as_the_page_says(found: dict[int, list[str]], example: Example) -> None:
    assert found[example.line] == []


def test_every_option_of_every_route_is_in_an_example() -> None:
    """Of bodies every member, however deep; of query strings every parameter."""
    sent = [each.request for each in EXAMPLES]
    document = json.loads((CHECKOUT / "docs" / "openapi.json").read_text())
    missing = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            here = [each for each in sent if each.method == method.upper() and _leads_to(each, path)]
            missing += [f"{method} {path}"] if not here else []
            asked = {name for each in here for name in parse_qs(each.target.partition("?")[2])}
            told = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
            missing += [f"{method} {path}?{name}" for name in told if name not in asked]
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                said = {name for each in here for name in _members(_body(each))}
                missing += [f"{method} {path} {name}" for name in _told(schema, document) if name not in said]

    assert missing == []


def _leads_to(request: Request, path: str) -> bool:
    return re.fullmatch(re.sub("{[^}]+}", "[^/]+", path), request.target.partition("?")[0]) is not None


def _body(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:  # a picture, or what is wrong on purpose
        return {}


def _members(body: Any, at: str = "") -> Iterator[str]:
    """`filters`, `filters.tags`, `filters.tags.all`, `like.weight`, ..."""
    if isinstance(body, list):
        for item in body:
            yield from _members(item, at)
    elif isinstance(body, dict):
        for name, value in body.items():
            yield f"{at}{name}"
            yield from _members(value, f"{at}{name}.")


def _told(schema: Any, document: Any, at: str = "") -> Iterator[str]:
    """The same of a schema: of what has names of the caller's choice, none."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for each in (*schema.get("anyOf", ()), schema.get("items", {})):
        yield from _told(each, document, at) if each else ()
    for name, value in schema.get("properties", {}).items():
        yield f"{at}{name}"
        yield from _told(value, document, f"{at}{name}.")
