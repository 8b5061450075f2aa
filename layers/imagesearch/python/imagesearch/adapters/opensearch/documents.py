"""Records as documents, and back.

A document's `_id` is the image's id. It holds both parts in full, as JSON texts that only we read; beside them what is
filtered, counted and searched. What may only be the first write of a record is sent as a document (`first_writes.py`);
the script `write.painless` makes the same one of any other first write, and only it changes documents, one part at a
time. `said` is described in `said.py`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from imagesearch import codec
from imagesearch.adapters.columns import image_columns, name_words, word_count
from imagesearch.adapters.opensearch.client import Json, dumped
from imagesearch.adapters.opensearch.first_writes import first_document
from imagesearch.adapters.opensearch.mapping import SCHEMA_VERSION
from imagesearch.adapters.opensearch.said import said_by
from imagesearch.adapters.opensearch.shape import Shape
from imagesearch.adapters.times import microseconds
from imagesearch.records import Descriptor, Descriptors, ImagePart, ImageRef, Record, Write
from imagesearch.spelling import storable

if TYPE_CHECKING:
    from imagesearch.records import Box, Vectors

SCRIPT_ID = f"imagesearch-write-{SCHEMA_VERSION}"
PARTS = ("bucket", "key", "version", "image", "sidecar")
"""The fields that a record is made of."""
DESCRIPTORS = ("descriptor", "regions")
ANSWERED = ("version", "image", "sidecar", "before", "write")
"""The fields that tell what became of a write."""
_CONFLICT_RETRIES = 8
"""How often OpenSearch itself repeats an update of a document that another one changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Action:
    """A write as two lines of a bulk request."""

    write: Write
    token: str
    """Names this write. The document that bears it was written by it, however often it was sent."""
    lines: bytes


def creates(write: Write) -> bool:
    """Whether it may only be the first write of its record; else it is an update."""
    return write.if_version == ""


def action_of(write: Write, shape: Shape) -> Action:
    """The action that writes one part."""
    token, image_id = secrets.token_hex(8), write.ref.image_id
    parameters = _parameters(write, shape, token)
    header: Json
    if creates(write):
        header, body = {"create": {"_id": image_id}}, first_document(parameters)
    else:
        if write.if_version is not None:
            parameters["if_version"] = write.if_version
        header = {"update": {"_id": image_id, "retry_on_conflict": _CONFLICT_RETRIES}}
        body = {"scripted_upsert": True, "script": {"id": SCRIPT_ID, "params": parameters}, "upsert": {}}
    return Action(write, token, b"%b\n%b\n" % (dumped(header), dumped(body)))


def record_of(ref: ImageRef, source: Mapping[str, Any], *, descriptors: bool = False) -> Record | None:
    """The record of the fields PARTS (and DESCRIPTORS) of a document; None where they hold none."""
    if source.get("version") is None:
        return None
    image = codec.image_part_from_json(json.loads(source["image"])) if "image" in source else None
    if image and descriptors:
        image = replace(image, descriptors=_descriptors(source))
    sidecar = codec.sidecar_part_from_json(json.loads(source["sidecar"])) if "sidecar" in source else None
    return Record(ref, image, sidecar, str(source["version"]))


def record_of_hit(hit: Mapping[str, Any], *, descriptors: bool = False) -> Record:
    """The record of a document that was found with its fields PARTS (and DESCRIPTORS), of its source or stored."""
    source = hit["_source"] if "_source" in hit else {field: values[0] for field, values in hit["fields"].items()}
    # Every document has a version.
    return cast("Record", record_of(ImageRef(source["bucket"], source["key"]), source, descriptors=descriptors))


def box_of(kept: str) -> Box:
    """A region's box, as it is kept: in one text, since of several numbers a column forgets the order."""
    left, top, right, bottom = np.array(kept.split(), np.float32).tolist()
    return left, top, right, bottom


def sendable(numbers: Vectors) -> Vectors:
    """In the form that is written as JSON without a list of Python's."""
    return np.ascontiguousarray(numbers, np.float32)


def _parameters(write: Write, shape: Shape, token: str) -> Json:
    """What is written of a part: the fields to set and to take away, and the words."""
    part, name = write.part, storable(name_words(write.ref))
    side, columns, body = (
        ("image", _image_fields(part, shape), codec.image_part_to_json(part))
        if isinstance(part, ImagePart)
        else ("sidecar", {}, codec.sidecar_part_to_json(part))
    )
    fields = {
        "id": write.ref.image_id,
        "bucket": storable(write.ref.bucket),
        "key": storable(write.ref.key),
        side: json.dumps(body),  # in ASCII: also what is no text travels unchanged
        f"{side}_state": part.state,
        f"{side}_sequencer": part.sequencer,
        f"{side}_written": microseconds(datetime.now(UTC)),
        **columns,
    }
    return {
        "write": token,
        "side": side,
        "sequencer": part.sequencer,
        "set": {field: value for field, value in fields.items() if value is not None},
        "unset": [field for field, value in fields.items() if value is None],
        "said": said_by(part.words),
        "name": {"text": name, "words": word_count(name)},
    }


def _image_fields(part: ImagePart, shape: Shape) -> Json:
    columns = image_columns(part)
    position = part.facts.position if part.facts else None
    taken = columns["taken"]
    single = {name: sendable(each.vectors[0]) for name, each in part.descriptors.items() if name not in shape.several}
    several = {name: _regions(each) for name, each in part.descriptors.items() if name in shape.several}
    return {
        **columns,
        "dated": columns["uploaded"] if taken is None else taken,
        "position": {"lat": position.latitude, "lon": position.longitude} if position else None,
        "descriptor": single or None,
        "regions": several or None,
    }


def _regions(descriptor: Descriptor) -> list[Json]:
    boxes = (
        [{}] * len(descriptor.vectors)
        if descriptor.boxes is None
        else [{"box": " ".join(map(str, sendable(box)))} for box in descriptor.boxes]
    )
    return [{"vector": sendable(vector), **box} for vector, box in zip(descriptor.vectors, boxes, strict=True)]


def _descriptors(source: Mapping[str, Any]) -> Descriptors:
    single = {name: Descriptor(np.array([vector], np.float32)) for name, vector in source.get("descriptor", {}).items()}
    several = {
        name: Descriptor(
            np.array([region["vector"] for region in regions], np.float32),
            np.array([box_of(region["box"]) for region in regions], np.float32) if "box" in regions[0] else None,
        )
        for name, regions in source.get("regions", {}).items()
    }
    return dict(sorted({**single, **several}.items()))
