"""`imagesearch doctor`: is everything here that it takes?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from imagesearch_local.checks import Check, diagnose
from imagesearch_local.commands.common import Failure, Json, Port, out, plain, print_json
from imagesearch_local.paths import model_dir
from imagesearch_local.running import DEFAULT_PORT
from model_export.fetch import cache_dir

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    *,
    data: Annotated[Path, typer.Option(help="Data folder that `up` would use.")] = Path(".data"),
    as_json: Json = False,
    port: Port = DEFAULT_PORT,
) -> None:
    """Check Python, libraries, SQLite, model, samples, Java, Docker, disk, port; say what to do where one is amiss."""
    checks = []
    for check in diagnose(port=port, model_dir=model_dir(), samples=cache_dir() / "samples" / "pictures", data=data):
        checks.append(check)
        if not as_json:
            _show(check)
    failed = [check.name for check in checks if check.state == "fail"]
    if as_json:
        print_json({"healthy": not failed, "checks": [asdict(check) for check in checks]})
    if failed:
        raise Failure(f"not right yet: {', '.join(failed)}")


def _show(check: Check) -> None:
    out.print(f"{check.state:<5}", style=_STYLES[check.state], end="")
    advice = f": {check.advice}" if check.advice else ""
    out.print(plain(f"{check.name:<11} {check.found}{advice}"), soft_wrap=True)
