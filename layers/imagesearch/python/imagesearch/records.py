"""The product's words as typed, immutable records. Pure data: nothing here does any input or output."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

SIDECAR_SUFFIX = ".json"
SEMANTIC = "semantic"
MAX_KEY_BYTES = 1024
"""Of S3."""
_SEQUENCER_WIDTH = 64

AttributeValue = str | float | bool
Box = tuple[float, float, float, float]
"""Left, top, right and bottom as shares (0 to 1) of an upright picture."""
ImageState = Literal["pending", "indexed", "rejected", "removed"]
SidecarState = Literal["present", "rejected", "removed"]
TextField = Literal["caption", "tags", "attributes", "name"]
Orientation = Literal["landscape", "portrait", "square"]
SQUARE_TOLERANCE = 0.05
"""Share of the longer side."""


@lru_cache(maxsize=4096)  # one answer asks for the ids of its hits time and again
def image_id(bucket: str, key: str) -> str:
    """The stable, URL-safe name of an image: 26 characters of a 128-bit BLAKE2b digest of bucket and key."""
    digest = hashlib.blake2b(f"{bucket}\0{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return base64.b32encode(digest).decode().rstrip("=").lower()


def padded_sequencer(sequencer: str) -> str:
    """A sequencer in the form that compares as a plain string.

    S3's sequencers are hexadecimal and of uneven length; the shorter one is padded with zeros on the right
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
    """
    return sequencer.lower().ljust(_SEQUENCER_WIDTH, "0")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """Where an image is: an object of the image bucket."""

    bucket: str
    key: str

    @property
    def image_id(self) -> str:
        return image_id(self.bucket, self.key)

    @property
    def sidecar_key(self) -> str:
        return self.key + SIDECAR_SUFFIX

    @property
    def can_have_sidecar(self) -> bool:
        """Whether S3 has room for the sidecar's key."""
        return len(self.sidecar_key.encode()) <= MAX_KEY_BYTES


@dataclass(frozen=True, slots=True)
class Change:
    """A hint that one object changed. What it is now must be read from the bucket."""

    bucket: str
    key: str
    sequencer: str
    """As `padded_sequencer` gives it."""
    event: str = ""
    """The event's name, for the log only."""

    @property
    def is_sidecar(self) -> bool:
        return self.key.endswith(SIDECAR_SUFFIX)

    @property
    def image(self) -> ImageRef:
        """The image that this change is about, whether the object is the image or its sidecar."""
        key = self.key.removesuffix(SIDECAR_SUFFIX) if self.is_sidecar else self.key
        return ImageRef(self.bucket, key)


@dataclass(frozen=True, slots=True)
class Words:
    """What people say of an image. `None` means that this source says nothing; empty means that it says 'nothing'."""

    caption: str | None = None
    tags: tuple[str, ...] | None = None
    attributes: Mapping[str, AttributeValue] | None = None

    def over(self, other: Words) -> Words:
        """These words where they say something, the other's elsewhere, field by field."""
        return Words(
            caption=other.caption if self.caption is None else self.caption,
            tags=other.tags if self.tags is None else self.tags,
            attributes=other.attributes if self.attributes is None else self.attributes,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Descriptor:
    """The vectors of one descriptor name of one image."""

    vectors: Vectors
    """R x D float32, each row of length 1."""
    boxes: Vectors | None = None
    """R x 4 float32 (left, top, right, bottom) as shares of width and height, or None for the whole picture."""


Descriptors = Mapping[str, Descriptor]


@dataclass(frozen=True, slots=True)
class Sizing:
    """How a picture is brought to the size that the model takes."""

    size: int
    """Pixels: both sides (`squeeze`) or the longest side (`longest`)."""
    fit: Literal["squeeze", "longest"]
    resampling: Literal["bilinear", "bicubic", "lanczos"]


@dataclass(frozen=True, slots=True)
class Position:
    """A place on Earth (WGS 84), in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What decoding tells of a picture."""

    format: str
    """Pillow's name of the format: JPEG, PNG, WEBP, ..."""
    width: int
    height: int
    """Pixels, upright: after the EXIF orientation."""
    perceptual_hash: str
    """64 bits as 16 hexadecimal digits."""
    mirrored_hash: str = ""
    """The same of the picture's mirror image."""
    frames: int = 1
    """Frames or pages in the file; the first one is the one described."""
    taken: datetime | None = None
    """Capture time, with a time zone: the picture's own where it has one, else UTC is assumed."""
    camera: str | None = None
    """Make and model, as the camera names itself."""
    position: Position | None = None
    """Where it was taken; None unless a setting allows positions to be kept."""
    words: Words = Words()
    """Words embedded in the file."""

    @property
    def orientation(self) -> Orientation:
        """Which way it lies; sides that differ by a twentieth at most make a square."""
        if abs(self.width - self.height) <= max(self.width, self.height) * SQUARE_TOLERANCE:
            return "square"
        return "landscape" if self.width > self.height else "portrait"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Untrusted bytes made into something safe to handle."""

    facts: PictureFacts
    pixels: Pixels
    """H x W x 3 uint8, RGB (sRGB), upright, over white, sized for the model."""
    thumbnail: bytes
    """WebP."""


@dataclass(frozen=True, slots=True, eq=False)
class QueryPicture:
    """A picture to search by."""

    pixels: Pixels
    """Of the picture or of the part asked for, as a `Picture`'s."""
    width: int
    height: int
    """Of the whole picture, in pixels, upright."""


@dataclass(frozen=True, slots=True, eq=False)
class ImagePart:
    """What the index holds of the image object itself, stamped with the event that wrote it."""

    sequencer: str
    state: ImageState
    reason: str | None = None
    """Why a rejected image was rejected, as `code: sentence`."""
    hidden: bool = False
    """Deleted by a person; the removal's event has yet to arrive."""
    uploaded: datetime | None = None
    etag: str | None = None
    size: int | None = None
    """Bytes."""
    content_type: str | None = None
    sha256: str | None = None
    facts: PictureFacts | None = None
    words: Words = Words()
    """From the object's metadata, over those embedded in the file."""
    thumbnail: str | None = None
    """Key in the derived bucket."""
    space_id: str | None = None
    descriptors: Descriptors = field(default_factory=dict)

    @property
    def live(self) -> bool:
        return self.state == "indexed" and not self.hidden


@dataclass(frozen=True, slots=True)
class SidecarPart:
    """What the index holds of the sidecar, stamped with the event that wrote it."""

    sequencer: str
    state: SidecarState
    words: Words = Words()
    etag: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """All that the index holds of one image."""

    ref: ImageRef
    image: ImagePart | None = None
    sidecar: SidecarPart | None = None
    version: str = ""
    """Opaque; changes with every write. For compare and set."""

    @property
    def image_id(self) -> str:
        return self.ref.image_id

    @property
    def live(self) -> bool:
        """Whether it may be shown."""
        return self.image is not None and self.image.live

    @property
    def existing_image(self) -> ImagePart | None:
        """The image part, whatever its state, unless the image is removed or a person has just deleted it."""
        if self.image is None or self.image.hidden or self.image.state == "removed":
            return None
        return self.image

    @property
    def words(self) -> Words:
        """The words in force: the sidecar's over the image's own."""
        own = self.image.words if self.image else Words()
        return self.sidecar.words.over(own) if self.sidecar else own


@dataclass(frozen=True, slots=True)
class Write:
    """One part of one record, to be written if the index agrees that it is newer."""

    ref: ImageRef
    part: ImagePart | SidecarPart
    if_version: str | None = None
    """None: the part's sequencer must be newer than the stored one. Else: the record must still have this version
    ('' for 'there is no record yet')."""


WriteOutcome = Literal["written", "stale", "conflict", "failed"]
"""`failed`: the index refused it, for now; nothing is known of the record."""


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What became of a write."""

    outcome: WriteOutcome
    other: Record | None
    """Without descriptors. Of a part that was written: the record as it was before; else the record as it is."""
    reason: str | None = None
    """Why it failed."""


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """What an index says of itself."""

    space_id: str | None
    """Of the descriptors it holds; None while it is new."""
    states: Mapping[str, int]
    """Records by state of their image part; those that a person has just deleted are `hidden`."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it is now."""

    key: str
    body: bytes
    etag: str
    """Quoted, as HTTP has it."""
    size: int
    content_type: str
    last_modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ObjectSummary:
    """An object as a bucket listing shows it."""

    key: str
    etag: str
    size: int
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A presigned POST: where to send the file and the form fields to send before it."""

    url: str
    fields: Mapping[str, str]
    key: str
    max_bytes: int
    expires: datetime
