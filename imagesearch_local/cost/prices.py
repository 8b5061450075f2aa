"""The table of prices (`prices.toml`), read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, PositiveFloat, PositiveInt, model_validator

Region = Literal["us-east-1", "eu-central-1"]
Basis = Literal["read", "recalled", "derived"]
"""Where a figure is from: the head of `prices.toml` says what each means."""

REGIONS: tuple[Region, ...] = get_args(Region)


class Price(BaseModel):
    """What one unit costs, in US dollars, without taxes and discounts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str
    source: HttpUrl
    """The page of AWS that says what it costs now."""
    taken: date | None = None
    """The day on which it was looked up; None where it is from memory for every region."""
    free: float = Field(default=0, ge=0)
    """Units that every account has free each month, for good."""
    usd: Mapping[Region, PositiveFloat]
    basis: Mapping[Region, Basis]

    @model_validator(mode="after")
    def _has_a_day_where_it_was_looked_up(self) -> Self:
        if (self.taken is not None) is not ("read" in self.basis.values()):
            raise ValueError("`taken` is the day on which a price was read: give it where one was, and only there")
        return self


class PriceTable(BaseModel):
    """All prices, and the machines that they are of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nodes: Mapping[str, PositiveInt]
    """Memory of each type of OpenSearch node, in GiB."""
    prices: Mapping[str, Price]

    def oldest(self, region: Region) -> date:
        """The day of the price that was looked up first; those from memory have none."""
        looked_up = (price for price in self.prices.values() if price.basis[region] != "recalled")
        return min(price.taken for price in looked_up if price.taken)


@cache
def price_table() -> PriceTable:
    text = resources.files("imagesearch_local.cost").joinpath("prices.toml").read_text("utf-8")
    return PriceTable.model_validate(tomllib.loads(text))
