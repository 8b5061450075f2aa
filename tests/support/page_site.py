"""`imagesearch up` with a library for the tests of the page, and pictures that come and go."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import patiently
from local_stack import Up, up
from page_pictures import lay_out
from patience import until
from PIL import Image, ImageDraw

from imagesearch_local.client import Client, connect, suppress_not_found


@dataclass(frozen=True, slots=True)
class Fresh:
    """A picture of which there is no other, that a test may do anything with."""

    id: str
    word: str
    """Of its caption, and of no other."""
    caption: str
    tags: tuple[str, ...]
    path: Path
    """The file that was uploaded."""


FreshPicture = Callable[..., Fresh]
"""`fresh_picture(tags=("one",))` adds a picture for as long as the test runs."""


@dataclass(frozen=True, slots=True)
class Site:
    """A running page and its library."""

    url: str
    client: Client
    up: Up
    chance: random.Random = field(default_factory=random.Random)

    def add(self, folder: Path, *, tags: tuple[str, ...] = ("fresh",)) -> Fresh:
        """Upload a picture as the page does, and wait until it is found."""
        fresh = self.draw(folder, tags=tags)
        with fresh.path.open("rb") as file:
            words = {"caption": fresh.caption, "tags": [*tags]}
            form = self.client.prepare_upload({"filename": fresh.path.name, "content_type": "image/png", **words})
            patiently.post(form["url"], data=form["fields"], files={"file": file}, trust_env=False).raise_for_status()
        added = Fresh(str(form["id"]), fresh.word, fresh.caption, tags, fresh.path)
        until(lambda: self.client.image(added.id)["state"] == "indexed", "the picture was not indexed")
        return added

    def draw(self, folder: Path, *, tags: tuple[str, ...] = ()) -> Fresh:
        """A picture that is nowhere but in this folder yet: it has no id."""
        word = "".join(self.chance.choices(string.ascii_lowercase, k=10))
        image = Image.new("RGB", (480, 320), self._colour())
        pen = ImageDraw.Draw(image)
        for _ in range(12):
            x, y, size = self.chance.randrange(480), self.chance.randrange(320), self.chance.randrange(30, 150)
            pen.ellipse((x - size, y - size, x + size, y + size), fill=self._colour())
        path = folder / f"{word}.png"
        image.save(path)
        return Fresh("", word, f"Bubbles called {word}.", tags, path)

    def remove(self, image_id: str) -> None:
        """Unless somebody did."""
        with suppress_not_found():
            self.client.remove(image_id)

    def _colour(self) -> tuple[int, int, int]:
        return self.chance.randrange(256), self.chance.randrange(256), self.chance.randrange(256)


@contextmanager
def empty_site(folder: Path, *options: str) -> Iterator[Site]:
    """`options` are those of `imagesearch up`."""
    with up(folder / "data", *options) as server, connect(server.status["api"]) as client:
        yield Site(str(server.status["page"]).rstrip("/"), client, server)


@contextmanager
def filled_site(folder: Path) -> Iterator[Site]:
    """With the pictures of `page_pictures`. Raises SamplesMissing."""
    lay_out(folder / "pictures")
    with empty_site(folder) as site:
        added = site.up.run("add", folder / "pictures")
        assert added.returncode == 0, added.stderr
        yield site
