"""What the index missed is announced again: exactly the differences between bucket and index."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from imagesearch_local.reconcile import missed

etags = st.dictionaries(st.sampled_from(["a.png", "a.png.json", "b.png", "ü.png", "dir/"]), st.sampled_from("12"))


@given(etags, etags)
def test_what_is_announced_turns_what_is_known_into_what_is_there(
    present: dict[str, str], known: dict[str, str]
) -> None:
    after = dict(known)
    for event, key in missed(present, known):
        if event == "ObjectCreated:Put":
            after[key] = present[key]
        else:
            del after[key]
    assert after == present


@given(etags)
def test_nothing_is_announced_where_nothing_differs(present: dict[str, str]) -> None:
    assert missed(present, dict(present)) == []


@given(etags, etags)
def test_each_key_is_announced_at_most_once(present: dict[str, str], known: dict[str, str]) -> None:
    keys = [key for _, key in missed(present, known)]
    assert keys == sorted(set(keys))
