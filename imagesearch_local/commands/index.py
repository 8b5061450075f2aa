"""`imagesearch index`: change the model of a library that runs; no search fails, no change is lost."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from imagesearch_local import running
from imagesearch_local.commands.common import SET_UP_FIRST, Failure, Json, Yes, bar, err, out, plain, print_json
from imagesearch_local.generations.backfilling import Backfilled, backfilled
from imagesearch_local.generations.control_client import Control, NotRunning, control_of
from imagesearch_local.generations.errors import ActionFailed, GenerationError
from imagesearch_local.generations.listing import kept_rows

index = typer.Typer(help="Generations: change the model or the index while everything runs.", no_args_is_help=True)

Data = Annotated[Path, typer.Option(file_okay=False, help="Data folder of the running `imagesearch up`.")]
DATA = Path(".data")
Number = Annotated[int, typer.Argument(min=1, metavar="GENERATION", help="Its number: see `index list`.")]
_EXAMPLES = 3


@index.command("list")
def list_(*, data: Data = DATA, as_json: Json = False) -> None:
    """Show all generations: model, index, and which one answers; while `up` runs, also their images."""
    try:
        found = _listed(data.resolve())
    except GenerationError as error:
        raise Failure(str(error)) from error
    if not found:
        raise Failure(_not_running(data), SET_UP_FIRST)
    if as_json:
        print_json({"generations": found})
    else:
        out.print(_table(found))
    if silent := [row for row in found if row.get("trouble")]:
        told = "; ".join(f"generation {row['number']}: {row['trouble']}" for row in silent)
        raise Failure(f"Not all indexes answer, and counts may be old: {told}")


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table("", "model", "kind", "index", "images", "pending", "created", box=None, pad_edge=False)
    for row in found:
        role = "  current" if row["current"] else "  before" if row["before"] else ""
        state = "being dropped" if row["state"] == "dropping" else _number(row, "images")
        cells = (row["model"], row["kind"], row["index"], state, _number(row, "pending"), row["created"])
        table.add_row(f"{row['number']}{role}", *map(plain, cells))
    return table


def _listed(data: Path) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = control_of(data)("list")["generations"]
    except NotRunning:
        return kept_rows(data)
    return found


def _number(row: dict[str, Any], name: str) -> str:
    return f"{row[name]:,}" if name in row else ""


@index.command()
def add(
    *,
    model: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder with model.onnx and model.json.")],
    data: Data = DATA,
    as_json: Json = False,
) -> None:
    """Start a second generation with another model. It hears of every change from now on; then `backfill` it."""
    with _control(data) as control:
        number = control("add", model=str(model.resolve()))["generation"]
    _told({"generation": number}, f"Generation {number} is there. Next: {_again('backfill', data, number)}", as_json)


@index.command()
def backfill(number: Number, *, data: Data = DATA, as_json: Json = False) -> None:
    """Bring into a generation what is in the bucket already. Ctrl-C stops it; run again, it goes on where it was."""
    with _control(data) as control:
        done = _backfilled(control, number)
    if as_json:
        print_json({"generation": number, "results": dict(done.results), "failed": dict(done.failed)})
    else:
        counts = ", ".join(f"{count:,} {result}" for result, count in sorted(done.results.items()))
        out.print(f"Generation {number}: {counts or 'nothing to do'}.")
    if done.failed:
        some = "; ".join(f"{key}: {reason}" for key, reason in islice(done.failed.items(), _EXAMPLES))
        raise Failure(f"{len(done.failed):,} objects failed ({some}): run it again")
    if not as_json:
        out.print(f"Next: {_again('verify', data, number)}")


def _backfilled(control: Control, number: int) -> Backfilled:
    s3 = control("list")["s3"]
    client = running.s3_client(s3)
    with bar("Backfilling") as progress:
        task = progress.add_task("Backfilling", total=None)
        done = Backfilled(Counter(), {})
        try:
            for done in backfilled(control, client, s3["bucket"], number):
                progress.update(task, completed=done.looked_at, total=done.total)
        except KeyboardInterrupt:
            raise Failure("Stopped: what was done stays done. Run it again to go on", 130) from None
    return done


@index.command()
def verify(number: Number, *, data: Data = DATA, as_json: Json = False) -> None:
    """Compare a generation with the current one: every image and its words, and sampled searches. 1 if they differ."""
    with _control(data) as control:
        if err.is_terminal:
            with err.status("Comparing"):
                report = control("verify", generation=number)
        else:
            report = control("verify", generation=number)
    if as_json:
        print_json({name: report[name] for name in ("agrees", "states", "checks")})
    else:
        out.print(_compared(report))
    if not report["agrees"]:
        raise Failure("they differ: wait for what is pending, `backfill` again, and verify again")
    if not as_json:
        out.print(f"They agree. Next: {_again('switch', data, number)}")


def _compared(report: dict[str, Any]) -> Table:
    table = Table("", "checked", "differing", "such as", box=None, pad_edge=False)
    for check in report["checks"]:
        cells = (check["name"], f"{check['checked']:,}", f"{check['differing']:,}", ", ".join(check["examples"]))
        table.add_row(*map(plain, cells))
    for state, (old, new) in report["states"].items():
        table.add_row(plain(f"{state}: {old:,} and {new:,}"))
    return table


@index.command()
def switch(number: Number, *, yes: Yes = False, data: Data = DATA, as_json: Json = False) -> None:
    """Let a generation answer the searches, from one to the next. Asks first where it has not all images."""
    with _control(data) as control:
        rows = {row["number"]: row for row in control("list")["generations"]}
        if not yes and number in rows:
            _ask_if_unlike(rows[number], next(row for row in rows.values() if row["current"]))
        control("switch", generation=number)
    _told({"current": number}, f"Generation {number} answers now. Back: {_again('rollback', data)}", as_json)


def _ask_if_unlike(new: dict[str, Any], current: dict[str, Any]) -> None:
    images, pending = new.get("images", 0), new.get("pending", 0)
    if images != current["images"] or pending:
        typer.confirm(
            f"It has {images:,} images ({pending:,} changes pending), the current one {current['images']:,}. Switch?",
            abort=True,
            err=True,
        )


@index.command()
def rollback(*, data: Data = DATA, as_json: Json = False) -> None:
    """Let the generation before answer again. It has heard of every change all the while."""
    with _control(data) as control:
        number = control("rollback")["current"]
    _told({"current": number}, f"Generation {number} answers again.", as_json)


@index.command()
def drop(number: Number, *, yes: Yes = False, data: Data = DATA, as_json: Json = False) -> None:
    """Delete a generation that does not answer searches: queue, functions, index, model, kept descriptors."""
    if not yes:
        typer.confirm(f"Delete generation {number} and its index? The pictures stay.", abort=True, err=True)
    with _control(data) as control:
        gone = control("drop", generation=number)
    told = f"Generation {number} is gone, with {gone['objects']:,} kept objects."
    _told({"dropped": number, "objects": gone["objects"]}, told, as_json)


@index.command()
def create(*, data: Data = DATA, as_json: Json = False) -> None:
    """Make indexes that are missing, as after a server's data was lost; they are filled from the bucket again."""
    with _control(data) as control:
        announced = control("create")["announced"]
    _told({"announced": announced}, f"The indexes are there; {announced:,} objects are indexed now.", as_json)


@index.command()
def sweep(*, data: Data = DATA, as_json: Json = False) -> None:
    """Forget old tombstones and what was derived of content that is gone. `up` does so once a day by itself."""
    with _control(data) as control:
        swept = control("sweep")["swept"]
    _told({"swept": swept}, f"{swept:,} objects that nobody needs any more are gone.", as_json)


def _again(action: str, data: Path, *arguments: int) -> str:
    """The next command, on the same folder."""
    words = ["imagesearch", "index", action, *map(str, arguments), *([] if data == DATA else ["--data", str(data)])]
    return shlex.join(words)


def _told(found: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        out.print(sentence, highlight=False, soft_wrap=True)


@contextmanager
def _control(data: Path) -> Iterator[Control]:
    try:
        yield control_of(data.resolve())
    except NotRunning as error:
        raise Failure(_not_running(data), SET_UP_FIRST) from error
    except ActionFailed as error:
        raise Failure(str(error)) from error
    except GenerationError as error:
        raise Failure(str(error), SET_UP_FIRST) from error


def _not_running(data: Path) -> str:
    start = shlex.join(["imagesearch", "up", "--data", str(data)])
    return f"No imagesearch runs on {data}: start it with `{start}`, or name its --data"
