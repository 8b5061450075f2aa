"""A search, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from imagesearch.cursors import BrowseCursor, Cursors, RankedCursor
from imagesearch.explaining import explained
from imagesearch.meanwhile import meanwhile
from imagesearch.ports import ImageIndex
from imagesearch.ranking import SCORE_DIGITS, Plan, text_scores
from imagesearch.records import Record, TextField
from imagesearch.retrieval import TEXT, Counts, TextLeg, TextMatches
from imagesearch.searches import Explanation, Hit, Page, RankedHit


def turned(rest: RankedCursor, counts: Counts, limit: int, *, index: ImageIndex, cursors: Cursors) -> Page:
    """The next `limit` hits that are still there, and a cursor for what remains.

    Where the best of near-duplicates has gone, the next one stands in for it: in its place, with its scores.
    """
    waiting = list(rest.hits)
    shown: list[tuple[Record, RankedHit]] = []
    first = [hit.image_id for hit in waiting[:limit]]
    with meanwhile(_marked, rest.text, first, index=index) as marking:
        while waiting and len(shown) < limit:
            batch = waiting[: limit - len(shown)]
            del waiting[: len(batch)]
            records = index.read([image_id for hit in batch for image_id in (hit.image_id, *hit.duplicates)])
            for hit in batch:
                alike = (hit.image_id, *hit.duplicates)
                living = [image_id for image_id in alike if image_id in records and records[image_id].live]
                if living:
                    shown.append((records[living[0]], replace(hit, image_id=living[0], duplicates=tuple(living[1:]))))
        marked = marking()
    marked |= _marked(rest.text, [record.image_id for record, _ in shown if record.image_id not in first], index=index)
    return Page(
        hits=_hits(shown, marked, rest.plan, index=index),
        counts=counts,
        total_of=rest.total_of,
        cursor=cursors.write(replace(rest, hits=tuple(waiting))) if waiting else None,
    )


def browsed(start: BrowseCursor, counts: Counts, limit: int, *, index: ImageIndex, cursors: Cursors) -> Page:
    """The next `limit` images by date, and a cursor for the place that they reach."""
    # One more than asked for tells whether there is a page after this one.
    found = index.browse(start.filters, start.order, text=start.text, after=start.after, limit=limit + 1)
    places = found[:limit]
    records = index.read([image_id for _, image_id in places])
    there = [records[image_id] for _, image_id in places if image_id in records and records[image_id].live]
    plan = Plan((TextLeg(start.text, TEXT),), {TEXT: 1.0}, {}) if start.text else None
    scores = _scores_by_words(plan, there, index=index) if plan else {}
    shown = [
        (record, RankedHit(record.image_id, scores[record.image_id], {TEXT: scores[record.image_id]}))
        if record.image_id in scores
        else (record, None)
        for record in there
    ]
    marked = _marked(start.text, [record.image_id for record in there], index=index)
    return Page(
        hits=_hits(shown, marked, plan if start.explain else None, index=index),
        counts=counts,
        total_of="text" if start.text else "filters",
        cursor=cursors.write(replace(start, after=places[-1])) if len(found) > limit else None,
    )


def _scores_by_words(plan: Plan, records: Sequence[Record], *, index: ImageIndex) -> dict[str, float]:
    (matches,) = index.score(plan.legs, [record.image_id for record in records]) if records else [None]
    if not isinstance(matches, TextMatches):
        return {}
    return {image_id: round(score, SCORE_DIGITS) for image_id, score in text_scores(matches).items()}


def _marked(text: str | None, image_ids: Sequence[str], *, index: ImageIndex) -> dict[str, dict[TextField, str]]:
    """By image, its words with those of the text marked."""
    return index.highlights(text, image_ids) if text and image_ids else {}


def _hits(
    shown: Sequence[tuple[Record, RankedHit | None]],
    marked: Mapping[str, Mapping[TextField, str]],
    plan: Plan | None,
    *,
    index: ImageIndex,
) -> tuple[Hit, ...]:
    """What is shown, with what makes it understood: the words found, and where asked for the reasons."""
    rankings = [ranking for _, ranking in shown if ranking]
    why: dict[str, Explanation] = {}
    if plan and rankings:
        why = explained(plan, rankings, index.score(plan.legs, [hit.image_id for hit in rankings]))
    return tuple(
        Hit(record, ranking, marked.get(record.image_id, {}), why.get(record.image_id)) for record, ranking in shown
    )
