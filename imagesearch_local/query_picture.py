"""Any photograph made small enough to send as a query."""

from __future__ import annotations

import io
from pathlib import Path

from imagesearch.records import Sizing

_MAX_BYTES = 1024 * 1024
_LONGEST_SIDE = 1024
# On one's own machine, with one's own picture: only a bound against exhausting memory.
_MAX_PIXELS = 500_000_000


def query_picture(path: Path) -> bytes:
    """The file's bytes, or where it is over 1 MiB a JPEG of it, 1,024 pixels on the longest side.

    That is more than the model looks at. Orientation, transparency and colour profile are handled as when indexing.
    Raises OSError, or imagesearch.errors.PictureError where it is no readable picture.
    """
    data = path.read_bytes()
    if len(data) <= _MAX_BYTES:
        return data
    # Only large pictures pay for importing Pillow.
    from PIL import Image  # noqa: PLC0415

    from imagesearch.images import read_query  # noqa: PLC0415

    sizing = Sizing(size=_LONGEST_SIDE, fit="longest", resampling="lanczos")
    pixels = read_query(data, sizing=sizing, max_pixels=_MAX_PIXELS).pixels
    small = io.BytesIO()
    Image.fromarray(pixels).save(small, "JPEG", quality=92)
    return small.getvalue()
