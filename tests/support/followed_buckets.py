"""A bucket, the events that its changes make, and the index that follows them."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fakes import SIZING, ColourDescriber, MemoryStore
from hypothesis import strategies as st
from PIL import Image

from imagesearch.backfilling import backfill
from imagesearch.images import read_picture
from imagesearch.indexing import Indexer
from imagesearch.ports import ImageIndex
from imagesearch.records import Change, Record, Words, image_id, padded_sequencer
from imagesearch.retrieval import DateOrder, Filters, TextLeg

BUCKET = "images"
MAX_BYTES = 100_000
COMPUTING = ThreadPoolExecutor(2)


@dataclass
class Library:
    """A bucket, the events that its changes make, and the index that follows them."""

    index: ImageIndex
    images: MemoryStore = field(default_factory=MemoryStore)
    derived: MemoryStore = field(default_factory=MemoryStore)
    describer: ColourDescriber = field(default_factory=ColourDescriber)
    events: list[Change] = field(default_factory=list)
    clock: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    space_id: str = "colour"

    @property
    def indexer(self) -> Indexer:
        return Indexer(
            index=self.index,
            images=self.images,
            derived=self.derived,
            space_id=self.space_id,
            recipe="test",
            describer=lambda: self.describer,
            read_picture=partial(read_picture, sizing=SIZING, max_pixels=10_000, thumbnail_size=64),
            max_image_bytes=MAX_BYTES,
            max_sidecar_bytes=1_000,
            workers=2,
            computing=COMPUTING,
        )

    def put(self, key: str, body: bytes, **metadata: str) -> Change:
        self.images.put(key, body, content_type="image/png", metadata=metadata)
        return self._event(key, "ObjectCreated:Put")

    def remove(self, key: str) -> Change:
        self.images.delete(key)
        return self._event(key, "ObjectRemoved:Delete")

    def say(self, key: str, **words: Any) -> Change:
        return self.put(f"{key}.json", json.dumps(words).encode())

    def apply(self, *changes: Change) -> list[str]:
        return [outcome.result for outcome in self.indexer.apply(changes)]

    def backfill(self, *keys: str, etags: Mapping[str, str] | None = None) -> list[str]:
        """By default everything that is in the bucket."""
        found = backfill(keys or list(self.images.objects), indexer=self.indexer, bucket=BUCKET, etags=etags)
        return [outcome.result for outcome in found]

    def record(self, key: str) -> Record:
        name = image_id(BUCKET, key)
        return self.index.read([name])[name]

    def found(self, text: str) -> set[str]:
        (matches,) = self.index.retrieve([TextLeg(text)], Filters(), 100)
        keys = {name: record.ref.key for name, record in self.index.read([m.image_id for m in matches.matches]).items()}
        return set(keys.values())

    def shown(self) -> set[str]:
        browsed = self.index.browse(Filters(), DateOrder(), limit=100)
        return {record.ref.key for record in self.index.read([name for _, name in browsed]).values()}

    def while_describing(self, do: Callable[[], Any]) -> None:
        """Let something happen the next time that a picture is described, before it is."""
        describe = self.describer.describe

        def interrupted(pixels: Any) -> Any:
            self.describer.describe = describe  # type: ignore[method-assign]
            do()
            return describe(pixels)

        self.describer.describe = interrupted  # type: ignore[method-assign]

    def derived_is_exactly_what_is_shown(self) -> bool:
        """Thumbnail and descriptors of every image that is shown, and nothing else."""
        images = [record.image for record in self.index.listing() if record.image and record.live]
        needed = {key for image in images for key in (f"{self.space_id}/{image.sha256}", image.thumbnail)}
        assert set(self.derived.objects) == needed
        return True

    def _event(self, key: str, name: str) -> Change:
        change = Change(BUCKET, key, padded_sequencer(f"{next(self.clock):06x}"), name)
        self.events.append(change)
        return change


NewLibrary = Callable[[], Library]


def a_picture(colour: str = "green", size: tuple[int, int] = (8, 6), kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


KEYS = ("a.png", "b.png")
STEPS = st.tuples(
    st.sampled_from(("put", "put", "say", "say nothing", "remove")),
    st.sampled_from(KEYS),
    st.sampled_from(("red", "green", "rubbish")),
)


def do(step: tuple[str, str, str], library: Library) -> Change:
    action, key, what = step
    match action:
        case "put":
            return library.put(key, b"rubbish" if what == "rubbish" else a_picture(what), caption=f"own {what}")
        case "say":
            return library.say(key, caption=f"said {what}", tags=[what])
        case "say nothing":
            return library.remove(f"{key}.json")
        case _:
            return library.remove(key)


def state_of(library: Library) -> Any:
    """All that can be seen, stamps and thumbnails' names aside: those tell when, not what."""
    records = {}
    for key in KEYS:
        record = library.index.read([image_id(BUCKET, key)]).get(image_id(BUCKET, key))
        image = record.image if record else None
        records[key] = (
            image and (image.sequencer, image.state, image.reason, image.facts, image.sha256 if image.live else None),
            record and record.sidecar,
            record.words if record and record.live else Words(),
            bool(image and image.thumbnail in library.derived.objects),
        )
    derived = len(library.derived.objects)
    return records, library.shown(), library.found("own said red green"), derived
