"""How much of what Lambda allows is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

LIMIT_BYTES: Final = 262_144_000
"""Of a function and all its layers, unzipped: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
ALLOWED_SHARE: Final = 0.8
"""More than that, and the next release of a library may not fit."""


@dataclass(frozen=True, slots=True)
class Row:
    """A layer, or a function's code."""

    name: str
    unzipped_bytes: int
    zipped_bytes: int | None = None
    note: str = ""

    @property
    def share(self) -> float:
        return self.unzipped_bytes / LIMIT_BYTES


def together(rows: Sequence[Row], note: str = "") -> Row:
    """Of a function with all these."""
    zipped = sum(row.zipped_bytes or 0 for row in rows)
    return Row("together", sum(row.unzipped_bytes for row in rows), zipped, note)


def fits(total: Row) -> bool:
    return total.share <= ALLOWED_SHARE


def table(title: str, rows: Sequence[Row], total: Row) -> Table:
    made = Table(title=title, title_justify="left", caption_justify="left", show_footer=True)
    made.caption = f"Limit: {LIMIT_BYTES:,} B unzipped. Allowed here: {ALLOWED_SHARE:.0%} of it."
    made.add_column("layer", footer=total.name)
    made.add_column("unzipped, B", footer=f"{total.unzipped_bytes:,}", justify="right")
    made.add_column("zipped, B", footer=f"{total.zipped_bytes:,}", justify="right")
    made.add_column("share", footer=f"{total.share:.1%}", justify="right")
    made.add_column("", footer=total.note)
    for row in rows:
        zipped = "" if row.zipped_bytes is None else f"{row.zipped_bytes:,}"
        made.add_row(row.name, f"{row.unzipped_bytes:,}", zipped, f"{row.share:.1%}", row.note)
    return made
