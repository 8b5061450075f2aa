"""Records as the API's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from imagesearch import bootstrap
from imagesearch.derived import THUMBNAIL_TYPE
from imagesearch.formats import CONTENT_TYPES
from imagesearch.records import PictureFacts, Record
from imagesearch.searches import Explanation, Hit, LegExplanation, Page, RankedHit, SuggestedTag
from search_api.models.answers import ImageAnswer, PositionAnswer, SuggestedTagAnswer
from search_api.models.search_answers import (
    BoxAnswer,
    ExpandedFromAnswer,
    ExplanationAnswer,
    FacetValue,
    HitAnswer,
    LegAnswer,
    SearchAnswer,
    TermAnswer,
)


def search_answer(page: Page) -> SearchAnswer:
    return SearchAnswer(
        hits=[_hit_answer(hit) for hit in page.hits],
        total=page.counts.total,
        total_of=page.total_of,
        facets=facet_values(page.counts.facets),
        cursor=page.cursor,
    )


def facet_values(facets: Mapping[str, Mapping[str, int]]) -> dict[str, list[FacetValue]]:
    """By facet, as lists: JSON's objects have no order."""
    return {
        name: [FacetValue(value=value, count=count) for value, count in counts.items()]
        for name, counts in facets.items()
    }


def image_answer(record: Record, suggested_tags: Sequence[SuggestedTag] = ()) -> ImageAnswer:
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
        suggested_tags=[SuggestedTagAnswer(tag=each.tag, confidence=each.confidence) for each in suggested_tags],
        sidecar=sidecar.state if sidecar and has_sidecar else None,
        sidecar_reason=sidecar.reason if sidecar and has_sidecar else None,
        format=facts.format if facts else None,
        frames=facts.frames if facts else None,
        width=facts.width if facts else None,
        height=facts.height if facts else None,
        orientation=facts.orientation if facts else None,
        camera=facts.camera if facts else None,
        position=_position(facts),
        size=image.size,
        content_type=image.content_type,
        uploaded=image.uploaded,
        taken=facts.taken if facts else None,
        url=_image_url(record) if image.state != "pending" else None,
        thumbnail_url=_thumbnail_url(record),
    )


def _position(facts: PictureFacts | None) -> PositionAnswer | None:
    # One that was kept while the setting allowed it is not told any more.
    if facts is None or facts.position is None or not bootstrap.settings().keep_positions:
        return None
    return PositionAnswer(latitude=facts.position.latitude, longitude=facts.position.longitude)


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
        attributes=dict(record.words.attributes or {}),
        highlights=dict(hit.highlights),
        uploaded=image.uploaded if image else None,
        taken=facts.taken if facts else None,
        duplicates=list(ranking.duplicates) if ranking else [],
        expanded_from=_expanded_from(ranking),
        explanation=_explanation(hit.explanation) if hit.explanation else None,
    )


def _expanded_from(ranking: RankedHit | None) -> ExpandedFromAnswer | None:
    if ranking is None or ranking.exemplar is None or ranking.similarity is None:
        return None
    return ExpandedFromAnswer(id=ranking.exemplar, similarity=ranking.similarity)


def _explanation(explanation: Explanation) -> ExplanationAnswer:
    return ExplanationAnswer(fusion=explanation.fusion, legs=[_leg(leg) for leg in explanation.legs])


def _leg(leg: LegExplanation) -> LegAnswer:
    terms = [
        TermAnswer(term=term.term, word=term.word, fields=list(term.fields), share=term.share, counted=term.counted)
        for term in leg.terms
    ]
    box = BoxAnswer(**dict(zip(("left", "top", "right", "bottom"), leg.box, strict=True))) if leg.box else None
    return LegAnswer(
        leg=leg.leg,
        weight=leg.weight,
        score=leg.score,
        rank=leg.rank,
        counted=leg.counted,
        terms=terms,
        cosine=leg.cosine,
        l2=leg.l2,
        box=box,
    )


def _image_url(record: Record) -> str:
    # What the object says of itself may be a lie, such as `text/html`; what decoding found is not.
    facts = record.image.facts if record.image else None
    content_type = CONTENT_TYPES.get(facts.format) if facts else None
    return bootstrap.image_store().url(
        record.ref.key, _expiry(), content_type=content_type or "application/octet-stream"
    )


def _thumbnail_url(record: Record) -> str | None:
    thumbnail = record.image.thumbnail if record.image else None
    if not thumbnail:
        return None
    return bootstrap.derived_store().url(thumbnail, _expiry(), content_type=THUMBNAIL_TYPE)


def _expiry() -> timedelta:
    return timedelta(seconds=bootstrap.settings().url_seconds)
