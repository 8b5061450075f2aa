"""Records as JSON and back. Descriptors stay out: each index keeps vectors in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from imagesearch.records import ImagePart, PictureFacts, Position, SidecarPart, Words

Json = dict[str, Any]


def words_to_json(words: Words) -> Json:
    """Only what the words say: absent means that they say nothing."""
    said = {"caption": words.caption, "tags": words.tags, "attributes": words.attributes}
    return {name: value for name, value in said.items() if value is not None}


def words_from_json(data: Mapping[str, Any]) -> Words:
    tags = data.get("tags")
    return Words(data.get("caption"), None if tags is None else tuple(tags), data.get("attributes"))


def facts_to_json(facts: PictureFacts) -> Json:
    return {
        "format": facts.format,
        "width": facts.width,
        "height": facts.height,
        "perceptual_hash": facts.perceptual_hash,
        "mirrored_hash": facts.mirrored_hash,
        "frames": facts.frames,
        "taken": _text(facts.taken),
        "camera": facts.camera,
        "position": [facts.position.latitude, facts.position.longitude] if facts.position else None,
        "words": words_to_json(facts.words),
    }


def facts_from_json(data: Mapping[str, Any]) -> PictureFacts:
    position = data["position"]
    return PictureFacts(
        **{
            **data,
            "taken": _time(data["taken"]),
            "position": Position(*position) if position else None,
            "words": words_from_json(data["words"]),
        }
    )


def image_part_to_json(part: ImagePart) -> Json:
    return {
        "sequencer": part.sequencer,
        "state": part.state,
        "reason": part.reason,
        "hidden": part.hidden,
        "uploaded": _text(part.uploaded),
        "etag": part.etag,
        "size": part.size,
        "content_type": part.content_type,
        "sha256": part.sha256,
        "facts": facts_to_json(part.facts) if part.facts else None,
        "words": words_to_json(part.words),
        "thumbnail": part.thumbnail,
        "space_id": part.space_id,
    }


def image_part_from_json(data: Mapping[str, Any]) -> ImagePart:
    """The part, without its descriptors."""
    facts = data["facts"]
    return ImagePart(
        **{
            **data,
            "uploaded": _time(data["uploaded"]),
            "facts": facts_from_json(facts) if facts else None,
            "words": words_from_json(data["words"]),
        }
    )


def sidecar_part_to_json(part: SidecarPart) -> Json:
    return {
        "sequencer": part.sequencer,
        "state": part.state,
        "words": words_to_json(part.words),
        "etag": part.etag,
        "reason": part.reason,
    }


def sidecar_part_from_json(data: Mapping[str, Any]) -> SidecarPart:
    return SidecarPart(**{**data, "words": words_from_json(data["words"])})


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
