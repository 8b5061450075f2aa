"""What a query asks for, as a plan to rank by. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from imagesearch.errors import InvalidRequest
from imagesearch.examples import combined
from imagesearch.manifest import Manifest
from imagesearch.ranking import Calibration, Plan
from imagesearch.retrieval import TEXT, Leg, TextLeg, VectorLeg
from imagesearch.searches import Query


def plan_of(query: Query, manifest: Manifest) -> Plan:
    """Words weigh 1 and all descriptors of the pictures together 1, unless the query says otherwise.

    Raises InvalidRequest for weights of unknown legs or such that leave nothing to rank by, and for examples that
    cancel each other out.
    """
    text = (query.text or "").strip()
    legs: list[Leg] = [TextLeg(text, TEXT)] if text else []
    calibrations: dict[str, Calibration] = {}
    for spec in manifest.descriptors if query.like or query.unlike else ():
        vector, calibrations[spec.name] = combined(query.like, query.unlike, spec.name, spec.unrelated_cosine)
        legs.append(VectorLeg(spec.name, vector))
    usual = {TEXT: 1.0, **{spec.name: 1 / len(manifest.descriptors) for spec in manifest.descriptors}}
    if unknown := sorted(set(query.weights) - set(usual)):
        raise InvalidRequest(f"There is no {unknown[0]!r} to weigh: give weights for any of {', '.join(usual)}.")
    if missing := sorted(set(query.weights) - {leg.name for leg in legs}):
        what = "a `text`" if missing[0] == TEXT else "a picture"
        raise InvalidRequest(f"`weights` has {missing[0]!r} and there is nothing to weigh by it: give {what} with it.")
    weights = {**usual, **query.weights}
    weighty = tuple(leg for leg in legs if weights[leg.name] > 0)
    if legs and not weighty:
        raise InvalidRequest("All weights are 0: give at least one of them some weight.")
    return Plan(weighty, {leg.name: weights[leg.name] for leg in weighty}, calibrations, query.fusion)


def without(plan: Plan, names: Sequence[str]) -> Plan:
    """The plan less some legs."""
    return replace(
        plan,
        legs=tuple(leg for leg in plan.legs if leg.name not in names),
        weights={name: weight for name, weight in plan.weights.items() if name not in names},
    )


def text_of(legs: Sequence[Leg]) -> str | None:
    """The words searched for."""
    return next((leg.text for leg in legs if isinstance(leg, TextLeg)), None)


def is_ranked(query: Query, plan: Plan) -> bool:
    """Whether hits are compared with each other. Words alone in the order of dates are not: they have no end."""
    return bool(plan.legs) and not (query.sort and all(isinstance(leg, TextLeg) for leg in plan.legs))


def refuse_contradictions(query: Query, plan: Plan) -> None:
    """Raises InvalidRequest for options that would be without effect: nobody should think that they had one."""
    if query.expand_visually and text_of(plan.legs) is None:
        raise InvalidRequest("`expand_visually` starts from hits by words: give a `text` with it.")
    if query.expand_visually and len(plan.legs) > 1:
        raise InvalidRequest("`expand_visually` is for words alone: beside a picture all that look like it are found.")
    of_ranking = {
        "`min_score`": query.min_score > 0,
        "`collapse_duplicates`": query.collapse_duplicates,
        "`diversity`": query.diversity > 0,
        "`expand_visually`": query.expand_visually,
        "`fusion`": query.fusion != "weighted",
    }
    given = [name for name, said in of_ranking.items() if said]
    if given and not is_ranked(query, plan):
        raise InvalidRequest(f"{given[0]} needs hits with scores: search by words or picture, sorted by relevance.")
    orders = [name for name in given if name in {"`diversity`", "`expand_visually`"}]
    if query.sort and orders:
        raise InvalidRequest(f"{orders[0]} makes an order of its own: leave out `sort`, or sort by relevance.")
