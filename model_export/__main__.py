"""`python -m model_export`: VGG16's convolutions as one ONNX file that turns pixels into descriptors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from imagesearch.records import Sizing
from model_export.export import Export, current, export
from model_export.fetch import REPOSITORY, FetchError
from model_export.pictures import NoPictures
from model_export.sessions import Device, DeviceMissing, check_device
from model_export.variant import DEFAULT, Pooling, Precision, Variant
from model_export.verify import VerificationError
from model_export.weights import WeightsError

FAILED, NO_DEVICE = 1, 3

app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)


@app.command()
def main(
    *,
    pooling: Annotated[Pooling, typer.Option(help="How the last features become one vector.")] = DEFAULT.pooling,
    size: Annotated[int, typer.Option(min=32, max=2048, help="Side in pixels; see --fit.")] = DEFAULT.sizing.size,
    fit: Annotated[
        Literal["squeeze", "longest"],
        typer.Option(help="squeeze: both sides become SIZE. longest: the longest side does, the aspect is kept."),
    ] = DEFAULT.sizing.fit,
    precision: Annotated[
        Precision, typer.Option(help="int8 is a quarter the size and several times faster.")
    ] = DEFAULT.precision,
    device: Annotated[Device, typer.Option(help="Where to verify and time; the model is the same.")] = "cpu",
    output: Annotated[Path, typer.Option(help="Folder for model.onnx and model.json.", file_okay=False)] = (
        REPOSITORY / "layers" / "model"
    ),
    calibration: Annotated[
        Path | None,
        typer.Option(
            help="Pictures to calibrate and verify with. [default: the samples if fetched, else scikit-image's]",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Export even if the same model is already there.")] = False,
) -> None:
    """Export the model that describes pictures: fetch the weights, build the graph, verify, write.

    The defaults are the variant that docs/decisions/0001-default-model.md chose by measurement. Downloads are kept in
    IMAGESEARCH_CACHE (default: .cache of the repository). Exit codes: 1 failed, 2 wrong options, 3 no such device.
    """
    variant = Variant(pooling, Sizing(size, fit, DEFAULT.sizing.resampling), precision)
    console = Console(stderr=True)
    try:
        check_device(device)
        if not force and (there := current(variant, output, calibration)):
            console.print(f"{there.name} ({there.build_id}) is already in {output}, verified. --force exports it anew.")
            return
        mark, what = SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}")
        with Progress(mark, what, TaskProgressColumn(), TimeElapsedColumn(), console=console) as progress:
            done = export(variant, output, calibration, device, progress)
    except DeviceMissing as error:
        _fail(console, error, NO_DEVICE)
    except (FetchError, NoPictures, VerificationError, WeightsError, OSError) as error:
        _fail(console, error, FAILED)
    else:
        _report(console, done, output, device)


def _report(console: Console, done: Export, output: Path, device: Device) -> None:
    manifest = done.manifest
    for check, found in manifest.details["verification"].items():
        console.print(
            f"  {check.replace('_', ' ')}: cosine at least {found['minimum']} on {found['pictures']} pictures"
        )
    console.print(f"  {done.milliseconds:.0f} ms a picture on the {device} (this machine, as busy as it is)")
    console.print(f"[bold]{manifest.name}[/bold] ({manifest.build_id}) is in {output}")


def _fail(console: Console, error: Exception, code: int) -> None:
    console.print(f"[red]error:[/red] {error}", soft_wrap=True, highlight=False)
    raise typer.Exit(code) from error


if __name__ == "__main__":
    app(prog_name="python -m model_export")
