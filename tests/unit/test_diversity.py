"""Variety: the same hits, the best first, then what is unlike those before."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imagesearch.diversity import diversified
from imagesearch.searches import RankedHit


def hits(**scores: float) -> list[RankedHit]:
    return [RankedHit(name, score, {"semantic": score}) for name, score in scores.items()]


def vectors(**angles: float) -> dict[str, Any]:
    """Unit vectors in the plane, by their angle in degrees."""
    return {
        name: np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))], np.float32)
        for name, angle in angles.items()
    }


def order(found: list[RankedHit]) -> list[str]:
    return [hit.image_id for hit in found]


LISTS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 360)), max_size=12)


@given(LISTS, st.floats(0, 1))
def test_no_hit_is_lost_doubled_or_changed_and_the_best_stays_first(
    some: list[tuple[float, float]], diversity: float
) -> None:
    ranked = sorted((RankedHit(str(n), score, {}) for n, (score, _) in enumerate(some)), key=lambda hit: -hit.score)
    angles = vectors(**{str(n): angle for n, (_, angle) in enumerate(some)})
    found = diversified(ranked, angles, diversity, unrelated=0.3)
    assert sorted(found, key=order_of) == sorted(ranked, key=order_of)
    if diversity < 1:
        assert order(found)[:1] == order(ranked)[:1]


def order_of(hit: RankedHit) -> str:
    return hit.image_id


def test_without_diversity_the_order_stays() -> None:
    ranked = hits(a=0.9, b=0.8, c=0.7)
    assert diversified(ranked, vectors(a=0, b=0, c=90), 0, unrelated=0) == ranked


def test_the_double_of_the_best_gives_way_to_something_else() -> None:
    ranked = hits(frog=0.9, same_frog=0.89, toad=0.8)
    found = diversified(ranked, vectors(frog=0, same_frog=1, toad=90), 0.5, unrelated=0)
    assert order(found) == ["frog", "toad", "same_frog"]


def test_a_little_diversity_moves_only_what_is_nearly_as_good() -> None:
    ranked = hits(frog=0.9, same_frog=0.89, car=0.1)
    assert order(diversified(ranked, vectors(frog=0, same_frog=1, car=90), 0.1, unrelated=0)) == order(ranked)


def test_a_hit_without_a_vector_repeats_nobody() -> None:
    ranked = hits(frog=0.9, same_frog=0.89, unknown=0.8)
    assert order(diversified(ranked, vectors(frog=0, same_frog=1), 0.5, unrelated=0)) == [
        "frog",
        "unknown",
        "same_frog",
    ]
