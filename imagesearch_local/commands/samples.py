"""`imagesearch samples`: pictures to try the product with."""

from __future__ import annotations

from pathlib import Path

from imagesearch_local.commands.common import Failure, bar, out
from imagesearch_local.samples.fetching import PICTURES, QUERIES, SamplesUnavailable, fetch_samples
from model_export.fetch import cache_dir


def samples() -> None:
    """Fetch the sample pictures into the cache, checked by hash; `up` adds them to its library."""
    folder = fetched_samples()
    pictures = sum(path.suffix != ".json" for path in (folder / PICTURES).rglob("*.*"))
    out.print(f"{pictures} pictures in {folder / PICTURES}, some to search by in {folder / QUERIES}.", soft_wrap=True)


def fetched_samples() -> Path:
    """The folder of the samples, fetched with a progress bar unless they are there. Raises Failure."""
    try:
        with bar("Fetching the samples") as progress:
            task = progress.add_task("Fetching the samples", total=None)
            return fetch_samples(
                cache_dir(), lambda what, done, of: progress.update(task, description=what, completed=done, total=of)
            )
    except SamplesUnavailable as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"The cache {cache_dir()} can't be used: {error}.") from error
