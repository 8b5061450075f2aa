"""`imagesearch cost`: what a deployment on AWS costs in a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from imagesearch_local.commands.common import SET_UP_FIRST, Failure, Json, out, print_json
from imagesearch_local.cost.cluster import LAYOUTS, Cluster, DoesNotFit, Profile
from imagesearch_local.cost.estimate import Estimate, Line, estimate
from imagesearch_local.cost.prices import Basis, Region, price_table
from imagesearch_local.cost.workload import Workload

_MB = 10**6
_WORTH_A_LINE = 0.1
"""Dollars."""
_MARKS: dict[Basis, str] = {"read": "", "derived": "~", "recalled": "?"}
_MOST = 1e9
"""Of anything: more is a slip, such as `inf`."""
_MEASURED = 100_000
"""Images of the largest index that was measured."""


def cost(
    *,
    images: Annotated[int, typer.Option(min=1, help="Pictures in the library.")],
    searches_per_day: Annotated[float, typer.Option(min=0, max=_MOST, help="Searches a day, on average.")],
    profile: Annotated[Profile, typer.Option(help="Profile of the deployment.")] = "development",
    region: Annotated[Region, typer.Option(help="Region whose prices are taken.")] = "us-east-1",
    uploads_per_month: Annotated[float, typer.Option(min=0, max=_MOST, help="New pictures a month.")] = 1000,
    image_mb: Annotated[float, typer.Option(min=0.001, max=100, help="Size of a picture, in megabytes.")] = 3,
    users: Annotated[int, typer.Option(min=0, help="People who sign in during a month.")] = 10,
    free_tier: Annotated[bool, typer.Option("--free-tier", help="Take off what each account has free.")] = False,
    as_json: Json = False,
) -> None:
    """Estimate what a deployment on AWS costs a month, line by line.

    From a table of list prices in this repository, with the day of each: prices change, and this asks nobody. Taxes,
    discounts, support and other regions are left out. It says which OpenSearch nodes hold so many pictures, too.
    """
    workload = Workload(
        images=images,
        searches_per_day=searches_per_day,
        uploads_per_month=uploads_per_month,
        profile=profile,
        image_bytes=image_mb * _MB,
        users=users,
    )
    try:
        estimated = estimate(workload, region, free_tier=free_tier)
    except DoesNotFit as error:
        raise Failure(str(error), SET_UP_FIRST) from error
    if as_json:
        print_json(_as_json(estimated, workload.profile, region))
    else:
        _print(estimated, workload, region)


def _print(estimated: Estimate, workload: Workload, region: Region) -> None:
    out.print(_lines_table(estimated.lines, "a month"))
    out.print()
    out.print(f"[bold]${estimated.monthly_usd:,.2f} a month[/], {_dominance(estimated)}", highlight=False)
    pictures = f"{workload.images:,} picture{'s' * (workload.images > 1)}"
    out.print(f"${estimated.once_usd:,.2f} once, to put in and index {pictures}.", highlight=False)
    out.print()
    for sentence in _said_of(estimated.cluster, workload):
        out.print(sentence, highlight=False, soft_wrap=True)
    out.print(_said_of_prices(estimated, region), style="dim", highlight=False, soft_wrap=True)


def _said_of_prices(estimated: Estimate, region: Region) -> str:
    said = (
        f"List prices of {region}, which go out of date. ${estimated.recalled_usd:,.2f} of the month is by prices from "
        f"memory, not looked up again: those marked ?. The oldest of the others is of {price_table().oldest(region)}."
    )
    if all(line.basis != "derived" for line in estimated.lines):
        return said
    return f"{said} ~ marks one that was worked out from another region's."


def _lines_table(lines: Sequence[Line], period: str) -> Table:
    """What is worth none of its own is added up in one."""
    table = Table("service", "what", *(Column(name, justify="right") for name in ("quantity", "$ each", f"$ {period}")))
    table.box, table.pad_edge = None, False
    for line in lines:
        if line.usd >= _WORTH_A_LINE:
            each = f"{_MARKS[line.basis]}{line.unit_usd:.10f}".rstrip("0").rstrip(".")
            table.add_row(line.service, line.what, f"{_counted(line.quantity)} {line.unit}", each, f"{line.usd:,.2f}")
    rest = sum(line.usd for line in lines if line.usd < _WORTH_A_LINE)
    table.add_row("", "everything else", "", "", f"{rest:,.2f}")
    return table


def _counted(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 100 or quantity.is_integer() else f"{quantity:,.3g}"


def _dominance(estimated: Estimate) -> str:
    service, usd = next(iter(estimated.by_service().items()))
    return f"{usd / estimated.monthly_usd:.0%} of it for {service}."


def _said_of(cluster: Cluster, workload: Workload) -> list[str]:
    copies = f", {cluster.replicas + 1} copies each" if cluster.replicas else ""
    nodes = (
        f"{cluster.nodes} x {cluster.node_type}: {cluster.vector_gib:,.2f} GiB of vectors in memory and "
        f"{cluster.disk_gib:,.1f} GiB of index on disk{copies}; they hold {cluster.holds:,} pictures."
    )
    said = [nodes, _deploying(cluster, workload.profile)]
    if workload.images > _MEASURED:
        said.append(f"Sizes are worked out: what was measured is an index of {_MEASURED:,} pictures.")
    return said


def _deploying(cluster: Cluster, profile: Profile) -> str:
    context = cluster.context(LAYOUTS[profile])
    if not context:
        return f"That is what the {profile} profile has where nothing else is said."
    settings = " ".join(f"-c {name}={value}" for name, value in {"profile": profile, **context}.items())
    return f"Deploy it with: {settings}"


def _as_json(estimated: Estimate, profile: Profile, region: Region) -> dict[str, Any]:
    table = price_table()
    return {
        "region": region,
        "monthly_usd": round(estimated.monthly_usd, 2),
        "recalled_usd": round(estimated.recalled_usd, 2),
        "once_usd": round(estimated.once_usd, 2),
        "by_service": {service: round(usd, 2) for service, usd in estimated.by_service().items()},
        "lines": [asdict(line) for line in estimated.lines],
        "once": [asdict(line) for line in estimated.once],
        "cluster": asdict(estimated.cluster),
        "context": {"profile": profile, **estimated.cluster.context(LAYOUTS[profile])},
        "prices_taken": str(table.oldest(region)),
        "sources": sorted({str(price.source) for price in table.prices.values()}),
    }
