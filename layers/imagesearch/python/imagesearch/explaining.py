"""Why a hit has its score. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from imagesearch.ranking import SCORE_DIGITS, Plan, best_weight, counted, leg_scores, term_shares
from imagesearch.retrieval import Matches, TextMatches
from imagesearch.searches import Explanation, LegExplanation, RankedHit, TermExplanation

_DIGITS = 6


def explained(plan: Plan, hits: Sequence[RankedHit], matches: Sequence[Matches]) -> dict[str, Explanation]:
    """By image. `matches` are the exact ones of these hits on the legs of the plan."""
    by_leg = [_legs(plan, hits, leg) for leg in matches]
    return {hit.image_id: Explanation(plan.fusion, tuple(leg[hit.image_id] for leg in by_leg)) for hit in hits}


def _legs(plan: Plan, hits: Sequence[RankedHit], matches: Matches) -> dict[str, LegExplanation]:
    """One leg's part in each hit."""
    scores = leg_scores(matches, plan.calibrations)
    legs = {
        hit.image_id: _leg(plan, matches.name, scores.get(hit.image_id, 0.0), hit.ranks.get(matches.name))
        for hit in hits
    }
    if isinstance(matches, TextMatches):
        return _with_terms(legs, matches)
    for match in matches.matches:
        # The distance of two unit vectors; rounding may have left a cosine just above 1.
        l2 = math.sqrt(max(0.0, 2 - 2 * match.cosine))
        told = replace(legs[match.image_id], cosine=round(match.cosine, _DIGITS), l2=round(l2, _DIGITS), box=match.box)
        legs[match.image_id] = told
    return legs


def _leg(plan: Plan, name: str, score: float, rank: int | None) -> LegExplanation:
    added = round(counted(plan.fusion, plan.shares[name], score, rank), _DIGITS)
    return LegExplanation(name, plan.weights[name], round(score, SCORE_DIGITS), rank, added)


def _with_terms(legs: dict[str, LegExplanation], matches: TextMatches) -> dict[str, LegExplanation]:
    fields = {match.image_id: match.fields for match in matches.matches}
    shares = term_shares(matches)
    return {
        image_id: replace(
            leg,
            terms=tuple(
                TermExplanation(
                    term=term,
                    word=matches.words[term],
                    fields=tuple(sorted(fields.get(image_id, {}).get(term, ()))),
                    share=round(share, _DIGITS),
                    counted=round(share * best_weight(fields.get(image_id, {}).get(term, ())), _DIGITS),
                )
                for term, share in shares.items()
            ),
        )
        for image_id, leg in legs.items()
    }
