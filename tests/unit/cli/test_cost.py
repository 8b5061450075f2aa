"""`imagesearch cost`: an estimate for people and for scripts."""

from __future__ import annotations

import re

import pytest
from command_line import Run

ASKED = ("cost", "--images", "100000", "--searches-per-day", "1000")


def test_it_says_the_total_and_what_most_of_it_is_for(run: Run) -> None:
    answer = run(*ASKED, "--json").json
    share = answer["by_service"]["OpenSearch"] / answer["monthly_usd"]

    ran = run(*ASKED)

    assert ran.code == 0
    assert f"${answer['monthly_usd']:.2f} a month, {share:.0%} of it for OpenSearch." in ran.out
    assert "1 x t3.small.search" in ran.out
    assert "which go out of date" in ran.out


def test_scripts_get_each_line_with_what_it_is_made_of(run: Run) -> None:
    answer = run(*ASKED, "--json").json

    assert answer["monthly_usd"] == pytest.approx(sum(line["usd"] for line in answer["lines"]), abs=0.01)
    assert next(iter(answer["by_service"])) == "OpenSearch"
    assert all(line["basis"] in {"read", "recalled", "derived"} for line in answer["lines"])
    assert answer["context"] == {"profile": "development"}


def test_a_large_library_is_told_how_to_deploy(run: Run) -> None:
    ran = run("cost", "--images", "5000000", "--searches-per-day", "0", "--profile", "production")

    assert "Deploy it with: -c profile=production -c data-node-type=r6g.xlarge.search" in ran.out
    assert "Sizes are worked out" in ran.out


def test_prices_worked_out_from_another_region_are_marked(run: Run) -> None:
    ran = run(*ASKED, "--region", "eu-central-1")

    assert "~0.042" in ran.out


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_it_says_how_much_of_it_is_by_prices_from_memory_and_marks_them(run: Run, region: str) -> None:
    asked = (*ASKED, "--region", region)
    answer = run(*asked, "--json").json
    recalled = sum(line["usd"] for line in answer["lines"] if line["basis"] == "recalled")

    ran = run(*asked)

    assert answer["recalled_usd"] == pytest.approx(recalled, abs=0.01)
    assert 0 < recalled < answer["monthly_usd"]
    assert f"${recalled:,.2f} of the month is by prices from memory, not looked up again: those marked ?." in ran.out
    shown = [line for line in answer["lines"] if line["basis"] == "recalled" and line["usd"] >= 0.1]
    assert [float(each) for each in re.findall(r" \?(\d[\d.]*) ", ran.out)] == [line["unit_usd"] for line in shown]


def test_too_many_pictures_are_wrong_usage_with_what_to_do(run: Run) -> None:
    ran = run("cost", "--images", "50000000", "--searches-per-day", "1")

    assert ran.code == 2
    assert "Ask for --profile production." in ran.err


@pytest.mark.parametrize("option", [("--images", "0"), ("--searches-per-day", "-1"), ("--region", "mars-1")])
def test_what_can_t_be_is_a_usage_error(run: Run, option: tuple[str, str]) -> None:
    assert run(*ASKED, *option).code == 2
