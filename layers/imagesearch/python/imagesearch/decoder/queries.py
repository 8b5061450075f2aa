"""The pictures of one request, which may take only so much together: somebody waits for the answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from imagesearch.errors import DecoderUnavailable, ImageTooLarge

if TYPE_CHECKING:
    from imagesearch.decoder.pool import Decoder
    from imagesearch.records import Box, Pixels, Sizing


class QueryPictures:
    """A `ports.QueryReader` for one request, and for one thread."""

    def __init__(
        self, decoder: Decoder, *, sizing: Sizing, max_pixels: int, max_stored_pixels: int, seconds: float
    ) -> None:
        """Limits: `max_pixels` (width times height) and `seconds` to wait for the decoder, both of all pictures.

        `max_stored_pixels` is that of one picture that the library holds, which doesn't count among the others.
        """
        self._decoder = decoder
        self._sizing = sizing
        self._max_pixels = self._pixels_left = max_pixels
        self._max_stored_pixels = max_stored_pixels
        self._seconds = self._seconds_left = seconds

    def __call__(self, data: bytes, crop: Box | None = None, *, stored: bool = False) -> Pixels:
        """As `Decoder.read_query`."""
        if self._seconds_left <= 0:
            raise DecoderUnavailable("The pictures take longer than a search waits: send fewer, or try again later.")
        began = time.monotonic()
        try:
            picture = self._decoder.read_query(
                data,
                sizing=self._sizing,
                max_pixels=self._max_stored_pixels if stored else self._pixels_left,
                crop=crop,
                seconds=self._seconds_left,
                allowance=self._seconds,
            )
        except ImageTooLarge as error:
            if stored or self._pixels_left == self._max_pixels:
                raise
            raise self._too_large_together(error) from error
        finally:
            self._seconds_left -= time.monotonic() - began
        if not stored:
            self._pixels_left -= picture.width * picture.height
        return picture.pixels

    def _too_large_together(self, error: ImageTooLarge) -> ImageTooLarge:
        pixels = self._max_pixels - self._pixels_left + int(error.extra.get("pixels", 0))
        return ImageTooLarge(
            f"With it the pictures of the search have {pixels:,} pixels together; the limit is {self._max_pixels:,}.",
            pixels=pixels,
            max_pixels=self._max_pixels,
        )
