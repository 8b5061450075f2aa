"""What the use cases need of the world, as protocols. The adapters honour them; contract tests hold them to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from imagesearch.records import (
    Descriptors,
    IndexStatus,
    ObjectSummary,
    Picture,
    Record,
    StoredObject,
    TextField,
    UploadForm,
    Write,
    Written,
)
from imagesearch.retrieval import Capability, Counts, DateOrder, Filters, Leg, Matches, Suggestion

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest
    from imagesearch.records import Box, Pixels


MAX_TERMS = 64
"""Distinct terms of a query that an index looks for, the first ones: more would make too large a query."""


class ImageIndex(Protocol):
    """Records, and the ways to find them. Every method may raise `IndexUnavailable` or `IndexMissing`."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this index can do beyond what every index can."""

    def write(self, writes: Sequence[Write], *, visible: bool = False, deadline: float | None = None) -> list[Written]:
        """Write parts, each only if it is newer (or the record unchanged: see `Write`). Answers stand in their order.

        Searches see what was written soon; with `visible`, before this returns. What the index refuses for the moment
        is tried again until the `deadline` (as `time.monotonic` counts). What it refuses in the end has `failed`, be
        it all of it, with its own reason: callers must look. Where this raises instead, nothing is written: also
        ModelMismatch, where descriptors are of another space than the index's.
        """

    def read(self, image_ids: Sequence[str], *, descriptors: bool = False) -> dict[str, Record]:
        """The records that exist, live or not; their descriptors only where asked for."""

    def retrieve(self, legs: Sequence[Leg], filters: Filters, depth: int) -> list[Matches]:
        """For each leg its best `depth` live images within the filters, best first.

        A descriptor's leg by cosine, of the nearest vector, ties by id; an index may approximate where there are more
        images than it is asked for. The text leg by `ranking.text_score`, ties by fewer words, ties by id.
        A descriptor's leg `among` images that match some words has no others, here and in `score`.
        """

    def score(self, legs: Sequence[Leg], image_ids: Sequence[str]) -> list[Matches]:
        """For each leg the exact match of each of these live images, in no order; those without one are left out."""

    def count(self, filters: Filters, text: str | None, facets: Sequence[str], facet_size: int) -> Counts:
        """How many live images match filters and text, with facets over the same images.

        Facets: `tags` (in lower case), `format`, `orientation`, `camera`, `year` (of capture, in UTC), and
        `attributes.<name>` (as `retrieval.shown_value` says).
        Each has its `facet_size` most frequent values, ties by value; filtering by a value finds as many as it counts.
        """

    def browse(
        self,
        filters: Filters,
        order: DateOrder,
        *,
        text: str | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> list[tuple[datetime, str]]:
        """Live images that match filters and, where given, any of the text's terms, in this order, past `after`."""

    def suggest(self, typed: str, limit: int, *, fuzzy: bool = False) -> list[Suggestion]:
        """How what is typed might go on: most images first, ties by text. Case and accents do not matter.

        Tags of which the whole, or a word, begins with what is typed; and the words typed with the last one completed
        (as it stands in captions and tags, not stemmed), counting images that have all of them. What is a tag is not
        suggested as words, too. `fuzzy` (a capability) forgives slips of the fingers.
        """

    def rejected(self, *, after: str | None, limit: int) -> list[Record]:
        """Images that could not be indexed, by key, past the key `after`."""

    def highlights(self, text: str, image_ids: Sequence[str]) -> dict[str, dict[TextField, str]]:
        """By image and field, caption and tags as escaped HTML with the query's terms in <em>; matching fields only."""

    def live_contents(self, sha256s: Collection[str]) -> set[str]:
        """Those of these contents that any live image has, as it stands after all that was written before."""

    def listing(self) -> Iterator[Record]:
        """Every record, live or not, without descriptors, in no order. What is written meanwhile may be left out."""

    def space_id(self) -> str | None:
        """Whose descriptors the index holds; None while it holds none and was made for no space."""

    def sweep(self, before: datetime) -> int:
        """Forget records of nothing but tombstones written before then, and pending ones as old. Returns how many."""

    def status(self) -> IndexStatus:
        """Counts by state, and whose descriptors it holds."""


class ObjectStore(Protocol):
    """One bucket. Every method may raise `StoreUnavailable`."""

    def get(self, key: str, *, max_bytes: int) -> StoredObject | None:
        """The object as it is now; None where there is none.

        Raises ObjectTooLarge, without downloading it, where it is larger.
        """

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        """Store an object and return its ETag.

        With `if_match` (an ETag, or '' for 'there is none yet') raises EditConflict where that does not hold.
        """

    def delete(self, *keys: str) -> None:
        """Delete objects; those that do not exist are no error."""

    def listing(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectSummary]:
        """All objects under a prefix, in key order, past the key `after`."""

    def url(self, key: str, expires: timedelta, *, content_type: str) -> str:
        """A link that reads the object for at least `expires`; the same one for a while, so that browsers cache.

        It answers with `content_type`, whatever the object says of itself: whoever put it there may not be trusted.
        """

    def upload_form(
        self, key: str, *, content_type: str, max_bytes: int, metadata: Mapping[str, str], expires: timedelta
    ) -> UploadForm:
        """A presigned POST for exactly this key and content type, up to `max_bytes`."""


class PictureReader(Protocol):
    """Untrusted bytes to a picture."""

    def __call__(self, data: bytes) -> Picture:
        """Raises PictureError."""


class QueryReader(Protocol):
    """The pictures of one request, one after the other, to pixels for the model: H x W x 3 uint8 RGB."""

    def __call__(self, data: bytes, crop: Box | None = None, *, stored: bool = False) -> Pixels:
        """Of the whole picture or a part; `stored` where the library holds it, so that its limits are the library's.

        Raises PictureError; InvalidRequest for a part that is none or too small; DecoderUnavailable.
        """


class Describer(Protocol):
    """Pixels to descriptors. May be called from several threads at once."""

    @property
    def manifest(self) -> Manifest: ...

    def describe(self, pixels: Sequence[Pixels]) -> list[Descriptors]:
        """For each H x W x 3 uint8 RGB array (sized by the manifest's rule; shapes may differ) its descriptors."""
