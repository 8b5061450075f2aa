"""What can be added, wherever it comes from, and what becomes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from imagesearch.adapters.s3_metadata import decoded
from imagesearch.codec import words_to_json
from imagesearch.errors import InvalidSidecar
from imagesearch.formats import CONTENT_TYPE_OF_SUFFIX
from imagesearch.words import metadata_words, sidecar_words

WORKERS = 8
_PIECE_BYTES = 1024 * 1024
_WORDS = ("caption", "tags", "attributes")


class NothingToAdd(ValueError):
    """What was named can't be added as it stands; the message says why."""


@dataclass(frozen=True, slots=True)
class Content:
    """A picture's bytes."""

    file: BinaryIO
    """At its start; can be read again from there."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """S3 user metadata, as S3 has it."""

    def digest(self, algorithm: Literal["md5", "sha256"]) -> str:
        """Hexadecimal. The file is at its start again afterwards."""
        digest = hashlib.new(algorithm, usedforsecurity=False)
        while piece := self.file.read(_PIECE_BYTES):
            digest.update(piece)
        self.file.seek(0)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A picture to add. Nothing of it is read before it is its turn."""

    name: str
    """For people: a path, an address, a row of a table."""
    key: str
    """What it is to be called in a bucket."""
    origin: str
    """Equal for what is the same picture."""
    content: Callable[[], AbstractContextManager[Content]] | None
    """Raises OSError, or botocore's errors. None: the library has the picture, only the words are new."""
    words: Callable[[], bytes | None]
    """Its words as a sidecar. Raises ValueError."""
    etag: str | None = None
    """Where it is known without reading all of it."""
    image_id: str | None = None
    """Where the library knew the picture by it when the words were exported."""

    def opened(self) -> AbstractContextManager[Content]:
        """Raises as `content` does, and ValueError where there is none."""
        if self.content is None:
            raise ValueError("there is no such picture")
        return self.content()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one source."""

    source: Source
    did: Literal["uploaded", "words", "unchanged", "failed"]
    """`words`: the picture was there already, its words were sent."""
    error: str = ""
    image_id: str | None = None
    """Where the library chose it, of a picture that was uploaded."""
    copy_of: str = ""
    """Name of a source in the same run that is the same picture, where the library makes the keys."""


def reason(error: Exception) -> str:
    """In a few words: of the system's errors without number and path, which the source's name says."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def is_picture(name: str) -> bool:
    """By its suffix."""
    return content_type_of(name) is not None


def content_type_of(name: str) -> str | None:
    return CONTENT_TYPE_OF_SUFFIX.get(Path(name).suffix.lower())


@contextmanager
def file_content(path: Path) -> Iterator[Content]:
    with path.open("rb") as file:
        yield Content(file)


def by_key(sources: Iterable[Source]) -> list[Source]:
    """In the order of their keys; of the same picture named twice the last mention counts.

    Raises NothingToAdd where two pictures would get one key.
    """
    found: dict[str, Source] = {}
    for source in sources:
        other = found.get(source.key)
        if other and other.origin != source.origin:
            raise NothingToAdd(
                f"{other.name} and {source.name} would both be {source.key}: add them with two prefixes, or two keys"
            )
        found[source.key] = source
    return [found[key] for key in sorted(found)]


def by_origin(sources: Iterable[Source]) -> list[Source]:
    """In the order of their keys, for a library that makes its own; of one picture the last mention counts."""
    found = {source.origin: source for source in sources}
    return sorted(found.values(), key=lambda source: (source.key, source.origin))


def words_of_source(source: Source, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The words as the API takes them: the sidecar's, else those in S3's metadata. Raises ValueError."""
    sidecar = source.words()
    if sidecar is None:
        said = metadata_words({name: decoded(value) for name, value in (metadata or {}).items()})
        sidecar = sidecar_of(words_to_json(said))
    words: dict[str, Any] = json.loads(sidecar)
    return words


def sidecar_of(words: Mapping[str, Any]) -> bytes:
    """Words as a sidecar, in one form for equal words, so that an equal sidecar has an equal ETag.

    Raises ValueError where they are not of the form {caption, tags, attributes}.
    """
    said = {name: words[name] for name in _WORDS if words.get(name) is not None}
    sidecar = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
    try:
        sidecar_words(sidecar)
    except InvalidSidecar as error:
        raise ValueError(str(error)) from error
    return sidecar
