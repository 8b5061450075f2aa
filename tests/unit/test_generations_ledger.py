"""Which generations there are: what may become of them, and that a file tells it again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch_local.generations import ledger as ledgers
from imagesearch_local.generations.errors import GenerationError
from imagesearch_local.generations.ledger import Generation, Ledger


def generation(number: int) -> Generation:
    return Generation(number, f"space{number}", f"build{number}", "2026-01-01T00:00:00+00:00")


ONE = Ledger((generation(1),), current=1)
TWO = ONE.added(generation(2))


def test_a_generation_is_added_beside_the_current_one() -> None:
    assert (TWO.current, TWO.before, TWO.next_number) == (1, None, 3)


def test_there_is_no_third_one() -> None:
    with pytest.raises(GenerationError, match=r"Generation 2 .* drop it first"):
        TWO.added(generation(3))


def test_rolling_back_goes_to_the_one_before_and_again_forth() -> None:
    switched = TWO.switched(2)
    assert (switched.current, switched.before) == (2, 1)
    assert switched.rolled_back() == TWO.switched(2).switched(1)
    assert switched.rolled_back().rolled_back() == switched


def test_switching_to_the_current_one_does_not_forget_the_one_before() -> None:
    assert TWO.switched(2).switched(2) == TWO.switched(2)


def test_what_is_dropped_can_not_be_gone_back_to() -> None:
    left = TWO.switched(2).dropping(1)
    with pytest.raises(GenerationError, match="go back"):
        left.rolled_back()
    with pytest.raises(GenerationError, match="being dropped"):
        left.switched(1)
    assert left.dropped(1) == Ledger((generation(2),), current=2)


def test_the_current_one_is_not_dropped() -> None:
    with pytest.raises(GenerationError, match="switch to another"):
        TWO.dropping(1)


def test_one_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(GenerationError, match="no generation 7: there are 1, 2"):
        TWO.switched(7)


STEPS = st.lists(st.tuples(st.sampled_from(["add", "switch", "roll back", "drop"]), st.integers(1, 4)), max_size=12)


@given(STEPS)
def test_whatever_is_tried_the_current_one_serves_and_a_file_tells_all_of_it(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any" / "generations.json"
    ledger = ONE
    for step, number in steps:
        try:
            match step:
                case "add":
                    ledger = ledger.added(generation(ledger.next_number))
                case "switch":
                    ledger = ledger.switched(number)
                case "roll back":
                    ledger = ledger.rolled_back()
                case "drop":
                    ledger = ledger.dropping(number).dropped(number)
        except GenerationError:
            continue
        assert ledger[ledger.current].state == "serving"
        assert ledger.before != ledger.current
        assert len(ledger.generations) <= 2
    ledgers.save(path, ledger)
    assert ledgers.load(path) == ledger


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": 1, "generations": [], "current": 1, "before": null}', '{"schema": 2}', "\x00"],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "generations.json").write_text(text)
    with pytest.raises(GenerationError, match=r"generations\.json"):
        ledgers.load(ledgers.path(tmp_path))


def test_no_file_is_no_ledger(tmp_path: Path) -> None:
    assert ledgers.load(ledgers.path(tmp_path)) is None
