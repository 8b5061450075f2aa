"""The table of prices (`prices.toml`), read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, PositiveFloat, PositiveInt

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
    taken: date
    free: float = Field(default=0, ge=0)
    """Units that every account has free each month, for good."""
    usd: Mapping[Region, PositiveFloat]
    basis: Mapping[Region, Basis]


class PriceTable(BaseModel):
    """All prices, and the machines that they are of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nodes: Mapping[str, PositiveInt]
    """Memory of each type of OpenSearch node, in GiB."""
    prices: Mapping[str, Price]

    def oldest(self) -> date:
        return min(price.taken for price in self.prices.values())


@cache
def price_table() -> PriceTable:
    text = resources.files("imagesearch_local.cost").joinpath("prices.toml").read_text("utf-8")
    return PriceTable.model_validate(tomllib.loads(text))
