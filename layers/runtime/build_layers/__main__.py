"""`python -m build_layers`: Lambda's layers, without Docker, for any of its machines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from build_layers.building import MODEL, OUTPUT, build_model, build_product, build_runtime, manifest_of
from build_layers.bytecode import Interpreter, interpreter_for
from build_layers.errors import LayerError
from build_layers.functions import copied_functions
from build_layers.packing import Packed, pack
from build_layers.sizes import ALLOWED_SHARE, LIMIT_BYTES, Row, fits, table, together
from build_layers.targets import PYTHON, Architecture, Target

FAILED, WRONG_OPTIONS = 1, 2
_BOTH: Final[tuple[Architecture, ...]] = ("x86_64", "arm64")

app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)


@app.command()
def main(
    *,
    arch: Annotated[Literal["x86_64", "arm64", "both"], typer.Option(help="Lambda's processor.")] = "x86_64",
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A generation and its model's folder; may be repeated. (Default: 1=layers/model.)", metavar="N=FOLDER"
        ),
    ] = None,
    python: Annotated[
        str | None,
        typer.Option(help=f"A Python {PYTHON} to compile with. (Default: one that is found.)", metavar="PATH"),
    ] = None,
    output: Annotated[Path, typer.Option(help="Where to put folders and zips.", file_okay=False)] = OUTPUT,
    anew: Annotated[bool, typer.Option("--anew", help="Build also what has not changed.")] = False,
) -> None:
    """Build Lambda's layers and weigh them.

    Writes OUTPUT/runtime-ARCH, OUTPUT/imagesearch and OUTPUT/model-N, as Lambda unpacks them below /opt, and a zip of
    each. The same sources give the same bytes. Exit codes: 1 failed, or too large; 2 wrong options.
    """
    console, errors = Console(width=110), Console(stderr=True)
    models = _models(model or [f"1={MODEL}"])
    architectures = _BOTH if arch == "both" else (arch,)
    try:
        heaviest = _build(architectures, models, python, output, anew=anew, console=console, errors=errors)
    except LayerError as error:
        errors.print(f"[red]{error}[/]", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None
    if not fits(heaviest):
        errors.print(
            f"[red]Too large: {heaviest.unzipped_bytes:,} B are {heaviest.share:.1%} of Lambda's {LIMIT_BYTES:,} B; "
            f"{ALLOWED_SHARE:.0%} are allowed.[/] Export the model as int8, or strip more (layers/runtime/strip.toml).",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(FAILED)


def _build(
    architectures: tuple[Architecture, ...],
    models: dict[int, Path],
    python: str | None,
    output: Path,
    *,
    anew: bool,
    console: Console,
    errors: Console,
) -> Row:
    """Build and print all; returns the heaviest function."""
    interpreter = interpreter_for(Target(), python)
    if interpreter is None:
        errors.print(
            f"[yellow]No Python {PYTHON} on this machine: the layers ship sources alone, which work. But Lambda cannot "
            f"keep what it compiles, and cold starts are seconds slower. Install one, or name it with --python.[/]",
            highlight=False,
            soft_wrap=True,
        )
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        task = progress.add_task("imagesearch", total=None)
        shared = [_row(build_product(output, interpreter)), _functions()]
        of_models = []
        for number, folder in models.items():
            progress.update(task, description=f"model-{number}")
            of_models.append(_row(build_model(output, number, folder), about(manifest_of(folder))))
        runtimes = {}
        for architecture in architectures:
            progress.update(task, description=f"runtime-{architecture}: wheels, stripped and compiled")
            runtimes[architecture] = build_runtime(output, Target(architecture), interpreter, anew=anew)
    heaviest_model = max(of_models, key=lambda row: row.unzipped_bytes)
    totals = []
    for architecture, runtime in runtimes.items():
        note = _compiled_by(interpreter)
        total = together([_row(runtime), *shared, heaviest_model], "" if len(models) == 1 else "of one generation")
        console.print(
            table(f"Layers for {architecture}, Python {PYTHON}", [_row(runtime, note), *shared, *of_models], total)
        )
        totals.append(total)
    console.print(f"In {output}", highlight=False, soft_wrap=True)
    return max(totals, key=lambda row: row.unzipped_bytes)


def about(manifest: dict[str, Any]) -> str:
    """A model in a line, with what its precision costs, as measured when it was exported."""
    text = f"{manifest['name']}"
    if agreement := manifest["details"].get("verification", {}).get("int8_to_fp32"):
        text += f": cosine to fp32 {agreement['mean']:.4f}, at least {agreement['minimum']:.4f}"
    return text


def _compiled_by(interpreter: Interpreter | None) -> str:
    return "sources alone" if interpreter is None else f"compiled by Python {interpreter.version.split()[0]}"


def _row(built: Packed, note: str = "") -> Row:
    return Row(built.folder.name, built.unzipped_bytes, built.zipped_bytes, note)


def _functions() -> Row:
    with tempfile.TemporaryDirectory() as folder:
        code = copied_functions(Path(folder) / "functions")
        return _row(pack(code, Path(folder) / "functions.zip"), "the functions' code, in each of them")


def _models(given: list[str]) -> dict[int, Path]:
    """Raises typer.BadParameter."""
    found = {}
    for each in given:
        number, _, folder = each.partition("=")
        if not (number.isdecimal() and int(number) > 0 and folder):
            raise typer.BadParameter(f"{each!r} is not N=FOLDER, such as 1=layers/model", param_hint="--model")
        found[int(number)] = Path(folder)
    return found


if __name__ == "__main__":
    app()
