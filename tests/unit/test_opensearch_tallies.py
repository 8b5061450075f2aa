"""How far what several shards tell answers for all. (That a real OpenSearch tells it so: tests/contract.)"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from imagesearch.adapters.opensearch.tallies import tally_of

Shard = dict[str, int]
"""By value, how many of its images have it."""
SHARDS = st.lists(st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(1, 9), max_size=12), max_size=4)


def best(counts: Shard) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def answer_of(shards: list[Shard], size: int, of_a_shard: int) -> dict[str, Any]:
    """As https://docs.opensearch.org/docs/latest/aggregations/bucket/terms/ has it.

    What a shard does not tell of is at most as frequent there as the last value that it does tell of.
    """
    told = [dict(best(shard)[:of_a_shard]) for shard in shards]
    # OpenSearch can't know that a shard which told of as many as it may has no more.
    held_back = [min(each.values()) if len(each) == of_a_shard else 0 for each in told]
    counts: Counter[str] = sum((Counter(each) for each in told), Counter())
    buckets = [
        {
            "key": value,
            "doc_count": count,
            "doc_count_error_upper_bound": sum(
                most for most, each in zip(held_back, told, strict=True) if value not in each
            ),
        }
        for value, count in best(counts)[:size]
    ]
    return {"buckets": buckets, "doc_count_error_upper_bound": sum(held_back) if len(shards) > 1 else 0}


@given(shards=SHARDS, size=st.integers(1, 12), more=st.integers(0, 12), wanted=st.integers(1, 12))
def test_what_is_sure_is_true(shards: list[Shard], size: int, more: int, wanted: int) -> None:
    """Given values spread over shards in any way; when the best are sure; then they are the best of all together."""
    tally = tally_of(answer_of(shards, size, size + more), size)
    if tally.is_sure_of(wanted):
        together: Counter[str] = sum((Counter(shard) for shard in shards), Counter())
        assert [*tally.counts.items()][:wanted] == best(together)[:wanted]


@given(shard=SHARDS.filter(bool).map(lambda shards: shards[0]), size=st.integers(1, 12))
@example(shard={"a": 1, "b": 1, "c": 1}, size=2)
def test_one_shard_alone_is_always_sure(shard: Shard, size: int) -> None:
    """... even where as frequent ones follow: of those the first by value are told."""
    assert tally_of(answer_of([shard], size, size), size).is_sure_of(size)


def test_rare_values_that_shards_keep_back_leave_frequent_ones_sure() -> None:
    """Given shards that tell of three values each and have more; then the two that all of them tell of are exact."""
    shards = [{"frog": 50, "toad": 40, f"rare {n}": 1, f"rarer {n}": 1} for n in range(3)]
    answer = answer_of(shards, 4, 3)
    assert answer["doc_count_error_upper_bound"] == 3
    tally = tally_of(answer, 4)
    assert [*tally.counts.items()][:2] == [("frog", 150), ("toad", 120)]
    assert (tally.is_sure_of(2), tally.is_sure_of(3)) == (True, False)


def test_a_value_that_one_shard_kept_back_is_not_sure() -> None:
    """Given one that is the most frequent of all, but not in each; then the best told of is not sure to be it."""
    shards = [{"a": 5, "z": 4}, {"b": 5, "z": 4}, {"z": 4}]
    tally = tally_of(answer_of(shards, 1, 1), 1)
    assert [*tally.counts] == ["a"]
    assert not tally.is_sure_of(1)
