"""How long describing takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagesearch.ports import Describer

if TYPE_CHECKING:
    from imagesearch.manifest import Manifest
    from imagesearch.records import Descriptors, Pixels


@dataclass(frozen=True, slots=True)
class TimedDescriber:
    """A describer that tells the milliseconds that each picture took. As safe between threads as the one within."""

    describer: Describer
    told: Callable[[float], None]

    @property
    def manifest(self) -> Manifest:
        return self.describer.manifest

    def describe(self, pixels: Sequence[Pixels]) -> list[Descriptors]:
        """See `ports.Describer.describe`."""
        return [self._described(one) for one in pixels]

    def _described(self, pixels: Pixels) -> Descriptors:
        began = time.perf_counter()
        (descriptors,) = self.describer.describe([pixels])
        self.told((time.perf_counter() - began) * 1000)
        return descriptors
