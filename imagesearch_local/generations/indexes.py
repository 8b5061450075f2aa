"""Where the indexes of generations are: files in the data folder, or a server of OpenSearch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import SplitResult, urlsplit

from imagesearch.errors import ModelMismatch
from imagesearch.settings import IndexSettings
from imagesearch_local.generations.ownership import claim, own_library

if TYPE_CHECKING:
    from imagesearch.adapters.opensearch.client import Connection
    from imagesearch.manifest import Manifest
    from imagesearch.ports import ImageIndex


class Indexes(Protocol):
    """One index for each generation. Every method may raise IndexUnavailable."""

    @property
    def kind(self) -> Literal["sqlite", "opensearch"]:
        """For people and scripts: a data folder may have generations of both, each with a current one."""

    @property
    def home(self) -> Path:
        """Folder that keeps which generations there are, and their models."""

    def name(self, number: int) -> str:
        """For people."""

    def url(self, number: int) -> str:
        """IMAGESEARCH_INDEX_URL of a generation's functions."""

    def create(self, number: int, manifest: Manifest) -> ImageIndex:
        """The index, made where it is missing. Raises ModelMismatch, IndexOutdated, GenerationError."""

    def switch(self, number: int) -> None:
        """What is to be done beside moving the search function."""

    def drop(self, number: int) -> None:
        """Delete it, if it is there."""


@dataclass(frozen=True, slots=True)
class SqliteIndexes:
    """A file each: `index.sqlite` for generation 1, `index-N.sqlite` for later ones."""

    data: Path

    @property
    def kind(self) -> Literal["sqlite", "opensearch"]:
        return "sqlite"

    @property
    def home(self) -> Path:
        return self.data / "generations" / self.kind

    def name(self, number: int) -> str:
        return "index.sqlite" if number == 1 else f"index-{number}.sqlite"

    def url(self, number: int) -> str:
        return f"sqlite:///{self.data / self.name(number)}"

    def create(self, number: int, manifest: Manifest) -> ImageIndex:
        from imagesearch.adapters.sqlite.index import SqliteIndex  # noqa: PLC0415 - only who uses it pays for it

        index = SqliteIndex(self.data / self.name(number))
        space = index.space_id()
        if space not in (None, manifest.space_id):
            raise ModelMismatch(f"The index holds descriptors of space {space}; the model makes {manifest.space_id}.")
        return index

    def switch(self, number: int) -> None:
        """Nothing stands on one of the files."""

    def drop(self, number: int) -> None:
        for suffix in ("", "-wal", "-shm"):
            (self.data / f"{self.name(number)}{suffix}").unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class OpenSearchIndexes:
    """An index with an alias each, see imagesearch.adapters.opensearch.administration."""

    data: Path
    server: str
    """`http[s]://[user:password@]host[:port]`."""
    library: str

    @property
    def kind(self) -> Literal["sqlite", "opensearch"]:
        return "opensearch"

    @property
    def home(self) -> Path:
        return self.data / "generations" / self.kind

    def name(self, number: int) -> str:
        from imagesearch.adapters.opensearch.administration import alias_name  # noqa: PLC0415 - as above

        return alias_name(number, library=self.library)

    def url(self, number: int) -> str:
        return f"{self.server}/{self.name(number)}"

    def create(self, number: int, manifest: Manifest) -> ImageIndex:
        from imagesearch.adapters.opensearch import administration  # noqa: PLC0415 - as above
        from imagesearch.adapters.opensearch.index import OpenSearchIndex  # noqa: PLC0415

        connection = self._connection(number)
        claim(self.data, connection, self.library)
        administration.create(
            connection, number, manifest.space_id, manifest.descriptors, IndexSettings(), library=self.library
        )
        return OpenSearchIndex(connection)

    def switch(self, number: int) -> None:
        from imagesearch.adapters.opensearch import administration  # noqa: PLC0415 - as above

        administration.switch(self._connection(number), number, library=self.library)

    def drop(self, number: int) -> None:
        from imagesearch.adapters.opensearch import administration  # noqa: PLC0415 - as above
        from imagesearch.errors import IndexMissing  # noqa: PLC0415

        try:
            administration.drop(self._connection(number), number, library=self.library)
        except IndexMissing:  # an earlier attempt got so far
            return

    def _connection(self, number: int) -> Connection:
        from imagesearch.adapters.opensearch.client import connect  # noqa: PLC0415 - as above

        return connect(self.url(number))


def indexes_at(data: Path, server: str | None) -> Indexes:
    """Of a data folder: in itself, or on the server, whose URL may end with the library's name.

    Raises ValueError where the URL is none; GenerationError, OSError.
    """
    if server is None:
        return SqliteIndexes(data)
    address, library = server_and_library(server)
    return OpenSearchIndexes(data, address, library or own_library(data))


def server_and_library(url: str) -> tuple[str, str]:
    """The parts of `http[s]://[user:password@]host[:port][/LIBRARY]`; the library may be empty.

    Raises ValueError, which does not name the URL: there may be a password in it.
    """
    parts = urlsplit(url)
    library = parts.path.strip("/")
    if parts.scheme not in ("http", "https") or not parts.hostname or not _has_port(parts) or "/" in library:
        raise ValueError("The address of OpenSearch must be http[s]://[user:password@]host[:port][/LIBRARY].")
    return f"{parts.scheme}://{parts.netloc}", library


def _has_port(parts: SplitResult) -> bool:
    """One that is none is not named in an error: it may be a piece of a password."""
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False
