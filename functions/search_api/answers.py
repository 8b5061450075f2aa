"""Records as the API's answers."""

from __future__ import annotations

from datetime import timedelta

from imagesearch import bootstrap
from imagesearch.derived import THUMBNAIL_TYPE
from imagesearch.records import Record
from imagesearch.searching import Hit, Page
from search_api.models import FacetValue, HitAnswer, ImageAnswer, SearchAnswer


def search_answer(page: Page) -> SearchAnswer:
    facets = {
        name: [FacetValue(value=value, count=count) for value, count in counts.items()]
        for name, counts in page.counts.facets.items()
    }
    return SearchAnswer(
        hits=[_hit_answer(hit) for hit in page.hits],
        total=page.counts.total,
        total_of=page.total_of,
        facets=facets,
        cursor=page.cursor,
    )


def image_answer(record: Record) -> ImageAnswer:
    """Of a record with an image part that is neither removed nor hidden."""
    image, sidecar = record.image, record.sidecar
    if image is None or image.state == "removed":
        raise ValueError(f"nothing may be told of {record.image_id}")
    facts = image.facts
    has_sidecar = sidecar is not None and sidecar.state != "removed"
    return ImageAnswer(
        id=record.image_id,
        key=record.ref.key,
        state=image.state,
        reason=image.reason,
        caption=record.words.caption,
        tags=list(record.words.tags or ()),
        attributes=dict(record.words.attributes or {}),
        sidecar=sidecar.state if sidecar and has_sidecar else None,
        sidecar_reason=sidecar.reason if sidecar and has_sidecar else None,
        format=facts.format if facts else None,
        frames=facts.frames if facts else None,
        width=facts.width if facts else None,
        height=facts.height if facts else None,
        size=image.size,
        content_type=image.content_type,
        uploaded=image.uploaded,
        taken=facts.taken if facts else None,
        url=_image_url(record) if image.state != "pending" else None,
        thumbnail_url=_thumbnail_url(record),
    )


def _hit_answer(hit: Hit) -> HitAnswer:
    record, ranking = hit.record, hit.ranking
    image = record.image
    facts = image.facts if image else None
    return HitAnswer(
        id=record.image_id,
        key=record.ref.key,
        score=ranking.score if ranking else None,
        scores=dict(ranking.scores) if ranking else {},
        ranks=dict(ranking.ranks) if ranking else {},
        url=_image_url(record),
        thumbnail_url=_thumbnail_url(record),
        width=facts.width if facts else None,
        height=facts.height if facts else None,
        caption=record.words.caption,
        tags=list(record.words.tags or ()),
        highlights=dict(hit.highlights),
        uploaded=image.uploaded if image else None,
        taken=facts.taken if facts else None,
    )


def _image_url(record: Record) -> str:
    # What the object says of itself may be a lie, such as `text/html`; what decoding found is not.
    facts = record.image.facts if record.image else None
    content_type = f"image/{facts.format.lower()}" if facts else "application/octet-stream"
    return bootstrap.image_store().url(record.ref.key, _expiry(), content_type=content_type)


def _thumbnail_url(record: Record) -> str | None:
    thumbnail = record.image.thumbnail if record.image else None
    if not thumbnail:
        return None
    return bootstrap.derived_store().url(thumbnail, _expiry(), content_type=THUMBNAIL_TYPE)


def _expiry() -> timedelta:
    return timedelta(seconds=bootstrap.settings().url_seconds)
