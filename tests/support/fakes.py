"""Stand-ins where the real thing would make thousands of examples slow. tests/contract holds each to the real one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from imagesearch.errors import EditConflict, ObjectTooLarge, StoreUnavailable
from imagesearch.manifest import DescriptorSpec, Manifest
from imagesearch.records import Descriptor, Descriptors, ObjectSummary, Sizing, StoredObject, UploadForm

CLOCK = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class MemoryStore:
    """A bucket in memory. `refuse` makes it fail, as a store out of reach does."""

    objects: dict[str, StoredObject] = field(default_factory=dict)
    refuse: set[str] = field(default_factory=set)
    """Names of methods that raise StoreUnavailable."""
    calls: list[tuple[str, str]] = field(default_factory=list)
    """Method and key of every call."""

    def get(self, key: str, *, max_bytes: int) -> StoredObject | None:
        self._call("get", key)
        found = self.objects.get(key)
        if found and found.size > max_bytes:
            detail = f"The object has {found.size:,} bytes; {max_bytes:,} are allowed"
            raise ObjectTooLarge(detail, etag=found.etag, size=found.size)
        return found

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
    ) -> str:
        self._call("put", key)
        current = self.objects[key].etag if key in self.objects else ""
        if if_match is not None and if_match != current:
            raise EditConflict
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        self.objects[key] = StoredObject(key, body, etag, len(body), content_type, CLOCK, dict(metadata or {}))
        return etag

    def delete(self, *keys: str) -> None:
        for key in keys:
            self._call("delete", key)
            self.objects.pop(key, None)

    def listing(self, prefix: str = "", *, after: str = "") -> Iterator[ObjectSummary]:
        self._call("listing", prefix)
        for key, item in sorted(self.objects.items()):
            if key.startswith(prefix) and key > after:
                yield ObjectSummary(key, item.etag, item.size, item.last_modified)

    def url(self, key: str, expires: timedelta, *, content_type: str) -> str:
        self._call("url", key)
        return f"memory:{key}?expires={expires.total_seconds():.0f}&type={content_type}"

    def upload_form(
        self, key: str, *, content_type: str, max_bytes: int, metadata: Mapping[str, str], expires: timedelta
    ) -> UploadForm:
        self._call("upload_form", key)
        fields = {"key": key, "Content-Type": content_type, **{f"x-amz-meta-{k}": v for k, v in metadata.items()}}
        return UploadForm("memory:", fields, key, max_bytes, CLOCK + expires)

    def touch(self, key: str, **changes: Any) -> None:
        """Change what is stored beside the body: metadata, type, time."""
        self.objects[key] = replace(self.objects[key], **changes)

    def _call(self, method: str, key: str) -> None:
        self.calls.append((method, key))
        if method in self.refuse:
            raise StoreUnavailable


SIZING = Sizing(32, "squeeze", "bilinear")


@dataclass
class ColourDescriber:
    """Describes a picture by its mean colour: quick, and alike for pictures that look alike."""

    described: int = 0
    """How many pictures it has described."""

    @property
    def manifest(self) -> Manifest:
        return Manifest(
            name="colour",
            space_id="colour",
            build_id="colour-1",
            sizing=SIZING,
            descriptors=(DescriptorSpec("semantic", 3, 0.5),),
            precision="fp32",
            sha256="",
            details={},
        )

    def describe(self, pixels: Sequence[Any]) -> list[Descriptors]:
        self.described += len(pixels)
        means = [np.asarray(each, np.float32).mean(axis=(0, 1)) + 1 for each in pixels]
        return [
            {"semantic": Descriptor((mean / np.linalg.norm(mean)).astype(np.float32)[np.newaxis])} for mean in means
        ]
