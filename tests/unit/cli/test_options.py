"""Options: what people type made into parts of a query, and groups of options that several commands share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
import typer
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from imagesearch_local.commands import parsing
from imagesearch_local.commands.gathering import gathered

SHARES = st.floats(0, 1)


@given(st.tuples(SHARES, SHARES, SHARES, SHARES))
def test_a_crop_is_a_rectangle_within_the_picture_or_refused(sides: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = sides
    text = ",".join(map(repr, sides))
    if left < right and top < bottom:
        assert parsing.crop(text) == {"left": left, "top": top, "right": right, "bottom": bottom}
    else:
        with pytest.raises(typer.BadParameter):
            parsing.crop(text)


# Not the first and the last year, where a zone's moment may have no year in UTC.
@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - zones follow
@example(datetime(1984, 8, 26, tzinfo=ZoneInfo("Israel")))
def test_a_time_with_a_zone_stays_the_same_moment(time: datetime) -> None:
    """Both in UTC: of a time that its zone skips or has twice, == says that it equals none of another zone."""
    assert datetime.fromisoformat(parsing.moment(time.isoformat())).astimezone(UTC) == time.astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "start"),
    [("2024", "2024-01-01T00:00:00"), ("2024-06", "2024-06-01T00:00:00"), ("2024-06-30", "2024-06-30T00:00:00")],
)
def test_a_date_without_a_zone_begins_where_the_user_is(text: str, start: str) -> None:
    assert parsing.moment(text) == datetime.fromisoformat(start).astimezone().isoformat()


@given(st.text(min_size=1), st.floats(0, 1000))
def test_only_a_number_at_the_end_is_a_weight(name: str, weight: float) -> None:
    assert parsing.example(f"{name}={weight!r}") == parsing.Weighted(name, weight)
    assert parsing.example(f"{name}=x") == parsing.Weighted(f"{name}=x")


PARSERS: list[Callable[[str], Any]] = [
    parsing.crop, parsing.place, parsing.moment, parsing.leg_weight, parsing.example, parsing.attribute,
]  # fmt: skip


@pytest.mark.parametrize("parser", PARSERS)
@given(text=st.text())
def test_whatever_is_typed_is_understood_or_refused(parser: Callable[[str], Any], text: str) -> None:
    with suppress(typer.BadParameter):
        parser(text)


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        *((parsing.leg_weight, f"text={number}") for number in ("nan", "inf", "-Infinity", "1e999")),
        (parsing.example, "frog.png=1e999"),
        (parsing.place, "47,8,1e999"),
        (lambda text: parsing.attribute_values([parsing.attribute(text)]), "legs=1..1e999"),
    ],
)
def test_a_number_that_json_has_not_is_refused(parser: Callable[[str], Any], text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parser(text)


@dataclass(frozen=True)
class Size:
    """Options of this test."""

    width: Annotated[int, typer.Option(min=1)] = 7
    tall: Annotated[bool, typer.Option("--tall")] = False


def test_a_command_gets_its_options_as_groups() -> None:
    seen: list[Any] = []
    app = typer.Typer()

    @app.command()
    @gathered
    def measure(name: Annotated[str, typer.Argument()], *, size: Size, loud: bool = False) -> None:
        seen.append((name, size, loud))

    runner = CliRunner()
    assert runner.invoke(app, ["x", "--width", "3", "--tall", "--loud"]).exit_code == 0
    assert runner.invoke(app, ["y"]).exit_code == 0
    assert runner.invoke(app, ["y", "--width", "0"]).exit_code == 2
    assert seen == [("x", Size(3, tall=True), True), ("y", Size(), False)]
    assert list(inspect.signature(measure).parameters) == ["name", "width", "tall", "loud"]


def test_an_option_without_a_default_is_a_mistake_that_shows_at_once() -> None:
    @dataclass
    class Needed:
        needed: int

    def command(*, group: Needed) -> None:
        raise AssertionError(group)

    command.__annotations__["group"] = Needed
    with pytest.raises(TypeError, match="needed has no default"):
        gathered(command)
