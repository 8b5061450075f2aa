"""The use cases of people who change things: edit the words, remove an image, prepare an upload.

They write objects. The index follows through the events, and is told at once only what must not wait.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unicodedata import category, normalize

from imagesearch.errors import EditConflict, ImageNotFound, IndexUnavailable, InvalidRequest, ObjectTooLarge
from imagesearch.ports import ImageIndex, ObjectStore
from imagesearch.records import ImagePart, ImageRef, Record, UploadForm, Words, Write, Written, padded_sequencer
from imagesearch.words import cleaned, cleaned_words, edited_sidecar

NO_SIDECAR = '"none"'
"""The entity tag of words that nobody has edited yet."""
SIDECAR_TYPE = "application/json"
MAX_UPLOAD_WORDS_BYTES = 1000
"""Of caption and tags as UTF-8. S3 takes 2 KB of metadata, and words beyond ASCII grow by two thirds in it."""
_HIDE_ATTEMPTS = 3


def read_image(image_id: str, *, index: ImageIndex) -> Record:
    """An image that is there, whatever its state. Raises ImageNotFound."""
    record = index.read([image_id]).get(image_id)
    if record is None or record.existing_image is None:
        raise ImageNotFound(f"There is no image with the id {image_id}.")
    return record


def words_etag(record: Record) -> str:
    """The entity tag of an image's words: that of the sidecar they come from."""
    return record.sidecar.etag if record.sidecar and record.sidecar.etag else NO_SIDECAR


def edit_words(
    image_id: str, changes: Words, if_match: str, *, index: ImageIndex, images: ObjectStore, max_bytes: int
) -> str:
    """Write the sidecar, if nobody did since the caller read it. Returns the words' new entity tag.

    `if_match` is the entity tag that the caller read (or several, separated by commas), or `*` for whatever there is.
    Raises ImageNotFound, EditConflict, InvalidRequest.
    """
    ref = read_image(image_id, index=index).ref
    if not ref.can_have_sidecar:
        raise InvalidRequest("This image's key is too long for a sidecar beside it: its words can't be edited.")
    try:
        found = images.get(ref.sidecar_key, max_bytes=max_bytes)
        etag, before = (found.etag, found.body) if found else ("", None)
    except ObjectTooLarge as error:  # as good as damaged: it is replaced
        etag, before = error.etag, None
    current = etag or NO_SIDECAR
    if not {"*", current} & {tag.strip() for tag in if_match.split(",")}:
        raise EditConflict(f"The words are at {current} now, not {if_match}: read the image again.", current=current)
    body = edited_sidecar(before, cleaned_words(changes))
    if len(body) > max_bytes:
        raise InvalidRequest(f"The words take {len(body):,} bytes as a sidecar; {max_bytes:,} are allowed.")
    return images.put(ref.sidecar_key, body, content_type=SIDECAR_TYPE, if_match=etag)


def remove_image(image_id: str, *, index: ImageIndex, images: ObjectStore, derived: ObjectStore) -> None:
    """Delete the object, its sidecar and its thumbnail, and hide it at once. Raises ImageNotFound."""
    record = read_image(image_id, index=index)
    images.delete(record.ref.key, *([record.ref.sidecar_key] if record.ref.can_have_sidecar else []))
    if record.image and record.image.thumbnail:
        derived.delete(record.image.thumbnail)
    _hide(record, index=index)


def _hide(seen: Record, *, index: ImageIndex) -> None:
    """Take an image out of all answers, unless a newer event has written it since it was seen: that one is right."""
    for _ in range(_HIDE_ATTEMPTS):
        record = index.read([seen.image_id], descriptors=True).get(seen.image_id)
        if not (record and record.image and seen.image and record.image.sequencer == seen.image.sequencer):
            return
        hidden = replace(record.image, hidden=True)
        write = Write(record.ref, hidden, if_version=record.version)
        if _written(write, index=index, visible=True).outcome == "written":
            return


def _written(write: Write, *, index: ImageIndex, visible: bool = False) -> Written:
    """What became of a write that somebody waits for. Raises IndexUnavailable where the index refused it."""
    (written,) = index.write([write], visible=visible)
    if written.outcome == "failed":
        # The reason begins with a code of its own.
        raise IndexUnavailable((written.reason or "").partition(": ")[2])
    return written


@dataclass(frozen=True, slots=True)
class Upload:
    """A place for a picture that is about to be uploaded."""

    image_id: str
    form: UploadForm


def prepare_upload(
    filename: str,
    content_type: str,
    words: Words,
    *,
    bucket: str,
    now: datetime,
    expires: timedelta,
    max_bytes: int,
    index: ImageIndex,
    images: ObjectStore,
) -> Upload:
    """A presigned form under a key of our making, and a pending record to ask after. Raises InvalidRequest."""
    metadata = _metadata(cleaned_words(words))
    ref = ImageRef(bucket, f"uploads/{now:%Y/%m/%d}/{secrets.token_hex(8)}-{_safe_name(filename)}")
    form = images.upload_form(
        ref.key,
        content_type=content_type,
        max_bytes=max_bytes,
        metadata=metadata,
        expires=expires,
    )
    pending = ImagePart(padded_sequencer(""), "pending", uploaded=now, content_type=content_type)
    _written(Write(ref, pending, if_version=""), index=index)
    return Upload(ref.image_id, form)


def _safe_name(filename: str) -> str:
    """The last part of a file's name in lower case: letters of any script, marks on them, digits, and `._-`."""
    name = normalize("NFC", cleaned(filename, 200)).replace("\\", "/").rpartition("/")[2].lower()
    kept = "".join(sign if sign in "._-" or category(sign)[0] in "LMN" else " " for sign in name)
    safe = "-".join(kept.split()).strip("-.")
    # A sidecar's suffix would make a sidecar of the picture.
    return re.sub(r"(\.json)+$", "", safe)[-80:] or "picture"


def _metadata(words: Words) -> Mapping[str, str]:
    """Words as they travel with an upload. Raises InvalidRequest where they can't."""
    tags = words.tags or ()
    if any("," in tag for tag in tags):
        raise InvalidRequest(
            "Tags of an upload have no commas: these separate them. Edit the image's words afterwards."
        )
    said = {name: value for name, value in (("caption", words.caption), ("tags", ",".join(tags))) if value}
    size = sum(len(value.encode()) for value in said.values())
    if size > MAX_UPLOAD_WORDS_BYTES:
        raise InvalidRequest(
            f"Caption and tags take {size:,} bytes; {MAX_UPLOAD_WORDS_BYTES:,} travel with an upload. Edit the image's"
            " words afterwards."
        )
    return said
